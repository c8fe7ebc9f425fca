// Power against GPUs: whether the figure can be what the claimed GPUs draw, or could feed them at all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

struct Load {
  const Hardware& gpu;
  MeterPoint point;
  PowerPerGpu each;
  Interval gpus;     // packages, as the count rounds and its unit may mean
  Interval watts;    // of all of them
  Interval claimed;  // as the power rounds
};

std::string factor_text(const Load& load) {
  const double least = load.claimed.low / load.watts.high, most = load.claimed.high / load.watts.low;
  const bool is_more = load.claimed.low > load.watts.high;
  const auto shown_factor = [&](double factor) { return fmt::format("{:.{}f}", factor, is_more ? 1 : 2); };
  const std::string low = shown_factor(least), high = shown_factor(most);
  return fmt::format("{}{} {}", low, low == high ? "" : " to " + high,
                     is_more ? "times as much as they need" : "of what they need");
}

// What two that are not apart() have in common; an average may hold idle hours.
std::string within_text(const Load& load) {
  return fmt::format("the claim, {}, is not above that, nor below a tenth of it", shown_power(load.claimed));
}

bool apart(const Load& load) {
  return load.claimed.low > load.watts.high || load.claimed.high < idle_share * load.watts.low;
}

std::vector<Step> steps_of(const Claim& claim, const Load& load) {
  return {{"per GPU", load.each.formula, shown_power(load.each.watts)},
          {"all GPUs", fmt::format("x {} to {} GPUs", shown_whole(load.gpus.low), shown_whole(load.gpus.high)),
           shown_power(load.watts)},
          {"claimed", fmt::format("{} stands for", claim.power->amount.text()), shown_power(load.claimed)}};
}

// What is said of a future site is judged by arithmetic all the same; only what only meters could tell waits for it.
Verdict undecided(const Claim& claim, std::string because) {
  const std::string would = "meters at the stated point under load, and the contract with the grid";
  return claim.is_future() ? open(Basis::none, Reason::N8, std::move(because), "once it runs: " + would)
                           : open(Basis::none, Reason::N9, std::move(because), would);
}

void judge_load(const Claim& claim, const Load& load, std::vector<FactReading>& facts) {
  const std::string need = fmt::format("{} need {}", counted_text(*claim.gpus, load.gpu), shown_power(load.watts));
  Verdict verdict = apart(load) ? Verdict{Outcome::refuted,
                                          Basis::arithmetic,
                                          Reason::A3,
                                          fmt::format("{}; the claim is {}", need, factor_text(load)),
                                          {}}
                                : undecided(claim, fmt::format("{}; {}", need, within_text(load)));
  facts.push_back({fmt::format("power/load/{}", load.gpu.id),
                   fmt::format("{} is what {} draw, metered {}", claim.power->amount.text(),
                               counted_text(*claim.gpus, load.gpu), at_text(load.point)),
                   std::move(verdict), steps_of(claim, load),
                   fmt::format("{} is what {} draw", claim.power->amount.text(), counted_text(*claim.gpus))});
}

// What the GPUs need to run at all: not the load of training, since a lowered power limit or idle hours draw less.
double least_watts(const Load& load) {
  const auto limit = load.gpu.power.find("range_min_w");
  return std::max(idle_share * load.watts.low,
                  limit == load.gpu.power.end() ? 0 : load.gpus.low * limit->second.value);
}

void judge_capacity(const Claim& claim, const Load& load, std::vector<FactReading>& facts) {
  const Interval feeds{load.claimed.low / load.each.watts.high, load.claimed.high / load.each.watts.low};
  std::string fed = fmt::format("it feeds {} to {} {} that train", shown_whole(std::floor(feeds.low)),
                                shown_whole(std::floor(feeds.high)), load.gpu.short_name);
  if (claim.gpus && load.claimed.high < load.watts.low)
    fed += fmt::format(", not the {} claimed, which take {} at least to train and {} to run at all",
                       counted_text(*claim.gpus), shown_power(load.watts.low), shown_power(least_watts(load)));
  Verdict verdict = claim.gpus && load.claimed.high < least_watts(load)
                        ? Verdict{Outcome::refuted, Basis::arithmetic, Reason::A3, fed, {}}
                        : undecided(claim, fed);
  std::vector<Step> steps{
      {"per GPU", load.each.formula, shown_power(load.each.watts)},
      {"GPUs fed", fmt::format("{} / per GPU", shown_power(load.claimed)),
       fmt::format("{} to {}", shown_whole(std::floor(feeds.low)), shown_whole(std::floor(feeds.high)))}};
  facts.push_back({fmt::format("power/capacity/{}", load.gpu.id),
                   fmt::format("{} is what {} can draw {}, for {}", claim.power->amount.text(), claim.power->sites(),
                               at_text(load.point), load.gpu.short_name),
                   std::move(verdict), std::move(steps),
                   fmt::format("{} is what {} can draw", claim.power->amount.text(), claim.power->sites())});
}

// If a "GPU" is a node, of eight say, the count is eight times as large.
void judge_as_nodes(const Claim& claim, const Load& load, std::vector<FactReading>& facts) {
  Load nodes = load;
  const std::int64_t gpus = load.gpu.node_gpus();
  const double each = static_cast<double>(gpus);
  nodes.gpus = {each * load.gpus.low, each * load.gpus.high};
  nodes.watts = {each * load.watts.low, each * load.watts.high};
  const std::string need =
      fmt::format("{} nodes of {} need {}", claim.gpus->count.grouped(), gpus, shown_power(nodes.watts));
  Verdict verdict = apart(nodes)
                        ? Verdict{Outcome::refuted,
                                  Basis::arithmetic,
                                  Reason::A3,
                                  fmt::format("{}; the claim is {}", need, factor_text(nodes)),
                                  {}}
                        : open(Basis::none, Reason::N10,
                               fmt::format("{}; {}, and it does not say what it counts", need, within_text(nodes)),
                               "the unit in which the claim counts GPUs");
  facts.push_back({fmt::format("power/load/{}/per-node", load.gpu.id),
                   fmt::format("{} is what {} nodes of {} {} draw", claim.power->amount.text(),
                               claim.gpus->count.grouped(), gpus, load.gpu.short_name),
                   std::move(verdict), steps_of(claim, nodes),
                   fmt::format("{} is what {} nodes draw", claim.power->amount.text(), claim.gpus->count.grouped())});
}

bool may_mean(const PowerClaim& power, PowerMeaning meaning) {
  if (!power.meaning) return true;
  // what was bought may be drawn or not: it is a capacity
  return (*power.meaning == PowerMeaning::average) == (meaning == PowerMeaning::average);
}

void leave_load_open(const Claim& claim, const Hardware& gpu, std::vector<FactReading>& facts) {
  facts.push_back({fmt::format("power/load/{}", gpu.id),
                   fmt::format("{} is what {} draw, if they are {}", claim.power->amount.text(),
                               counted_text(*claim.gpus, gpu), gpu.short_name),
                   open(Basis::none, Reason::N10, "how many packages make one depends on the program",
                        "the number of GPU packages"),
                   {}});
}

// Load and capacity of one model, by what is published of its nodes.
void judge_on_paper(const Claim& claim, const Hardware& gpu, MeterPoint point, const Evidence& evidence,
                    std::vector<FactReading>& facts) {
  const PowerClaim& power = *claim.power;
  const auto each = power_per_gpu(gpu, point, claim.pue, evidence);
  if (!each) return;
  const auto counted = claim.gpus ? packages_counted(*claim.gpus, gpu) : std::nullopt;
  const Interval gpus = counted ? Interval{counted->least, counted->most} : Interval{};
  const Load load{gpu,
                  point,
                  *each,
                  gpus,
                  {gpus.low * each->watts.low, gpus.high * each->watts.high},
                  {power.amount.lower(), power.amount.upper()}};
  if (claim.gpus && may_mean(power, PowerMeaning::average)) {
    if (counted)
      judge_load(claim, load, facts);
    else
      leave_load_open(claim, gpu, facts);
    if (!claim.gpus->unit) judge_as_nodes(claim, load, facts);
  }
  if (may_mean(power, PowerMeaning::capacity)) judge_capacity(claim, load, facts);
}

bool all_refuted(std::span<const FactReading> facts) {
  return !facts.empty() &&
         std::ranges::all_of(facts, [](const FactReading& fact) { return fact.verdict.outcome == Outcome::refuted; });
}

void judge_amount(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                  std::vector<FactReading>& facts) {
  const PowerClaim& power = *claim.power;
  const MeterPoint point = power.point.value_or(MeterPoint::facility);
  const std::size_t before = facts.size();
  for (const auto& id : claim.models) {
    const Hardware& gpu = *hardware.find(id);
    const std::size_t of_others = facts.size();
    judge_on_paper(claim, gpu, point, evidence, facts);
    const bool refuted = all_refuted(std::span(facts).subspan(of_others));
    judge_metered_nodes(claim, gpu, point, evidence, refuted, facts);
  }
  judge_efficiency(claim, hardware, evidence, facts);
  if (facts.size() == before)
    facts.push_back({"power",
                     fmt::format("{}", power.amount.text()),
                     undecided(claim, "no GPU model is stated or assumed to hold it against"),
                     {},
                     fmt::format("{} has {}", power.sites(), power.amount.text())});
}

}  // namespace

std::string too_little_power(const Claim& claim) {
  return claim.gpus ? "so many GPUs draw a hundred times as much" : "one node of eight GPUs draws more";
}

void judge_power(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                 std::vector<FactReading>& facts) {
  if (!claim.power) return;
  if (!claim.power_in_another_unit()) return judge_amount(claim, hardware, evidence, facts);
  facts.push_back({"power/as-printed",
                   fmt::format("{} is the power of {}", claim.power->amount.text(), claim.power->sites()),
                   {Outcome::refuted, Basis::arithmetic, Reason::A3, too_little_power(claim), {}},
                   {}});
  judge_amount(claim.with_power_in_megawatts(), hardware, evidence, facts);
}

}  // namespace petaproof::judge

#include "harness/judge/finding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// From here on a claim asks for much of what a peak promises; the best libraries reach 80 to 90 % of it.
constexpr double near_the_peak = 0.5;

// "tf32 to fp8" of all that lie between, in the order of the tables; "fp64_tensor, fp32" of few.
std::string names_of_precisions(const std::set<Precision>& precisions) {
  constexpr std::size_t few = 3;
  const auto all = all_precisions();
  const auto first = std::ranges::find(all, *precisions.begin());
  const auto last = std::ranges::find(all, *precisions.rbegin());
  const bool all_between = last - first + 1 == std::ssize(precisions);
  if (precisions.size() > few && all_between) return fmt::format("{} to {}", to_string(*first), to_string(*last));
  std::vector<std::string_view> names;
  for (const Precision precision : precisions) names.push_back(to_string(precision));
  return fmt::format("{}", fmt::join(names, ", "));
}

bool is_plain(const Reading& reading) {
  return reading.sparsity == Sparsity::dense && reading.emulation == Emulation::native;
}

// One precision on all models that have it.
struct OnPaper {
  std::set<std::string> models;
  std::set<std::string> refuted;
  double least_share = std::numeric_limits<double>::infinity();  // of the peak, where it is not refuted
  double most_share = 0;

  bool everywhere() const { return refuted.size() == models.size(); }
};

// How else a precision may be read that its own units do not reach; empty where in no other way.
std::string rescue(const Judgement& judgement, Precision precision) {
  bool sparse = false, emulated = false;
  for (const JudgedReading& judged : judgement.readings) {
    // FP64 put together from INT8 is FP64, and no unit's
    const bool is_fp64 = precision == Precision::fp64_tensor && judged.reading.precision == Precision::fp64;
    const bool is_same = judged.reading.precision == precision || is_fp64;
    if (!is_same || is_plain(judged.reading) || by_arithmetic(judged.verdict)) continue;
    sparse |= judged.reading.sparsity == Sparsity::two_of_four;
    emulated |= judged.reading.emulation == Emulation::emulated;
  }
  if (sparse) return emulated ? " unless 2:4 sparse or emulated" : " unless 2:4 sparse";
  return emulated ? " unless emulated" : "";
}

// What the kindest reading leaves of a claim that is refuted in all of them.
std::string most_of_claim(const Judgement& judgement) {
  double most = 0;
  for (const JudgedReading& judged : judgement.readings) {
    if (!by_arithmetic(judged.verdict)) return {};
    most = std::max(most, judged.arithmetic.ceiling_total_tflops);
  }
  const Claim& claim = judgement.claim;
  return fmt::format("at most {} {}, {} of the claim", shown(most / claim.compute->amount.factor),
                     claim.compute->amount.unit, shown_percent(most / judgement.need->total_tflops));
}

// As these GPUs compute it, dense and not emulated; what can be read in no such way, as it is.
std::map<Precision, OnPaper> on_paper(const Judgement& judgement) {
  const bool any_plain =
      std::ranges::any_of(judgement.readings, [](const JudgedReading& judged) { return is_plain(judged.reading); });
  std::map<Precision, OnPaper> all;
  for (const JudgedReading& judged : judgement.readings) {
    if (any_plain && !is_plain(judged.reading)) continue;
    OnPaper& one = all[judged.reading.precision];
    one.models.insert(judged.reading.hardware_id);
    if (!judged.is_per_package()) continue;  // a share of the peak of what, is not known
    if (by_arithmetic(judged.verdict)) {
      one.refuted.insert(judged.reading.hardware_id);
      continue;
    }
    one.least_share = std::min(one.least_share, judged.arithmetic.need_over_peak);
    one.most_share = std::max(one.most_share, judged.arithmetic.need_over_peak);
  }
  return all;
}

// "80 to 100 %"
std::string shares(double least, double most) {
  const std::string high = shown_percent(most);
  std::string low = shown_percent(least);
  if (low == high) return high;
  low.resize(low.size() - 2);
  return fmt::format("{} to {}", low, high);
}

// Several precisions of which a like share of the peak is asked.
struct Asked {
  std::set<Precision> precisions;
  double least_share = std::numeric_limits<double>::infinity();
  double most_share = 0;
  bool refuted_on_some = false;

  void add(Precision precision, const OnPaper& one) {
    precisions.insert(precision);
    least_share = std::min(least_share, one.least_share);
    most_share = std::max(most_share, one.most_share);
    refuted_on_some |= !one.refuted.empty();
  }
  std::string where() const { return refuted_on_some ? ", where the GPU model does not refute it" : ""; }
};

void add_paper(const Judgement& judgement, std::vector<std::string>& parts) {
  if (judgement.readings.empty()) return;
  std::map<std::string, std::set<Precision>> refuted;  // by what would rescue them
  Asked hard;
  Asked easy;
  const auto all = on_paper(judgement);
  if (std::ranges::any_of(judgement.readings, [](const auto& one) { return !one.is_per_package(); }))
    parts.emplace_back("in how many GPU packages it is counted is not known (N10)");
  for (const auto& [precision, one] : all)
    if (one.everywhere())
      refuted[rescue(judgement, precision)].insert(precision);
    else if (one.most_share > 0)  // it is known of some model
      (one.most_share >= near_the_peak ? hard : easy).add(precision, one);
  for (const auto& [unless, precisions] : refuted)
    parts.push_back(fmt::format("refuted in {}{}", names_of_precisions(precisions), unless));
  if (std::string most = most_of_claim(judgement); !most.empty()) parts.push_back(std::move(most));
  if (!hard.precisions.empty())
    parts.push_back(fmt::format("{} of the peak in {}{}", shares(hard.least_share, hard.most_share),
                                names_of_precisions(hard.precisions), hard.where()));
  if (!easy.precisions.empty())
    parts.push_back(fmt::format("{} of the peak or less in {}{}", shown_percent(easy.most_share),
                                names_of_precisions(easy.precisions), easy.where()));
}

// ", if its GPUs are packages", where the verdicts rest on it.
std::string on_condition(bool if_packages) {
  return if_packages ? fmt::format(", {}", if_its_gpus_are_packages) : "";
}

// What was seen, and not only computed: "confirmed as kernel in tf32 to fp8 (H200 SXM (141 GB))".
void add_evidence(const Judgement& judgement, std::vector<std::string>& parts) {
  struct Decided {
    std::set<Precision> plain, others;
  };
  enum class From { measured, published };
  std::map<std::tuple<Outcome, From, Kind, std::string, bool>, Decided> all;  // by model; whether if_packages
  for (const JudgedReading& judged : judgement.readings) {
    const Verdict& verdict = judged.verdict;
    if (verdict.outcome == Outcome::not_decidable || verdict.basis == Basis::arithmetic) continue;
    const auto model = std::ranges::find(judgement.models, judged.reading.hardware_id, &Model::hardware_id);
    Decided& one = all[{verdict.outcome, verdict.basis == Basis::attached ? From::published : From::measured,
                        judged.reading.kind, model->short_name, verdict.if_packages}];
    (is_plain(judged.reading) ? one.plain : one.others).insert(judged.reading.precision);
  }
  for (const auto& [key, one] : all)
    parts.push_back(fmt::format(
        "{} as {} in {} ({}){}",
        std::get<Outcome>(key) == Outcome::confirmed ? "confirmed"
        : std::get<From>(key) == From::published     ? "by what is published of this system: refuted"
                                                     : "measured: refuted",
        to_string(std::get<Kind>(key)),
        one.plain.empty() ? names_of_precisions(one.others) + ", sparse or emulated" : names_of_precisions(one.plain),
        std::get<std::string>(key), on_condition(std::get<bool>(key))));
}

// A figure that is read in several ways, such as with several GPU models, is told once.
struct OfFacts {
  std::string says;
  std::size_t readings = 0;
  std::map<Outcome, std::size_t> outcomes;
  std::set<Outcome> if_packages;
};

std::vector<OfFacts> of_facts(const std::vector<FactReading>& facts) {
  std::vector<OfFacts> all;
  for (const FactReading& fact : facts) {
    const std::string& says = fact.in_short.empty() ? fact.says : fact.in_short;
    auto found = std::ranges::find(all, says, &OfFacts::says);
    if (found == all.end()) found = all.insert(all.end(), {says, 0, {}, {}});
    ++found->readings;
    ++found->outcomes[fact.verdict.outcome];
    if (fact.verdict.if_packages) found->if_packages.insert(fact.verdict.outcome);
  }
  return all;
}

std::string share_of_readings(std::size_t readings, std::size_t all) {
  if (all == 1) return {};
  return readings == all ? fmt::format(" (in each of {} readings)", all)
                         : fmt::format(" (in {} of {} readings)", readings, all);
}

// What is decided, and what is open in every way to read it.
void add_facts(const Judgement& judgement, std::vector<std::string>& parts) {
  const auto facts = of_facts(judgement.facts);
  for (const Outcome outcome : {Outcome::confirmed, Outcome::refuted})
    for (const OfFacts& fact : facts)
      if (const auto found = fact.outcomes.find(outcome); found != fact.outcomes.end())
        parts.push_back(fmt::format("{} that {}{}{}", outcome == Outcome::refuted ? "refuted" : "confirmed",
                                    fact.says, share_of_readings(found->second, fact.readings),
                                    on_condition(fact.if_packages.contains(outcome))));
  std::vector<std::string> left_open;
  for (const OfFacts& fact : facts)
    if (fact.outcomes.size() == 1 && fact.outcomes.contains(Outcome::not_decidable))
      left_open.push_back("whether " + fact.says);
  if (!left_open.empty()) parts.push_back(fmt::format("open {}", fmt::join(left_open, ", ")));
}

std::string of_one(const Judgement& judgement) {
  if (judgement.readings.empty()) return judgement.facts.front().verdict.because;
  const JudgedReading& one = judgement.readings.front();
  if (one.verdict.basis != Basis::none || !one.is_per_package()) return one.verdict.because;
  return fmt::format("it takes {} of the peak, and {}", shown_percent(one.arithmetic.need_over_peak),
                     one.verdict.because);
}

}  // namespace

std::string finding(const Judgement& judgement) {
  if (judgement.readings.size() + judgement.facts.size() == 1) return of_one(judgement);
  std::vector<std::string> parts;
  add_evidence(judgement, parts);
  add_paper(judgement, parts);
  add_facts(judgement, parts);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace petaproof::judge

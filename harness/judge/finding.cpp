#include "harness/judge/finding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// From here on a claim asks for much of what a peak promises; the best libraries reach 80 to 90 % of it.
constexpr double near_the_peak = 0.5;

// One precision on all models that have it, as these GPUs compute it: dense, not emulated.
struct OnPaper {
  std::set<std::string> models;
  std::set<std::string> refuted;
  double least_share = std::numeric_limits<double>::infinity();  // of the peak, where it is not refuted
  double most_share = 0;

  bool everywhere() const { return refuted.size() == models.size(); }
};

std::map<Precision, OnPaper> on_paper(const Judgement& judgement) {
  std::map<Precision, OnPaper> all;
  for (const JudgedReading& judged : judgement.readings) {
    const Reading& reading = judged.reading;
    if (reading.sparsity != Sparsity::dense || reading.emulation != Emulation::native) continue;
    OnPaper& one = all[reading.precision];
    one.models.insert(reading.hardware_id);
    if (judged.arithmetic.refuted) {
      one.refuted.insert(reading.hardware_id);
      continue;
    }
    one.least_share = std::min(one.least_share, judged.arithmetic.need_over_peak);
    one.most_share = std::max(one.most_share, judged.arithmetic.need_over_peak);
  }
  return all;
}

std::string models_text(std::size_t models) {
  return models == 1 ? "" : fmt::format(" on each of {} GPU models", models);
}

// "fp64_tensor (refuted on 3 of 6)"
std::string named(Precision precision, const OnPaper& one) {
  if (one.refuted.empty()) return std::string(to_string(precision));
  return fmt::format("{} (refuted on {} of {})", to_string(precision), one.refuted.size(), one.models.size());
}

// "80 to 100 % of the peak"
std::string shares(double least, double most) {
  const std::string high = shown_percent(most);
  std::string low = shown_percent(least);
  if (low == high) return high;
  low.resize(low.size() - 2);
  return fmt::format("{} to {}", low, high);
}

void add_paper(const Judgement& judgement, std::vector<std::string>& parts) {
  std::map<std::size_t, std::vector<std::string>> refuted;  // by the number of models that have the precision
  std::vector<std::string> hard;
  std::vector<std::string> easy;
  OnPaper of_hard;
  double most_of_easy = 0;
  for (const auto& [precision, one] : on_paper(judgement)) {
    if (one.everywhere()) {
      refuted[one.models.size()].emplace_back(to_string(precision));
    } else if (one.most_share >= near_the_peak) {
      hard.push_back(named(precision, one));
      of_hard.least_share = std::min(of_hard.least_share, one.least_share);
      of_hard.most_share = std::max(of_hard.most_share, one.most_share);
    } else {
      easy.push_back(named(precision, one));
      most_of_easy = std::max(most_of_easy, one.most_share);
    }
  }
  for (const auto& [models, names] : refuted)
    parts.push_back(fmt::format("refuted in {}{}", fmt::join(names, ", "), models_text(models)));
  if (!hard.empty())
    parts.push_back(
        fmt::format("{} of the peak in {}", shares(of_hard.least_share, of_hard.most_share), fmt::join(hard, ", ")));
  if (!easy.empty())
    parts.push_back(fmt::format("{} of it or less in {}", shown_percent(most_of_easy), fmt::join(easy, ", ")));
}

// What was seen, and not only computed: "confirmed as kernel in tf32, bf16 (H200 SXM (141 GB))".
void add_evidence(const Judgement& judgement, std::vector<std::string>& parts) {
  struct Decided {
    std::vector<std::string> precisions;
    std::set<std::string> models;
  };
  std::map<std::pair<Outcome, Kind>, Decided> all;
  for (const JudgedReading& judged : judgement.readings) {
    const Verdict& verdict = judged.verdict;
    if (verdict.outcome == Outcome::not_decidable || verdict.basis == Basis::arithmetic) continue;
    Decided& one = all[{verdict.outcome, judged.reading.kind}];
    const std::string name = fmt::format("{}{}{}", to_string(judged.reading.precision),
                                         judged.reading.emulation == Emulation::emulated ? " emulated" : "",
                                         judged.reading.sparsity == Sparsity::dense ? "" : " 2:4");
    if (std::ranges::find(one.precisions, name) == one.precisions.end()) one.precisions.push_back(name);
    for (const Model& model : judgement.models)
      if (model.hardware_id == judged.reading.hardware_id) one.models.insert(model.short_name);
  }
  for (const auto& [key, one] : all)
    parts.push_back(fmt::format("{} as {} in {} ({})",
                                key.first == Outcome::refuted ? "measured: refuted" : "confirmed",
                                to_string(key.second), fmt::join(one.precisions, ", "), fmt::join(one.models, ", ")));
}

// A figure that is read in several ways, such as with several GPU models, is told once.
struct OfFacts {
  std::string says;
  std::size_t readings = 0;
  std::map<Outcome, std::size_t> outcomes;
};

std::vector<OfFacts> of_facts(const std::vector<FactReading>& facts) {
  std::vector<OfFacts> all;
  for (const FactReading& fact : facts) {
    const std::string& says = fact.in_short.empty() ? fact.says : fact.in_short;
    auto found = std::ranges::find(all, says, &OfFacts::says);
    if (found == all.end()) found = all.insert(all.end(), {says, 0, {}});
    ++found->readings;
    ++found->outcomes[fact.verdict.outcome];
  }
  return all;
}

std::string share_of_readings(std::size_t readings, std::size_t all) {
  if (all == 1) return {};
  return readings == all ? fmt::format(" (in each of {} readings)", all)
                         : fmt::format(" (in {} of {} readings)", readings, all);
}

// What is decided comes first; what is open in every way to read it follows.
void add_facts(const Judgement& judgement, std::vector<std::string>& parts) {
  const auto facts = of_facts(judgement.facts);
  for (const Outcome outcome : {Outcome::confirmed, Outcome::refuted})
    for (const OfFacts& fact : facts)
      if (const auto found = fact.outcomes.find(outcome); found != fact.outcomes.end())
        parts.push_back(fmt::format("{} that {}{}", outcome == Outcome::refuted ? "refuted" : "confirmed", fact.says,
                                    share_of_readings(found->second, fact.readings)));
  std::vector<std::string> left_open;
  for (const OfFacts& fact : facts)
    if (fact.outcomes.size() == 1 && fact.outcomes.contains(Outcome::not_decidable)) left_open.push_back(fact.says);
  if (!left_open.empty()) parts.push_back(fmt::format("open: {}", fmt::join(left_open, ", ")));
}

}  // namespace

std::string finding(const Judgement& judgement) {
  if (judgement.readings.size() + judgement.facts.size() == 1)
    return judgement.readings.empty() ? judgement.facts.front().verdict.because
                                      : judgement.readings.front().verdict.because;
  std::vector<std::string> parts;
  add_evidence(judgement, parts);
  add_paper(judgement, parts);
  add_facts(judgement, parts);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace petaproof::judge

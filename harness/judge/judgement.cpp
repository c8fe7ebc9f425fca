#include "harness/judge/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/judge/finding.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// Announcements are often count x datasheet: name the published peaks that equal the need per GPU. A hint for
// the reader, never part of a verdict.
std::vector<std::string> same_figure(const HardwareDatabase& hardware, double per_gpu_tflops) {
  const auto equal = [&](const PrecisionFigures& figures) {
    std::vector<std::string_view> names;
    for (const auto& [precision, figure] : figures)
      if (precision != Precision::int8 && std::abs(figure.value / per_gpu_tflops - 1) < 0.002)
        names.push_back(to_string(precision));
    return names;
  };
  std::vector<std::string> lines;
  for (const auto& gpu : hardware.all()) {
    if (const auto names = equal(gpu.peak_dense); !names.empty())
      lines.push_back(fmt::format("{} {}", gpu.short_name, fmt::join(names, " and ")));
    if (!gpu.superseded) continue;
    if (const auto names = equal(gpu.superseded->dense_tflops); !names.empty())
      lines.push_back(fmt::format("{} {} ({})", gpu.short_name, fmt::join(names, " and "), gpu.superseded->edition));
  }
  return lines;
}

void count(const Verdict& verdict, Aggregate& sum) {
  if (verdict.outcome == Outcome::confirmed) ++sum.confirmed;
  if (verdict.outcome == Outcome::confirmed && verdict.is_projected()) ++sum.projected;
  sum.if_packages |= verdict.outcome == Outcome::confirmed && verdict.if_packages;
  if (verdict.outcome == Outcome::refuted) ++sum.refuted;
  if (verdict.outcome == Outcome::not_decidable) ++sum.not_decidable;
}

// A claim holds if each of its figures does, so one figure that is refuted in every way to read it refutes the claim.
struct FigureCount {
  std::string name;  // "compute", or what a fact's id begins with
  std::size_t readings = 0;
  std::size_t refuted = 0;  // whatever the claim counts as a GPU
};

std::vector<FigureCount> figures_of(const Judgement& judgement) {
  std::vector<FigureCount> figures;
  const auto add = [&](const std::string& name, const Verdict& verdict) {
    if (figures.empty() || figures.back().name != name) figures.push_back({name, 0, 0});
    ++figures.back().readings;
    if (verdict.outcome == Outcome::refuted && !verdict.if_packages) ++figures.back().refuted;
  };
  for (const auto& judged : judgement.readings) add("compute", judged.verdict);
  for (const auto& fact : judgement.facts) add(fact.id.substr(0, fact.id.find('/')), fact.verdict);
  return figures;
}

// The one reading of a claim that leaves nothing open; null where there are more.
const Verdict* only_verdict(const Judgement& judgement) {
  if (judgement.readings.size() + judgement.facts.size() != 1) return nullptr;
  return judgement.readings.empty() ? &judgement.facts.front().verdict : &judgement.readings.front().verdict;
}

std::string word_of(const Aggregate& sum, const Verdict* only) {
  if (sum.all() == 0) return "NOTHING TO DECIDE";
  if (only != nullptr && only->outcome == sum.outcome && sum.not_stated.empty()) return full_outcome(*only);
  if (sum.outcome == Outcome::refuted)
    return fmt::format("REFUTED, whatever it means, for its {}", fmt::join(sum.refuted_figures, " and its "));
  if (sum.outcome == Outcome::confirmed) {
    const char* how = sum.projected > 0 ? "CONFIRMED (projected)" : "CONFIRMED";
    if (!sum.if_packages) return fmt::format("{}, whatever it means", how);
    return fmt::format("{}, {}{}", how, only != nullptr ? "" : "whatever else it means, ", if_its_gpus_are_packages);
  }
  return sum.not_stated.empty() ? "NOT DECIDABLE" : "UNDER-SPECIFIED";
}

std::string aggregate_line(const Aggregate& sum) {
  if (sum.all() == 0) return "nothing to decide: the claim states no figure that can be judged";
  if (sum.all() == 1 && sum.not_stated.empty()) return sum.word + ": the one reading that the claim names";
  return fmt::format("{}: {} readings confirmed{}, {} refuted, {} not decidable", sum.word, sum.confirmed,
                     sum.projected > 0 ? fmt::format(" ({} of them projected)", sum.projected) : "", sum.refuted,
                     sum.not_decidable);
}

Aggregate aggregate_of(const Judgement& judgement) {
  Aggregate sum;
  for (const auto& judged : judgement.readings) count(judged.verdict, sum);
  for (const auto& fact : judgement.facts) count(fact.verdict, sum);
  sum.not_stated = judgement.claim.not_stated();
  if (const auto& compute = judgement.claim.compute) {
    if (!compute->precision) sum.reasons.push_back(Reason::N1);
    if (!compute->kind) sum.reasons.push_back(Reason::N2);
    if (judgement.claim.gpus && !judgement.claim.gpus->unit) sum.reasons.push_back(Reason::N10);
  }
  for (const FigureCount& figure : figures_of(judgement))
    if (figure.refuted == figure.readings) sum.refuted_figures.push_back(figure.name);
  if (!sum.refuted_figures.empty())
    sum.outcome = Outcome::refuted;
  else if (sum.all() > 0 && sum.confirmed == sum.all() && judgement.contradictions.empty())
    sum.outcome = Outcome::confirmed;
  sum.word = word_of(sum, only_verdict(judgement));
  sum.finding = finding(judgement);
  sum.line = aggregate_line(sum);
  return sum;
}

std::vector<Model> models_of(const Judgement& judgement, const HardwareDatabase& hardware) {
  std::vector<Model> models;
  for (const auto& id : judgement.claim.models) {
    const bool read =
        std::ranges::any_of(judgement.readings, [&](const JudgedReading& j) { return j.reading.hardware_id == id; });
    models.push_back({id, hardware.find(id)->short_name, read});
  }
  return models;
}

// Of each measurement that a reading shows, once.
std::vector<Flagged> flagged_of(const Judgement& judgement) {
  std::vector<Flagged> all;
  std::set<std::pair<std::string, std::string>> seen;
  for (const JudgedReading& judged : judgement.readings) {
    if (!judged.measured || !seen.emplace(judged.measured->run_id, judged.measured->case_id).second) continue;
    Flagged flagged = flagged_in(*judged.measured, judgement.evidence.sample);
    if (!flagged.outliers.empty()) all.push_back(std::move(flagged));
  }
  return all;
}

JudgedReading judge_reading(const Judgement& judgement, const Reading& reading, const Knowledge& knowledge) {
  const Hardware& gpu = *knowledge.hardware.find(reading.hardware_id);
  const Claim& claim = judgement.claim;
  const Need need = need_of(*claim.compute, *claim.gpus, packages_read(*claim.gpus, gpu));
  const Arithmetic arithmetic = arithmetic_of(gpu, reading.precision, reading.sparsity, reading.emulation, need);
  const Support support = support_for(reading, judgement.evidence, knowledge.hardware);
  Decision decision =
      decide({claim, need, gpu, reading, arithmetic, support, judgement.evidence, knowledge.published});
  const bool known = decision.verdict.reason != Reason::N10;
  return {reading,
          need,
          arithmetic,
          reading.kind == Kind::kernel ? support.best : std::nullopt,
          std::move(decision.projected),
          std::move(decision.verdict),
          known ? plausibility_of(reading, need, knowledge.published) : Plausibility{}};
}

}  // namespace

Knowledge Knowledge::load(const std::filesystem::path& configs) {
  Knowledge knowledge;
  knowledge.hardware = HardwareDatabase::load(configs / "hardware");
  knowledge.published = PublishedResults::load(configs / "published", knowledge.hardware);
  return knowledge;
}

Judgement judge_claim(const Claim& claim, const Knowledge& knowledge, const Evidence& evidence) {
  Judgement judgement;
  judgement.claim = claim;
  judgement.evidence = evidence;
  for (auto& result : knowledge.published.attached_to(claim.attached_results, claim.id))
    judgement.evidence.attached.push_back(std::move(result));
  for (const RefusedRecord& one : evidence.refused) judgement.set_aside.push_back({one.run_id, one.case_id, one.why});
  for (SetAside& one : set_aside(judgement.evidence, claim.models, knowledge.hardware))
    judgement.set_aside.push_back(std::move(one));
  judgement.node_efficiency = node_efficiency(judgement.evidence, judgement.set_aside);
  judgement.contradictions = contradictions(claim);
  judgement.unmapped = unmapped_figures(claim);
  if (claim.compute && claim.gpus) {
    judgement.need = need_of(*claim.compute, *claim.gpus);
    if (counts_packages(*claim.gpus))
      judgement.same_figure = same_figure(knowledge.hardware, judgement.need->per_gpu_tflops);
  }
  const Expansion expansion = expand_readings(claim, knowledge.hardware);
  if (!expansion.contradiction.empty()) judgement.contradictions.push_back(expansion.contradiction);
  if (std::string text = contradiction_without_count(claim, knowledge.hardware); !text.empty())
    judgement.contradictions.push_back(std::move(text));
  for (const Reading& reading : expansion.readings)
    judgement.readings.push_back(judge_reading(judgement, reading, knowledge));
  judgement.flagged = flagged_of(judgement);
  judgement.facts = judge_facts(claim, knowledge.hardware, judgement.evidence);
  judgement.models = models_of(judgement, knowledge.hardware);
  judgement.aggregate = aggregate_of(judgement);
  return judgement;
}

Judgement select_readings(Judgement judgement, const std::string& part) {
  std::vector<std::string> precisions;
  std::vector<std::string> kinds;
  const auto add = [](std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  };
  for (const auto& judged : judgement.readings) {
    add(precisions, to_string(judged.reading.precision));
    add(kinds, to_string(judged.reading.kind));
  }
  auto removed = std::erase_if(judgement.readings, [&](const JudgedReading& judged) {
    return judged.reading.id().find(part) == std::string::npos;
  });
  removed += std::erase_if(judgement.facts,
                           [&](const FactReading& fact) { return fact.id.find(part) == std::string::npos; });
  if (removed > 0 && judgement.readings.empty() && judgement.facts.empty())
    throw Error(
        Domain::usage,
        fmt::format("--reading {}: claim {} has no such reading; readings are MODEL/PRECISION/SPARSITY/KIND "
                    "with models {}; precisions {}; sparsities {}; kinds {}",
                    part, judgement.claim.id, fmt::join(judgement.claim.models, ", "), fmt::join(precisions, ", "),
                    fmt::join(names_of(all_sparsities()), ", "), fmt::join(kinds, ", ")));
  return judgement;
}

}  // namespace petaproof::judge

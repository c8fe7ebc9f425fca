#include "harness/judge/render_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "harness/judge/attached.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string need_text(const Claim& claim, const Need& need) {
  const std::string unit = counted_unit(*claim.gpus);
  const std::string gpus = need.gpus_min == need.gpus_max
                               ? shown_count(need.gpus)
                               : fmt::format("{} to {}", shown_count(need.gpus_min), shown_count(need.gpus_max));
  return fmt::format("{} TFLOP/s per {}; {} to {} as rounded ({} {}s, {} to {} {})", shown(need.per_gpu_tflops), unit,
                     shown(need.per_gpu_lower_tflops), shown(need.per_gpu_upper_tflops), gpus, unit,
                     in_claim_unit(claim, need.total_lower_tflops), in_claim_unit(claim, need.total_upper_tflops),
                     claim.compute->amount.unit);
}

// The one verdict of a reader in a hurry, or why there is none.
std::string verdict_text(const Judgement& judgement) {
  const Aggregate& sum = judgement.aggregate;
  std::string text = sum.word;
  if (!judgement.contradictions.empty()) text += ", and the claim contradicts itself (CONFLICT)";
  return fmt::format("{}: {}", text, sum.all() == 0 ? "the claim states no figure that can be judged" : sum.finding);
}

std::string claim_text(const Judgement& judgement) {
  std::string text = fmt::format("\"{}\" ({})", judgement.claim.quote, judgement.claim.id);
  if (judgement.need)
    text += fmt::format(": {} TFLOP/s per {}", shown(judgement.need->per_gpu_tflops),
                        counted_unit(*judgement.claim.gpus));
  if (!judgement.aggregate.not_stated.empty())
    text += fmt::format("; not stated: {}", fmt::join(judgement.aggregate.not_stated, ", "));
  return text;
}

bool evidence_decides(const Judgement& judgement) {
  const auto decided = [](const Verdict& verdict) {
    return verdict.outcome != Outcome::not_decidable && verdict.basis != Basis::arithmetic;
  };
  return std::ranges::any_of(judgement.readings, decided, &JudgedReading::verdict) ||
         std::ranges::any_of(judgement.facts, decided, &FactReading::verdict);
}

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", shown_count(static_cast<std::int64_t>(count)), one, count == 1 ? "" : "s");
}

// "3 cases measured on up to 8 GPUs of 1 node; a census of 8 GPUs; 2 meters of nodes or racks"
std::string evidence_text(const Evidence& evidence) {
  std::size_t on_gpus = 0, elsewhere = 0;
  std::int64_t gpus = 0, nodes = 0, counted = 0;
  for (const Measurement& m : evidence.measurements) {
    if (m.backend != "cuda") {
      ++elsewhere;
      continue;
    }
    ++on_gpus;
    gpus = std::max(gpus, m.gpus);
    nodes = std::max(nodes, m.nodes);
  }
  for (const Census& census : evidence.censuses) counted = std::max(counted, census.gpus);
  std::vector<std::string> parts;
  if (on_gpus > 0)
    parts.push_back(fmt::format("{} measured on up to {} of {}", plural(on_gpus, "case"),
                                plural(static_cast<std::size_t>(gpus), "GPU"),
                                plural(static_cast<std::size_t>(nodes), "node")));
  if (elsewhere > 0) parts.push_back(plural(elsewhere, "case") + " measured on no GPU");
  if (!evidence.censuses.empty()) parts.push_back("a census of " + plural(static_cast<std::size_t>(counted), "GPU"));
  if (!evidence.power.empty()) parts.push_back(plural(evidence.power.size(), "meter") + " of nodes or racks");
  return fmt::format("{}", fmt::join(parts, "; "));
}

// "163 PFLOP/s on 4,096 GPUs, Azure ND H100 v5 (...)"
std::string result_text(const PublishedResult& result) {
  const std::string workload = workload_text(result);
  return fmt::format("{} {}{} on {} GPUs, {}", result.value.grouped(), result.unit,
                     workload.empty() ? "" : " of " + workload, shown_count(result.gpus), result.system);
}

// An attached result that no reading can rest on is not to look like evidence.
std::string why_idle(const PublishedResult& result, const Judgement& judgement) {
  if (std::string why = why_no_evidence(result, judgement.claim); !why.empty())
    return fmt::format("; {}: it supports nothing here", why);
  if (const auto& compute = judgement.claim.compute; compute && !is_workload_of(*compute, result))
    return fmt::format("; of another workload than the claim's ({}): it supports nothing here",
                       workload_text(result));
  const auto& models = judgement.claim.models;
  if (std::ranges::find(models, result.hardware_id) == models.end())
    return fmt::format("; of {}, which the claim is not read with: it supports nothing here", result.hardware_id);
  const bool read = std::ranges::any_of(judgement.readings, [&](const JudgedReading& judged) {
    return judged.reading.hardware_id == result.hardware_id && judged.reading.kind == result.kind &&
           judged.reading.precision == result.precision;
  });
  return read ? ""
              : fmt::format("; {} in {}, as which the claim is not read: it supports nothing here",
                            to_string(result.kind), to_string(result.precision));
}

// What is attached and may decide, where a verdict rests on it.
std::string attached_basis(const Judgement& judgement) {
  if (std::ranges::none_of(judgement.readings,
                           [](const JudgedReading& judged) { return judged.verdict.basis == Basis::attached; }))
    return {};
  std::vector<std::string> texts;
  for (const PublishedResult& result : judgement.evidence.attached)
    if (why_idle(result, judgement).empty()) texts.push_back(result_text(result));
  return fmt::format("published of this very system and attached: {}", fmt::join(texts, "; "));
}

// The best that any reading rests on.
std::string basis_text(const Judgement& judgement) {
  const std::string attached = attached_basis(judgement);
  const std::string beside = attached.empty() ? "" : "; " + attached;
  const JudgedReading* best = nullptr;
  for (const auto& judged : judgement.readings)
    if (judged.projected && (best == nullptr || judged.projected->level < best->projected->level)) best = &judged;
  if (best != nullptr) {
    if (best->verdict.basis == Basis::attached) return best->projected->basis;
    return fmt::format("{}, evidence level {}{}", best->projected->basis, best->projected->level, beside);
  }
  const Evidence& evidence = judgement.evidence;
  const std::string seen = evidence_text(evidence);
  if (seen.empty() && !attached.empty()) return attached;
  if (seen.empty()) return "paper alone: published peaks and arithmetic; nothing was measured";
  return fmt::format(
      "{}{}{}{}", seen, evidence_decides(judgement) ? "" : ": too little for a statement about the cluster",
      evidence.sample && evidence.sample->block ? "; the nodes are a contiguous block, no draw" : "", beside);
}

std::string other_figures(const Claim& claim) {
  std::vector<std::string> figures;
  if (claim.compute && !claim.gpus) figures.push_back(claim.compute->amount.text());
  if (claim.gpus && !claim.compute) figures.push_back(counted_text(*claim.gpus));
  if (claim.power) figures.push_back(claim.power->amount.text());
  if (claim.pue)
    figures.push_back(fmt::format("PUE {}{}", claim.pue->is_upper_bound ? "under " : "", claim.pue->value.grouped()));
  for (const auto& rack : claim.racks)
    figures.push_back(fmt::format("{} to {} a rack ({})", rack.low.text(), rack.high.text(), rack.of));
  if (claim.money) figures.push_back(claim.money->amount.text());
  if (claim.rank) figures.push_back(fmt::format("number {} among {}", claim.rank->place, claim.rank->among));
  if (claim.build_time) figures.push_back("built in " + claim.build_time->amount.text());
  if (claim.due) figures.push_back(fmt::format("due: \"{}\"", claim.due->printed));
  return fmt::format("{}", fmt::join(figures, "; "));
}

std::string efficiency_text(const MeasuredEfficiency& one) {
  return fmt::format(
      "{} {}{}: {} GFLOP/s per W at the node, {} TFLOP/s / {} W per GPU that ran (case {} of run {}, {} node{}); "
      "whether the meters were read while it ran, their files do not say",
      one.hardware_id, to_string(one.precision), one.emulation == Emulation::emulated ? " emulated" : "",
      shown(one.gflops_per_watt()), shown(one.tflops_per_gpu), shown_whole(one.watts_per_gpu), one.case_id,
      one.run_id, shown_count(one.nodes), one.nodes == 1 ? "" : "s");
}

void add(std::vector<Line>& lines, const char* label, std::string text) {
  if (!text.empty()) lines.push_back({label, std::move(text)});
}

}  // namespace

std::string in_claim_unit(const Claim& claim, double tflops) {
  return shown_exactly(tflops / claim.compute->amount.factor);
}

std::string set_aside_text(const Judgement& judgement) {
  std::vector<std::string> reasons;
  std::map<std::string, int> counts;
  for (const auto& item : judgement.set_aside)
    if (counts[item.reason]++ == 0) reasons.push_back(item.reason);
  for (auto& reason : reasons) reason = fmt::format("{} x {}", counts[reason], reason);
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::vector<Line> headline(const Judgement& judgement) {
  std::vector<Line> lines{
      {"VERDICT", verdict_text(judgement)}, {"CLAIM", claim_text(judgement)}, {"BASIS", basis_text(judgement)}};
  // one reading was selected: its own verdict beside the claim's
  if (judgement.readings.size() + judgement.facts.size() == 1 && judgement.aggregate.all() > 1) {
    const bool is_fact = judgement.readings.empty();
    const Verdict& verdict = is_fact ? judgement.facts.front().verdict : judgement.readings.front().verdict;
    lines.insert(
        lines.begin() + 1,
        {"READING", fmt::format("{}: {} ({}): {}",
                                is_fact ? judgement.facts.front().id : judgement.readings.front().reading.id(),
                                full_outcome(verdict), to_string(verdict.reason), verdict.because)});
  }
  return lines;
}

std::vector<Line> particulars(const Judgement& judgement) {
  const Claim& claim = judgement.claim;
  std::vector<Line> lines;
  add(lines, "SUBJECT", claim.subject);
  add(lines, "SOURCE", claim.as_of.empty() ? claim.source : fmt::format("{}, as of {}", claim.source, claim.as_of));
  if (judgement.need) add(lines, "NEED", need_text(claim, *judgement.need));
  if (!judgement.same_figure.empty())
    add(lines, "SAME AS", fmt::format("the published dense peak of {}", fmt::join(judgement.same_figure, "; ")));
  add(lines, "FIGURES", other_figures(claim));
  for (const auto& text : judgement.contradictions) add(lines, "CONFLICT", text);
  for (const auto& item : claim.not_judged)
    add(lines, "NO JUDGE", fmt::format("\"{}\": not judged: {}", item.figure, item.why));
  if (!judgement.unmapped.empty())
    add(lines, "UNMAPPED",
        fmt::format("figures of the quote that the file says nothing about: {}",
                    fmt::join(judgement.unmapped, ", ")));
  const Evidence& evidence = judgement.evidence;
  if (!evidence.measurements.empty() || !evidence.censuses.empty() || !evidence.power.empty())
    add(lines, "EVIDENCE", evidence_text(evidence));
  for (const auto& result : evidence.attached)
    add(lines, "ATTACHED", fmt::format("{} ({}){}", result_text(result), result.source, why_idle(result, judgement)));
  for (const Flagged& flagged : judgement.flagged)
    add(lines, "FLAGGED", fmt::format("{}: {}", flagged.case_id, flagged_text(flagged)));
  for (const auto& one : judgement.node_efficiency.measured) add(lines, "PER WATT", efficiency_text(one));
  for (const auto& why : judgement.node_efficiency.why_not) add(lines, "PER WATT", "not said: " + why);
  add(lines, "SET ASIDE", set_aside_text(judgement));
  return lines;
}

std::vector<Line> reservations(const Judgement& judgement) {
  std::vector<Line> lines;
  const bool sampled = std::ranges::any_of(judgement.readings, [](const JudgedReading& judged) {
    return judged.verdict.basis == Basis::sample && judged.projected;
  });
  if (sampled) lines.push_back({"UNTESTED", "power and cooling of the whole plant, all GPUs at once, the fabric"});
  if (const auto& sample = judgement.evidence.sample)
    lines.push_back({"AUDITOR", fmt::format("list {}, seed \"{}\": hold both against your own notes (--expect-hash, "
                                            "--expect-seed), as whoever has the draw's file can edit it",
                                            sample->list_hash, sample->seed)});
  if (!judgement.evidence.measurements.empty())
    lines.push_back({"HOLDS", "for 12 months, or until nodes, GPUs or their limits change"});
  return lines;
}

std::vector<Step> steps_of(const Judgement& judgement, const JudgedReading& judged) {
  const Need& need = judged.need;
  const Arithmetic& paper = judged.arithmetic;
  const Claim& claim = judgement.claim;
  const std::string& unit = claim.compute->amount.unit;
  if (!judged.is_per_package())  // no number of packages to divide by
    return {{"verdict",
             fmt::format("{} {}: {}", to_string(judged.verdict.reason), meaning(judged.verdict.reason),
                         judged.verdict.because),
             full_outcome(judged.verdict)}};
  std::vector<Step> steps{
      {"need per GPU",
       fmt::format(
           "{} / {} GPUs{}", claim.compute->amount.text(), shown_count(need.gpus),
           counts_packages(*claim.gpus) ? "" : fmt::format(" (packages at most, of {})", counted_text(*claim.gpus))),
       fmt::format("{} TFLOP/s", shown(need.per_gpu_tflops))},
      {"share of peak",
       fmt::format("{} / {} TFLOP/s ({}, {})", shown(need.per_gpu_tflops), shown(paper.peak_tflops),
                   paper.peak_source, to_string(paper.peak_status)),
       shown_percent(paper.need_over_peak)}};
  if (paper.required_clock_mhz)
    steps.push_back({"clock required",
                     fmt::format("{} TFLOP/s / {} FLOP per clock", shown(need.per_gpu_tflops),
                                 shown_whole(*paper.flop_per_clock)),
                     fmt::format("{} MHz", shown_whole(*paper.required_clock_mhz))});
  steps.push_back({"ceiling", fmt::format("{} GPUs at most x {}", shown_count(need.gpus_max), paper.ceiling_basis),
                   fmt::format("{} {}", shown(paper.ceiling_total_tflops / claim.compute->amount.factor), unit)});
  steps.push_back({"refuted on paper",
                   fmt::format("ceiling below {}, the least that rounds to the claim",
                               in_claim_unit(claim, need.total_lower_tflops)),
                   paper.refuted ? "yes" : "no"});
  if (judged.projected) steps.insert(steps.end(), judged.projected->steps.begin(), judged.projected->steps.end());
  if (!judged.plausibility.because.empty())
    steps.push_back(
        {"plausibility", judged.plausibility.because, std::string(to_string(judged.plausibility.plausible))});
  steps.push_back({"verdict",
                   fmt::format("{} {}: {}", to_string(judged.verdict.reason), meaning(judged.verdict.reason),
                               judged.verdict.because),
                   full_outcome(judged.verdict)});
  return steps;
}

}  // namespace petaproof::judge

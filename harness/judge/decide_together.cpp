// K2 to K4: GPUs that wait for each other. What they do is told by runs at several sizes, not by GPUs that ran alone.
// Such runs come as published results of the very system, attached to the claim: they may refute, and confirm
// nothing, since nobody here saw them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/judge/attached.hpp"
#include "harness/judge/decide.hpp"
#include "harness/judge/text.hpp"
#include "harness/project/bands.hpp"
#include "harness/project/carry.hpp"

namespace petaproof::judge {
namespace {

project::Band band_of(Kind kind) {
  return kind == Kind::coupled ? project::hpl_band() : project::training_band(1, false);
}

std::string named(const Question& q, const PublishedResult& result) {
  return fmt::format(
      "{} {} on {} GPUs of {} ({}, {})", result.value.grouped(), result.unit, shown_count(result.gpus), result.system,
      result.benchmark.empty() ? std::string(to_string(q.reading.kind)) : workload_text(result), result.source);
}

// A result of fewer GPUs than are printed says less than the claim, though their number may round to it.
bool is_at_size(const Question& q, const PublishedResult& result) {
  constexpr double nearly = 0.99;
  return static_cast<double>(result.gpus) >= nearly * static_cast<double>(q.need.gpus) &&
         result.gpus <= q.need.gpus_max;
}

// The best that the system itself has published on as many GPUs as are claimed; as many more as round to the claim
// may be meant, and would do as much each.
std::optional<Projected> at_size(const Question& q, const Results& results) {
  const PublishedResult* best = nullptr;
  for (const PublishedResult* result : results) {
    if (is_at_size(q, *result) && (best == nullptr || best->total_tflops() < result->total_tflops())) best = result;
  }
  if (best == nullptr) return std::nullopt;
  const project::Band band = band_of(q.reading.kind);
  Projected total;
  total.estimate = best->total_tflops();
  total.lower = best->value.lower * best->unit_tflops * (1 - band.below);
  const double more = static_cast<double>(q.need.gpus_max) / static_cast<double>(best->gpus);
  total.upper = best->value.upper * best->unit_tflops * (1 + band.above) * more;
  total.basis = "published of this very system: " + named(q, *best);
  total.steps = {{"published", named(q, *best), q.in_claim_unit(total.estimate)},
                 {"from run to run",
                  fmt::format("-{} % and +{} %, beyond its rounding{}", 100 * band.below, 100 * band.above,
                              more > 1 ? fmt::format("; {} GPUs at most", shown_count(q.need.gpus_max)) : ""),
                  fmt::format("[{}, {}]", q.in_claim_unit(total.lower), q.in_claim_unit(total.upper))}};
  return total;
}

bool is_eight_bits_or_fewer(Precision precision) {
  return precision == Precision::fp8 || precision == Precision::fp6 || precision == Precision::fp4 ||
         precision == Precision::int8;
}

// More GPUs of the same system do no less: what even they fall short of is refuted; where they reach it, what fewer
// do is open. Of several, the best at the fewest GPUs bounds most closely.
std::optional<Verdict> by_more_gpus(const Question& q, const Results& results, const std::string& would) {
  const PublishedResult* nearest = nullptr;
  for (const PublishedResult* result : results) {
    if (result->gpus <= q.need.gpus_max) continue;
    if (nearest == nullptr || result->gpus < nearest->gpus ||
        (result->gpus == nearest->gpus && result->total_tflops() > nearest->total_tflops()))
      nearest = result;
  }
  if (nearest == nullptr) return std::nullopt;
  const double upper = nearest->value.upper * nearest->unit_tflops * (1 + band_of(q.reading.kind).above);
  if (upper >= q.need.total_lower_tflops)
    return open(
        Basis::attached, Reason::N7,
        fmt::format("published of this very system: {}, on more GPUs than are claimed, which may do as much as "
                    "the claim; what {} of them do does not follow",
                    named(q, *nearest), shown_count(q.need.gpus)),
        would);
  return Verdict{Outcome::refuted,
                 Basis::attached,
                 Reason::A5,
                 fmt::format("published of this very system: {}, on more GPUs than are claimed, at most {}; the "
                             "least that rounds to the claim is {}",
                             named(q, *nearest), q.in_claim_unit(upper), q.bound(q.need.total_lower_tflops)),
                 {},
                 "by results that this system has published"};
}

// Of each count the highest: what a system did once it can do.
Results best_by_count(const Results& results) {
  std::map<std::int64_t, const PublishedResult*> best;
  for (const PublishedResult* result : results) {
    const PublishedResult*& one = best[result->gpus];
    if (one == nullptr || one->total_tflops() < result->total_tflops()) one = result;
  }
  Results highest;
  for (const auto& [gpus, result] : best) highest.push_back(result);
  return highest;
}

// A trend is one of one program on more and more GPUs.
bool are_of_one_workload(const Results& results) {
  return std::ranges::all_of(results, [&](const PublishedResult* result) {
    return result->benchmark == results.front()->benchmark && result->sequence == results.front()->sequence;
  });
}

project::CarryResult carry(const Question& q, const Results& results) {
  project::CarryRequest request;
  for (const PublishedResult* result : results)
    request.points.push_back(
        {result->gpus, result->nodes > 0 ? result->nodes : (result->gpus + 7) / 8, result->per_gpu_tflops()});
  request.target_gpus = q.need.gpus;
  request.kind = q.reading.kind == Kind::coupled ? project::CarriedKind::hpl : project::CarriedKind::training;
  request.eight_bits = is_eight_bits_or_fewer(q.reading.precision);
  return project::carry(request);
}

Projected from_smaller(const Question& q, const Results& results, const project::Carried& carried) {
  const double gpus = static_cast<double>(q.need.gpus);
  Projected total;
  total.estimate = carried.rate_per_gpu * gpus;
  total.lower = carried.lower * gpus;
  total.upper = carried.upper * static_cast<double>(q.need.gpus_max);
  total.basis = fmt::format("published of this very system at {} sizes up to {} GPUs, carried to {}", results.size(),
                            shown_count(carried.from_gpus), shown_count(q.need.gpus));
  for (const PublishedResult* result : results)
    total.steps.push_back(
        {"published", named(q, *result), fmt::format("{} TFLOP/s per GPU", shown(result->per_gpu_tflops()))});
  total.steps.push_back({"carried",
                         fmt::format("{} TFLOP/s x {} GPUs, with the band of this kind", shown(carried.rate_per_gpu),
                                     shown_count(q.need.gpus)),
                         fmt::format("{} [{}, {}]", q.in_claim_unit(total.estimate), q.in_claim_unit(total.lower),
                                     q.in_claim_unit(total.upper))});
  return total;
}

// At least three sizes of four nodes or more, the largest an eighth of what is claimed: what says anything of the
// fabric.
bool exercised_enough(const Question& q, const project::Carried& carried) {
  return carried.node_counts >= 3 && 8 * carried.from_gpus >= q.need.gpus;
}

Verdict judge_total(const Question& q, const Projected& total, bool may_refute, const std::string& would) {
  const double off = total.estimate / q.need.total_tflops - 1;
  const std::string said =
      fmt::format("{}: {} ({} to {}), {} {} the claim", total.basis, q.in_claim_unit(total.estimate),
                  q.in_claim_unit(total.lower), q.in_claim_unit(total.upper), shown_percent(std::abs(off)),
                  off < 0 ? "below" : "above");
  if (total.upper < q.need.total_lower_tflops) {
    if (!may_refute)
      return open(Basis::attached, Reason::N7, said + "; too few or too small sizes to refute a claim about more",
                  would);
    return {Outcome::refuted,
            Basis::attached,
            Reason::A5,
            fmt::format("{}; even the upper bound misses {}, the least that rounds to the claim", said,
                        q.bound(q.need.total_lower_tflops)),
            {},
            "by results that this system has published"};
  }
  if (total.lower >= q.need.total_tflops)
    return open(Basis::attached, Reason::N4, said + "; what others published confirms nothing here", would);
  return open(Basis::attached, Reason::N13, said, would);
}

Decision decide_attached(const Question& q, const Results& results, const std::string& would) {
  if (auto total = at_size(q, results)) return {judge_total(q, *total, true, would), total};
  if (auto verdict = by_more_gpus(q, results, would)) return {*std::move(verdict)};
  const Results highest = best_by_count(results);
  if (!are_of_one_workload(highest))
    return {open(Basis::attached, Reason::N7,
                 fmt::format("what is attached is of several workloads ({} and {}), which make no trend together",
                             workload_text(*highest.front()), workload_text(*highest.back())),
                 would)};
  const project::CarryResult result = carry(q, highest);
  if (!result.carried) return {open(Basis::attached, Reason::N7, result.refusal, would)};
  Projected total = from_smaller(q, highest, *result.carried);
  return {judge_total(q, total, exercised_enough(q, *result.carried), would), std::move(total)};
}

// An attached result refutes what it measured. Another that is published, and that the claim may mean, may reach it.
void spare_what_others_reach(const Question& q, const std::string& would, Verdict& verdict) {
  if (verdict.outcome != Outcome::refuted) return;
  const PublishedResult* other = reaching(q, band_of(q.reading.kind).above);
  if (other == nullptr) return;
  const bool unnamed = q.claim.compute->benchmark.empty();
  verdict = open(Basis::attached, Reason::N13,
                 fmt::format("{}; but {}{} TFLOP/s per GPU are published too: {}", verdict.because,
                             unnamed ? "the claim names no program or model, and " : "",
                             shown(other->per_gpu_tflops()), named(q, *other)),
                 would);
}

}  // namespace

Decision decide_together(const Question& q) {
  const std::string would = q.would_decide();
  if (q.reading.kind == Kind::goodput)
    return {open(Basis::none, Reason::N3, "no days of operation were observed", would)};
  const AttachedResults attached = attached_results(q);
  if (attached.counted.empty()) {
    std::string because = "GPUs that run alone say nothing about GPUs that wait for each other";
    if (!attached.why_not.empty()) because += "; what is attached decides nothing: " + attached.why_not;
    return {open(Basis::none, Reason::N7, std::move(because), would)};
  }
  Decision decision = decide_attached(q, attached.counted, would);
  spare_what_others_reach(q, would, decision.verdict);
  return decision;
}

}  // namespace petaproof::judge

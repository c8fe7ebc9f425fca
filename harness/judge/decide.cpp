#include "harness/judge/decide.hpp"

#include <fmt/format.h>

#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// Refuted whatever the claim counts that does not say: its word for a node is the kindest.
bool refuted_as_nodes(const Question& q) {
  return q.arithmetic.packages_needed > static_cast<double>(q.gpu.node_gpus());
}

// What the peak leaves to a claim whose GPUs may be more than one package each.
std::string unless_packages(const Question& q) {
  const GpuClaim& claimed = *q.claim.gpus;
  if (claimed.unit)
    return counts_packages(claimed) ? "" : fmt::format(" (the claim counts {})", counted_text(claimed, q.gpu));
  return refuted_as_nodes(q) ? fmt::format(", even if each GPU that it counts is a node of {}", q.gpu.node_gpus())
                             : fmt::format("; it holds only if what it counts as one GPU is {} packages or more",
                                           shown_exactly(q.arithmetic.packages_needed));
}

Verdict refuted_by_arithmetic(const Question& q) {
  return {Outcome::refuted,
          Basis::arithmetic,
          Reason::A1,
          fmt::format("at most {} GPUs x {} = {}; the least that rounds to the claim is {}{}",
                      shown_count(q.need.gpus_max), q.arithmetic.ceiling_basis,
                      q.in_claim_unit(q.arithmetic.ceiling_total_tflops), q.bound(q.need.total_lower_tflops),
                      unless_packages(q)),
          {}};
}

// A superchip has one GPU, two or four, and an H100-equivalent is a rate.
Verdict another_unit(const Question& q) {
  return open(
      Basis::none, Reason::N10,
      fmt::format("the claim counts {}, and need and peak are per package", counted_text(*q.claim.gpus, q.gpu)),
      "the number of GPU packages");
}

Decision decide_packages(const Question& q) {
  if (q.arithmetic.refuted) return {refuted_by_arithmetic(q)};
  if (q.claim.is_future())
    return {open(Basis::none, Reason::N8,
                 fmt::format("the claim is about something {}", to_string(q.claim.existence)),
                 "once it runs: " + q.would_decide())};
  switch (q.reading.kind) {
    case Kind::peak: return decide_peak(q);
    case Kind::kernel: return decide_kernel(q);
    case Kind::coupled:
    case Kind::training:
    case Kind::goodput: return decide_together(q);
  }
  return {};
}

}  // namespace

std::string Question::count_of_gpus() const {
  return fmt::format("{} {}", shown_count(need.gpus), gpu.short_name);
}

// In the claim's own unit, so that a reader compares like with like.
std::string Question::in_claim_unit(double tflops) const {
  return fmt::format("{} {}", shown(tflops / claim.compute->amount.factor), claim.compute->amount.unit);
}

std::string Question::bound(double tflops) const {
  return shown_exactly(tflops / claim.compute->amount.factor);
}

// A total against the two thresholds: the claim as printed, and the least that rounds to it.
std::string Question::against_claim(double total_tflops) const {
  const std::string total = in_claim_unit(total_tflops);
  if (total_tflops >= need.total_tflops) return fmt::format("{}, which reaches {}", total, bound(need.total_tflops));
  if (total_tflops >= need.total_lower_tflops)
    return fmt::format("{}, which is below {} but rounds to it", total, bound(need.total_tflops));
  return fmt::format("{}, which falls short of {}, the least that rounds to the claim", total,
                     bound(need.total_lower_tflops));
}

std::string Question::would_decide() const {
  return what_would_decide(reading.kind, need, count_of_gpus(), gpu.node_gpus());
}

std::string sampled_gemms(std::int64_t sample, std::int64_t nodes, std::int64_t gpus_per_node,
                          const std::string& gpus) {
  return fmt::format(
      "verified GEMMs, sustained for 2 x 300 s or more, on at least {} of {} nodes ({} GPUs each) drawn at "
      "random from every pod with a seed of the auditor's, or on all {}",
      shown_count(sample), shown_count(nodes), gpus_per_node, gpus);
}

std::string what_would_decide(Kind kind, const Need& need, const std::string& gpus, std::int64_t gpus_per_node) {
  const std::int64_t nodes = nodes_of(need.gpus, gpus_per_node);
  const std::int64_t eighth = (nodes + 7) / 8;
  switch (kind) {
    case Kind::peak: return fmt::format("a census that finds {}", gpus);
    case Kind::kernel: return sampled_gemms(fewest_nodes(nodes), nodes, gpus_per_node, gpus);
    case Kind::coupled:
      return fmt::format(
          "HPL or another bulk-synchronous program at three node counts or more, the largest at least {} of "
          "{} nodes and across every switch tier, on {}",
          shown_count(eighth), shown_count(nodes), gpus);
    case Kind::training:
      return fmt::format(
          "training steps of a stated model in one parallel configuration at three node counts or more, the "
          "largest at least {} of {} nodes, on {}",
          shown_count(eighth), shown_count(nodes), gpus);
    case Kind::goodput: return fmt::format("days of training on {}, with failures and restarts logged", gpus);
  }
  return {};
}

Decision decide(const Question& q) {
  const GpuClaim& claimed = *q.claim.gpus;
  if (!packages_known(claimed, q.gpu)) {
    const bool refuted = q.arithmetic.refuted && claimed.unit != GpuUnit::h100_equivalent;
    return {refuted ? refuted_by_arithmetic(q) : another_unit(q)};
  }
  Decision decision = decide_packages(q);
  Verdict& verdict = decision.verdict;
  // nodes, of which a claim speaks as of GPUs, would be more packages than were seen or computed with
  const bool is_open_of_nodes =
      verdict.outcome == Outcome::confirmed || (verdict.outcome == Outcome::refuted && !refuted_as_nodes(q));
  verdict.if_packages = !claimed.unit && is_open_of_nodes;
  if (verdict.if_packages && verdict.basis != Basis::arithmetic)
    verdict.because += "; if each GPU that the claim counts is one package";
  return decision;
}

}  // namespace petaproof::judge

#include "harness/judge/decide.hpp"

#include <fmt/format.h>

#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string whole(std::int64_t value) {
  return shown_whole(static_cast<double>(value));
}

std::string count_of(const Need& need, const Hardware& gpu) {
  return fmt::format("{} {}", whole(need.gpus), gpu.short_name);
}

// In the claim's own unit, so that a reader compares like with like.
std::string in_claim_unit(const Claim& claim, double tflops) {
  return fmt::format("{} {}", shown(tflops / claim.unit_tflops), claim.unit);
}

std::string bound(const Claim& claim, double tflops) {
  return shown_exactly(tflops / claim.unit_tflops);
}

// A total against the two thresholds: the claim as printed, and the least that rounds to it.
std::string against_claim(const Claim& claim, const Need& need, double total_tflops) {
  const std::string total = in_claim_unit(claim, total_tflops);
  if (total_tflops >= need.total_tflops)
    return fmt::format("{}, which reaches {}", total, bound(claim, need.total_tflops));
  if (total_tflops >= need.total_lower_tflops)
    return fmt::format("{}, which is below {} but rounds to it", total, bound(claim, need.total_tflops));
  return fmt::format("{}, which falls short of {}, the least that rounds to the claim", total,
                     bound(claim, need.total_lower_tflops));
}

// "verified GEMMs ... on at least 32 of 500 nodes ...": what evidence level C asks for.
std::string sampled_gemms(std::int64_t sample, std::int64_t nodes, std::int64_t gpus_per_node,
                          const std::string& gpus) {
  return fmt::format(
      "verified GEMMs, sustained for 2 x 300 s or more, on at least {} of {} nodes ({} GPUs each) drawn at "
      "random "
      "from every pod with a seed of the auditor's, or on all {}",
      whole(sample), whole(nodes), gpus_per_node, gpus);
}

Verdict open(Basis basis, Reason reason, std::string because, std::string would_decide) {
  return {Outcome::not_decidable, basis, reason, std::move(because), std::move(would_decide)};
}

Verdict refuted_by_arithmetic(const Claim& claim, const Need& need, const Arithmetic& arithmetic) {
  return {Outcome::refuted,
          Basis::arithmetic,
          Reason::A1,
          fmt::format("at most {} GPUs x {} = {}; the least that rounds to the claim is {}", whole(need.gpus_max),
                      arithmetic.ceiling_basis, in_claim_unit(claim, arithmetic.ceiling_total_tflops),
                      bound(claim, need.total_lower_tflops)),
          {}};
}

Verdict decide_peak(const Claim& claim, const Need& need, const Hardware& gpu, const Arithmetic& arithmetic,
                    const Support& support) {
  const std::string paper =
      fmt::format("on paper {} x {} TFLOP/s = {}", whole(need.gpus), shown(arithmetic.peak_tflops),
                  against_claim(claim, need, arithmetic.paper_total_tflops));
  const std::string would = what_would_decide(Kind::peak, need, count_of(need, gpu));
  if (support.census_gpus == 0) return open(Basis::none, Reason::N3, paper + "; no census counted the GPUs", would);

  const double counted_tflops = static_cast<double>(support.census_gpus) * arithmetic.peak_tflops;
  const std::string counted = fmt::format("a census found {} {}, on paper {}", whole(support.census_gpus),
                                          gpu.short_name, against_claim(claim, need, counted_tflops));
  if (support.census_gpus >= need.gpus_min && counted_tflops >= need.total_tflops)
    return {Outcome::confirmed, Basis::census, Reason::A2, counted + "; a peak, not a measured rate", {}};
  // what a census did not reach may still exist, so too few GPUs never refute
  return open(Basis::census, Reason::N3, counted, would);
}

// Of the evidence levels A to D only the lowest is judged yet, and it too asks for a window of some length.
std::string level_of(const Measurement& m) {
  constexpr double level_d_window_s = 300;
  return m.duration_s && *m.duration_s >= level_d_window_s ? "level D" : "below level D, which asks for 300 s";
}

Verdict decide_kernel(const Claim& claim, const Need& need, const Hardware& gpu, const Arithmetic& arithmetic,
                      const Support& support) {
  const std::string would = what_would_decide(Kind::kernel, need, count_of(need, gpu));
  if (!support.best && support.failed_verification)
    return open(Basis::sample, Reason::N11, "the GPUs measured computed wrong results", would);
  if (!support.best)
    return open(Basis::none, Reason::N3, "no GPU of this model was measured at this precision", would);

  const Measurement& m = *support.best;
  const double count = static_cast<double>(need.gpus);
  const double total = count * m.rate_tflops;
  std::string because =
      fmt::format("{} TFLOP/s per GPU [{}, {}], {}, on {} GPU{} of {} node{} ({}); {} such GPUs would give {}",
                  shown(m.rate_tflops), shown(m.lower_tflops), shown(m.upper_tflops), m.mode, whole(m.gpus),
                  m.gpus == 1 ? "" : "s", whole(m.nodes), m.nodes == 1 ? "" : "s", level_of(m), whole(need.gpus),
                  against_claim(claim, need, total));
  if (m.sm_clock_mhz && arithmetic.flop_per_clock)
    because += fmt::format("; at the measured {} MHz a perfect kernel gives {} TFLOP/s", shown_whole(*m.sm_clock_mhz),
                           shown(*arithmetic.flop_per_clock * *m.sm_clock_mhz / 1e6));

  // the threshold that this rate has to be told apart from; between the two thresholds only a full count
  // decides
  double threshold = m.rate_tflops;
  if (total >= need.total_tflops) threshold = need.total_tflops / count;
  if (total < need.total_lower_tflops) threshold = need.total_lower_tflops / count;
  // one GPU of a node does not tell how many the node has
  const std::int64_t gpus_per_node = m.gpus > m.nodes ? m.gpus / m.nodes : default_gpus_per_node;
  const std::int64_t nodes = nodes_of(need.gpus, gpus_per_node);
  return open(
      Basis::sample, Reason::N3, std::move(because),
      sampled_gemms(nodes_to_decide(nodes, m.rate_tflops, threshold), nodes, gpus_per_node, count_of(need, gpu)) +
          "; planned with 5 % between nodes");
}

}  // namespace

std::string what_would_decide(Kind kind, const Need& need, const std::string& gpus) {
  const std::int64_t nodes = nodes_of(need.gpus, default_gpus_per_node);
  const std::int64_t eighth = (nodes + 7) / 8;
  switch (kind) {
    case Kind::peak: return fmt::format("a census that finds {}", gpus);
    case Kind::kernel: return sampled_gemms(fewest_nodes(nodes), nodes, default_gpus_per_node, gpus);
    case Kind::coupled:
      return fmt::format(
          "HPL or another bulk-synchronous program at three node counts or more, the largest at least {} of "
          "{} "
          "nodes and across every switch tier, on {}",
          whole(eighth), whole(nodes), gpus);
    case Kind::training:
      return fmt::format(
          "training steps of a stated model in one parallel configuration at three node counts or more, the "
          "largest at least {} of {} nodes, on {}",
          whole(eighth), whole(nodes), gpus);
    case Kind::goodput: return fmt::format("days of training on {}, with failures and restarts logged", gpus);
  }
  return {};
}

Verdict decide(const Claim& claim, const Need& need, const Hardware& gpu, const Reading& reading,
               const Arithmetic& arithmetic, const Support& support) {
  const std::string would = what_would_decide(reading.kind, need, count_of(need, gpu));
  if (arithmetic.refuted) return refuted_by_arithmetic(claim, need, arithmetic);
  if (claim.existence == Existence::planned || claim.existence == Existence::contracted)
    return open(Basis::none, Reason::N8, fmt::format("the claim is about something {}", to_string(claim.existence)),
                "once it runs: " + would);
  switch (reading.kind) {
    case Kind::peak: return decide_peak(claim, need, gpu, arithmetic, support);
    case Kind::kernel: return decide_kernel(claim, need, gpu, arithmetic, support);
    case Kind::coupled:
    case Kind::training:
      return open(Basis::none, Reason::N7, "GPUs that run alone say nothing about GPUs that wait for each other",
                  would);
    case Kind::goodput: return open(Basis::none, Reason::N3, "no days of operation were observed", would);
  }
  return {};
}

}  // namespace petaproof::judge

// K1: every GPU runs its own verified kernel, at the same time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/judge/decide.hpp"
#include "harness/judge/estimate.hpp"
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// Evidence below level C states a rate per GPU and decides nothing about a cluster.
std::string level_of(const Measurement& m) {
  return m.duration_s && lasts(*m.duration_s, least_window_s) ? "level D" : "below level D, which asks for 300 s";
}

Verdict few_gpus(const Question& q, const Measurement& m) {
  const double count = static_cast<double>(q.need.gpus);
  const double total = count * m.rate_tflops;
  std::string because =
      fmt::format("{} TFLOP/s per GPU [{}, {}], {}, on {} GPU{} of {} node{} ({}); {} such GPUs would give {}",
                  shown(m.rate_tflops), shown(m.lower_tflops), shown(m.upper_tflops), m.mode, shown_count(m.gpus),
                  m.gpus == 1 ? "" : "s", shown_count(m.nodes), m.nodes == 1 ? "" : "s", level_of(m),
                  shown_count(q.need.gpus), q.against_claim(total));
  if (m.sm_clock_mhz && q.arithmetic.flop_per_clock)
    because += fmt::format("; at the measured {} MHz a perfect kernel gives {} TFLOP/s", shown_whole(*m.sm_clock_mhz),
                           shown(*q.arithmetic.flop_per_clock * *m.sm_clock_mhz / 1e6));

  // the threshold that this rate has to be told apart from; between the two thresholds only a full count
  // decides
  double threshold = m.rate_tflops;
  if (total >= q.need.total_tflops) threshold = q.need.total_tflops / count;
  if (total < q.need.total_lower_tflops) threshold = q.need.total_lower_tflops / count;
  // one GPU of a node does not tell how many the node has
  const std::int64_t gpus_per_node = m.gpus > m.nodes ? m.gpus / m.nodes : q.gpu.node_gpus();
  const std::int64_t nodes = nodes_of(q.need.gpus, gpus_per_node);
  return open(
      Basis::sample, Reason::N3, std::move(because),
      sampled_gemms(nodes_to_decide(nodes, m.rate_tflops, threshold), nodes, gpus_per_node, q.count_of_gpus()) +
          "; planned with 5 % between nodes");
}

// How many nodes more would tell the rate from the threshold that is nearer.
std::string more_nodes(const Question& q, const KernelBounds& bounds) {
  if (bounds.whole) return "longer and more windows on all nodes, or a claim with more digits";
  // what the plant may take or give is beside the sampling, and no node more narrows it
  const double to_confirm = q.need.total_tflops / static_cast<double>(bounds.gpus) / (1 - plant_below);
  const double to_refute = q.need.total_lower_tflops / static_cast<double>(bounds.gpus_at_most) / (1 + plant_above);
  if (to_refute <= bounds.rate_tflops && bounds.rate_tflops <= to_confirm)
    return "all nodes at once: the rate measured is too near to the claim for any sample";
  const double threshold = bounds.rate_tflops > to_confirm ? to_confirm : to_refute;
  const std::int64_t nodes = nodes_needed(bounds.nodes, bounds.rate_tflops, bounds.variation, threshold,
                                          {.ceiling = q.arithmetic.ceiling_per_gpu_tflops});
  return sampled_gemms(nodes, bounds.nodes, bounds.gpus_per_node, q.count_of_gpus()) +
         "; planned with the variation measured";
}

// From below, of no more GPUs than are printed: where more ran, or are listed, as much of all as these are.
double credited_lower(const Question& q, const KernelBounds& bounds) {
  if (bounds.gpus <= q.need.gpus) return bounds.projected.lower;
  return bounds.projected.lower * static_cast<double>(q.need.gpus) / static_cast<double>(bounds.gpus);
}

Verdict judge_bounds(const Question& q, const KernelBounds& bounds) {
  const Projected& total = bounds.projected;
  const Basis basis = bounds.whole ? Basis::census : Basis::sample;
  const std::string said = fmt::format("{}: {} TFLOP/s per GPU{}, in all {} to {} (95 % one-sided each)", total.basis,
                                       shown(bounds.rate_tflops), bounds.whole ? " at the pace of the slowest" : "",
                                       q.in_claim_unit(total.lower), q.in_claim_unit(total.upper));
  const std::string would = q.would_decide();
  if (bounds.fault) return open(basis, *bounds.fault, fmt::format("{}; {}", said, bounds.fault_because), would);
  if (q.support.failed_verification)
    return open(basis, Reason::N11, said + "; but GPUs measured beside it computed wrong results", would);

  // what a short list leaves out may be fast, slow or not there; from below only the GPUs that ran count
  const std::int64_t counted = total.lower >= q.need.total_tflops ? bounds.gpus : bounds.listed;
  if (static_cast<double>(counted) < whole_share * static_cast<double>(q.need.gpus))
    return open(
        basis, Reason::N3,
        fmt::format("{}; but that is of {} GPUs, and the claim is of {}", said, shown_count(counted),
                    shown_count(q.need.gpus)),
        fmt::format("a list of all nodes of the cluster, {} GPUs, and a draw from it", shown_count(q.need.gpus)));

  const double credited = credited_lower(q, bounds);
  const std::string of_printed = bounds.gpus <= q.need.gpus
                                     ? ""
                                     : fmt::format("; {} of these {} GPUs give {} at least", shown_count(q.need.gpus),
                                                   shown_count(bounds.gpus), q.in_claim_unit(credited));
  if (credited >= q.need.total_tflops) {
    if (bounds.provider_chosen)
      return open(basis, Reason::N4, said + "; nodes that the provider chose confirm nothing", would);
    return {Outcome::confirmed,
            basis,
            Reason::A4,
            fmt::format("{}{}; the lower bound reaches {}", said, of_printed, q.bound(q.need.total_tflops)),
            {},
            bounds.qualifier};
  }
  if (total.upper < q.need.total_lower_tflops) {
    const Adequacy adequacy = kernel_adequacy(q, bounds);
    if (!adequacy.adequate) return open(basis, Reason::N5, fmt::format("{}; {}", said, adequacy.because), would);
    return {Outcome::refuted,
            basis,
            Reason::A5,
            fmt::format("{}; the upper bound misses {}, the least that rounds to the claim; {}", said,
                        q.bound(q.need.total_lower_tflops), adequacy.because),
            {},
            bounds.qualifier};
  }
  if (total.lower >= q.need.total_tflops)
    return open(
        basis, Reason::N13,
        fmt::format("{}{}, and it takes all of them to reach {}", said, of_printed, q.bound(q.need.total_tflops)),
        "the number of GPUs that the claim is of, with all its digits");
  return open(basis, Reason::N13,
              fmt::format("{}, on both sides of {} to {}", said, q.bound(q.need.total_lower_tflops),
                          q.bound(q.need.total_tflops)),
              more_nodes(q, bounds));
}

std::string why_unsupported(const Support& support) {
  if (support.objections.empty()) return "no GPU of this model was measured at this precision";
  return fmt::format("every record of this model at this precision was set aside: {}",
                     fmt::join(support.objections, "; "));
}

}  // namespace

Decision decide_kernel(const Question& q) {
  const std::string would = q.would_decide();
  if (!q.support.best && q.support.failed_verification)
    return {open(Basis::sample, Reason::N11, "the GPUs measured computed wrong results", would)};
  if (!q.support.best) return {open(Basis::none, Reason::N3, why_unsupported(q.support), would)};
  if (const auto bounds = kernel_bounds(q)) return {judge_bounds(q, *bounds), bounds->projected};
  return {few_gpus(q, *q.support.best)};
}

}  // namespace petaproof::judge

// K1: every GPU runs its own verified kernel, at the same time.
#include <fmt/format.h>

#include "harness/judge/decide.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

constexpr double least_window_s = 300;

// Evidence below level C states a rate per GPU and decides nothing about a cluster.
std::string level_of(const Measurement& m) {
  return m.duration_s && *m.duration_s >= least_window_s ? "level D" : "below level D, which asks for 300 s";
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
  const std::int64_t gpus_per_node = m.gpus > m.nodes ? m.gpus / m.nodes : default_gpus_per_node;
  const std::int64_t nodes = nodes_of(q.need.gpus, gpus_per_node);
  return open(Basis::sample, Reason::N3, std::move(because),
              sampled_gemms(nodes_to_decide(nodes, m.rate_tflops, threshold), nodes, gpus_per_node,
                            q.count_of_gpus()) +
                  "; planned with 5 % between nodes");
}

}  // namespace

Decision decide_kernel(const Question& q) {
  const std::string would = what_would_decide(Kind::kernel, q.need, q.count_of_gpus());
  if (!q.support.best && q.support.failed_verification)
    return {open(Basis::sample, Reason::N11, "the GPUs measured computed wrong results", would)};
  if (!q.support.best)
    return {open(Basis::none, Reason::N3, "no GPU of this model was measured at this precision", would)};
  return {few_gpus(q, *q.support.best)};
}

}  // namespace petaproof::judge

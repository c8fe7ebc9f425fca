// K0: datasheet times count. A census decides it; a census of a random sample's nodes projects it.
#include <fmt/format.h>

#include "harness/judge/decide.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {

Decision decide_peak(const Question& q) {
  const std::string paper =
      fmt::format("on paper {} x {} TFLOP/s = {}", shown_count(q.need.gpus), shown(q.arithmetic.peak_tflops),
                  q.against_claim(q.arithmetic.paper_total_tflops));
  const std::string would = what_would_decide(Kind::peak, q.need, q.count_of_gpus());
  const std::int64_t found = q.support.census_gpus;
  if (found == 0) return {open(Basis::none, Reason::N3, paper + "; no census counted the GPUs", would)};

  const double counted_tflops = static_cast<double>(found) * q.arithmetic.peak_tflops;
  const std::string counted = fmt::format("a census found {} {}, on paper {}", shown_count(found), q.gpu.short_name,
                                          q.against_claim(counted_tflops));
  if (found >= q.need.gpus_min && counted_tflops >= q.need.total_tflops)
    return {{Outcome::confirmed, Basis::census, Reason::A2, counted + "; a peak, not a measured rate", {}}};
  // what a census did not reach may still exist, so too few GPUs never refute
  return {open(Basis::census, Reason::N3, counted, would)};
}

}  // namespace petaproof::judge

// K0: datasheet times count. A census decides it; a census of a random sample's nodes projects it.
#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/decide.hpp"
#include "harness/judge/inventory.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {

namespace {

// GPUs beyond those that are printed add nothing to the claim: more that round to the number are other GPUs, with
// which fewer would reach the total that is printed beside it.
double credited(const Question& q, std::int64_t gpus) {
  return static_cast<double>(std::min(gpus, q.need.gpus));
}

// "4,000 of them ", where there are more than are printed.
std::string of_printed(const Question& q, std::int64_t gpus) {
  return gpus > q.need.gpus ? fmt::format("{} of them ", shown_count(q.need.gpus)) : "";
}

Projected total_of(const Question& q, const Inventory& inventory) {
  const double most = credited(q, inventory.gpus_at_most) * q.arithmetic.peak_tflops;
  return {.estimate = most,
          .lower = credited(q, inventory.gpus_at_least) * q.arithmetic.peak_tflops,
          .upper = most,
          .level = inventory.level,
          .basis = inventory.basis,
          .steps = inventory.steps};
}

Verdict decide_projected(const Question& q, const Inventory& inventory) {
  const double total = credited(q, inventory.gpus_at_least) * q.arithmetic.peak_tflops;
  const std::string said = fmt::format("{}, on paper {}{}", inventory.said, of_printed(q, inventory.gpus_at_least),
                                       q.against_claim(total));
  // what was not seen cannot be told from a draw: as many as round to the claim suffice, of a list of as many as
  // printed
  if (inventory.gpus_at_least >= q.need.gpus_min && inventory.gpus_at_most >= q.need.gpus &&
      total >= q.need.total_tflops)
    return {Outcome::confirmed, Basis::sample, Reason::A2, said + "; a peak, not a measured rate", {},
            inventory.qualifier};
  return open(Basis::sample, Reason::N13, said, q.would_decide());
}

}  // namespace

Decision decide_peak(const Question& q) {
  const std::string paper =
      fmt::format("on paper {} x {} TFLOP/s = {}", shown_count(q.need.gpus), shown(q.arithmetic.peak_tflops),
                  q.against_claim(q.arithmetic.paper_total_tflops));
  const std::string would = q.would_decide();
  const std::int64_t found = q.support.census_gpus;
  const auto inventory = sampled_inventory(q.evidence, q.reading.hardware_id);
  if (inventory && inventory->gpus_at_least > found)
    return {decide_projected(q, *inventory), total_of(q, *inventory)};
  if (found == 0) return {open(Basis::none, Reason::N3, paper + "; no census counted the GPUs", would)};

  const double counted_tflops = credited(q, found) * q.arithmetic.peak_tflops;
  const std::string counted = fmt::format("a census found {} {}, on paper {}{}", shown_count(found), q.gpu.short_name,
                                          of_printed(q, found), q.against_claim(counted_tflops));
  if (found >= q.need.gpus && counted_tflops >= q.need.total_tflops)
    return {{Outcome::confirmed, Basis::census, Reason::A2, counted + "; a peak, not a measured rate", {}}};
  // what a census did not reach may still exist, so too few GPUs never refute
  return {open(Basis::census, Reason::N3, counted, would)};
}

}  // namespace petaproof::judge

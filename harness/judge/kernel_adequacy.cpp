// Whether falling short is the GPUs' own doing: a slow kernel, or GPUs that something held down, refute nobody's
// hardware.
#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/held_down.hpp"
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// Whoever lowers the power limit decides the rate: what the GPU does at its own was not measured.
std::string why_limited(const Question& q) {
  const auto usual = q.gpu.least_usual_limit_watts();
  if (!usual) return {};
  for (const Measurement* m : q.support.all)
    if (m->mode == "sustained" && m->power_limit_watts && is_lowered(*m->power_limit_watts, *usual))
      return fmt::format("GPUs ran at a power limit of {} W, below the {} W of their model",
                         shown_whole(*m->power_limit_watts), shown_whole(*usual));
  return {};
}

// Nor what it does at a clock that somebody set.
std::string why_clocked(const Question& q) {
  const auto usual = q.gpu.max_sm_clock_mhz();
  for (const Measurement* m : q.support.all) {
    if (m->mode != "sustained") continue;
    if (m->clock_set > a_moment)
      return fmt::format("an application's clock setting held GPUs down for {} of the time",
                         shown_percent(m->clock_set));
    if (usual && m->max_sm_clock_mhz && is_lowered(*m->max_sm_clock_mhz, *usual))
      return fmt::format("GPUs had a maximum SM clock of {} MHz, below the {} MHz of their model",
                         shown_whole(*m->max_sm_clock_mhz), shown_whole(*usual));
  }
  return {};
}

// "hw_thermal_slowdown" as a reader would say it.
std::string_view cause_of(const std::string& event) {
  if (event == "hw_thermal_slowdown") return "a thermal slow-down by the hardware";
  if (event == "sw_thermal_slowdown") return "a thermal slow-down by the driver";
  if (event == "hw_power_brake_slowdown") return "the power brake of the node";
  return "a slow-down by the hardware";
}

// Nor what it does where it is cooled and fed as its model asks for. It confirms all the same: cooler, it does no
// less.
std::string why_slowed(const Question& q) {
  const Measurement* worst = nullptr;
  for (const Measurement* m : q.support.all)
    if (m->mode == "sustained" && (worst == nullptr || m->slowed > worst->slowed)) worst = m;
  if (worst == nullptr || !(worst->slowed > a_moment)) return {};
  return fmt::format("{} ({}) held GPUs down for {} of the time, in run {}", cause_of(worst->slowed_by),
                     worst->slowed_by, shown_percent(worst->slowed), worst->run_id);
}

// Nor what nobody looked at: the burden is on the refutation.
std::string why_unwatched(const Question& q) {
  for (const Measurement* m : q.support.all)
    if (m->mode == "sustained" && m->unwatched > 0)
      return fmt::format("neither power limit nor clock events were read of {} GPUs, in run {}",
                         shown_count(m->unwatched), m->run_id);
  return {};
}

std::string why_held_down(const Question& q) {
  for (const auto why_of : {why_limited, why_clocked, why_slowed, why_unwatched})
    if (std::string why = why_of(q); !why.empty()) return why;
  return {};
}

// Of the window that has most of them.
double share_held_down(const Question& q) {
  double share = 0;
  for (const Measurement* m : q.support.all)
    if (m->mode == "sustained")
      share = std::max(share, static_cast<double>(m->held_down) / static_cast<double>(m->gpus));
  return share;
}

// What such a share of the GPUs would add, did they reach what no GPU of the model exceeds. Else one hot GPU of
// thousands would save a claim.
double at_most_without(const Question& q, const KernelBounds& bounds, double share) {
  return share * static_cast<double>(bounds.gpus_at_most) *
         std::max(0.0, q.arithmetic.ceiling_per_gpu_tflops - bounds.rate_ran_tflops);
}

}  // namespace

Adequacy kernel_adequacy(const Question& q, const KernelBounds& bounds) {
  const std::string held_down = why_held_down(q);
  const double more = held_down.empty() ? 0 : at_most_without(q, bounds, share_held_down(q));
  if (!(bounds.projected.upper + more < q.need.total_lower_tflops)) return {false, held_down};
  if (!bounds.mhz || !q.arithmetic.flop_per_clock)
    return {false, "no SM clock was measured to hold the kernel against"};
  const double at_clock = *q.arithmetic.flop_per_clock * *bounds.mhz * 1e-6;
  const double total = at_clock * static_cast<double>(bounds.gpus_at_most) + more;
  const std::string clock = fmt::format("a perfect kernel at the measured {} MHz gives {} TFLOP/s per GPU",
                                        shown_whole(*bounds.mhz), shown(at_clock));
  if (total < q.need.total_lower_tflops)
    return {true, fmt::format("{}, {} in all: no kernel could", clock, q.in_claim_unit(total))};

  double best_share = 0;
  for (const PublishedResult& result : q.published.all())
    if (result.kind == Kind::kernel && result.hardware_id == q.reading.hardware_id &&
        result.precision == q.reading.precision)
      best_share = std::max(best_share, result.per_gpu_tflops() / q.arithmetic.peak_tflops);
  if (best_share == 0)
    return {false, clock + ", which would reach the claim, and no published result says how near a library gets"};
  const double share = bounds.rate_ran_tflops / at_clock;
  constexpr double near_enough = 0.95;
  const std::string compared =
      fmt::format("{}; the kernel reaches {} of it, the best published library {} of the peak", clock,
                  shown_percent(share), shown_percent(best_share));
  return {share >= near_enough * best_share, compared};
}

}  // namespace petaproof::judge

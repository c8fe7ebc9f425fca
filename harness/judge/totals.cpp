#include "harness/judge/totals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

bool positive(double value) {
  return value > 0 && std::isfinite(value);
}

void check(const GpuTiming& gpu, std::size_t rounds) {
  const auto refuse = [&](const std::string& why) {
    throw Error(Domain::config, fmt::format("GPU {}: {}", gpu.gpu, why));
  };
  if (!positive(gpu.work_flop) || !positive(gpu.own_seconds) || !positive(gpu.longest_launch_seconds))
    refuse(fmt::format("work of {} FLOP in {} s, longest launch {} s: all have to be finite and above 0",
                       gpu.work_flop, gpu.own_seconds, gpu.longest_launch_seconds));
  if (!std::isfinite(gpu.start_seconds) || !positive(gpu.end_seconds - gpu.start_seconds))
    refuse(fmt::format("it starts at {} s and ends at {} s", gpu.start_seconds, gpu.end_seconds));
  if (gpu.round_seconds.size() != rounds)
    refuse(fmt::format("{} rounds, where the first GPU has {}", gpu.round_seconds.size(), rounds));
  double all = 0;
  for (const double seconds : gpu.round_seconds) {
    if (!positive(seconds)) refuse(fmt::format("a round of {} s", seconds));
    all += seconds;
  }
  if (all > gpu.own_seconds * (1 + clock_tolerance))
    refuse(fmt::format("its rounds take {} s, and it measured {} s in all", all, gpu.own_seconds));
}

double slowest_of_each_round(std::span<const GpuTiming> gpus) {
  double seconds = 0;
  for (std::size_t k = 0; k < gpus.front().round_seconds.size(); ++k) {
    double slowest = 0;
    for (const GpuTiming& gpu : gpus) slowest = std::max(slowest, gpu.round_seconds[k]);
    seconds += slowest;
  }
  for (const GpuTiming& gpu : gpus) seconds = std::max(seconds, gpu.own_seconds);  // a single round, or pauses
  return seconds;
}

void find_defects(Totals& totals, std::span<const GpuTiming> gpus, const TimedWindow& window) {
  const double length = window.end_seconds - window.begin_seconds;
  const auto defect = [&](std::string text) { totals.defects.push_back(std::move(text)); };
  if (!(totals.synchronous <= totals.window * (1 + totals.edge) * (1 + clock_tolerance)))
    defect(
        fmt::format("the synchronous rate {:.6g} FLOP/s is above that of the window, {:.6g}, by more than its edges "
                    "explain ({:.2g} %)",
                    totals.synchronous, totals.window, 100 * totals.edge));
  if (!(totals.window <= totals.sum * (1 + clock_tolerance)))
    defect(fmt::format("the rate of the window {:.6g} FLOP/s is above the sum of the GPUs' rates, {:.6g}",
                       totals.window, totals.sum));
  for (const GpuTiming& gpu : gpus) {
    const double early = window.begin_seconds - gpu.start_seconds, late = gpu.end_seconds - window.end_seconds;
    if (const double outside = std::max(early, late); !(outside <= clock_tolerance * length))
      defect(fmt::format("GPU {}: counted {:.3g} s outside the window of {:.6g} s: its clock is skewed", gpu.gpu,
                         outside, length));
    const double drift = gpu.own_seconds / (gpu.end_seconds - gpu.start_seconds) - 1;
    if (!(std::abs(drift) <= clock_tolerance))
      defect(fmt::format("GPU {}: its stopwatch differs from the window's clock by {:+.2g} %: one of them drifts",
                         gpu.gpu, 100 * drift));
  }
}

}  // namespace

Totals totals_of(std::span<const GpuTiming> gpus, const TimedWindow& window) {
  const double length = window.end_seconds - window.begin_seconds;
  if (gpus.empty() || !positive(length))
    throw Error(Domain::config, fmt::format("{} GPUs in a window of {} s", gpus.size(), length));
  Totals totals;
  double work = 0, longest = 0;
  for (const GpuTiming& gpu : gpus) {
    check(gpu, gpus.front().round_seconds.size());
    work += gpu.work_flop;
    totals.sum += gpu.work_flop / gpu.own_seconds;
    longest = std::max(longest, gpu.longest_launch_seconds);
  }
  const double lost = 2 * longest / length;  // at both edges, at most
  if (!(lost < 1))
    throw Error(Domain::config, fmt::format("launches of {} s in a window of {} s: its edges may cut off all of it",
                                            longest, length));
  totals.edge = 1 / (1 - lost) - 1;
  totals.window = work / length;
  totals.synchronous = work / slowest_of_each_round(gpus);
  find_defects(totals, gpus, window);
  return totals;
}

}  // namespace petaproof::judge

// From two sets of counter readings to a clock. Plain arithmetic, so that it is tested without a GPU.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/device/device.hpp"

namespace petaproof::cuda {

/// What one multiprocessor read, at the moment when the wall clock ticked.
struct CounterSample {
  std::uint64_t cycles;       // clock64
  std::uint64_t nanoseconds;  // %globaltimer
  /// Length of the wall clock's last tick; 0: this multiprocessor was not seen, or its clock did not tick.
  std::uint64_t tick_nanoseconds;
};

/// `before` and `after` are indexed by multiprocessor (%smid), since each has its own cycle counter. Its clock is the
/// difference of cycles over the difference of nanoseconds; the reading is the median over multiprocessors.
/// Tolerance: one tick of the wall clock at either end over the stretch between them, plus half the spread over
/// multiprocessors. Nothing where no multiprocessor was seen twice with both counters advancing.
inline std::optional<ClockReading> clock_reading(std::span<const CounterSample> before,
                                                 std::span<const CounterSample> after) {
  std::vector<double> hertz;
  double ticks_over_stretch = 0;
  for (std::size_t sm = 0; sm < std::min(before.size(), after.size()); ++sm) {
    const CounterSample &b = before[sm], &a = after[sm];
    if (b.tick_nanoseconds == 0 || a.tick_nanoseconds == 0) continue;
    if (a.nanoseconds <= b.nanoseconds || a.cycles <= b.cycles) continue;
    const auto stretch = static_cast<double>(a.nanoseconds - b.nanoseconds);
    hertz.push_back(1e9 * static_cast<double>(a.cycles - b.cycles) / stretch);
    ticks_over_stretch =
        std::max(ticks_over_stretch, static_cast<double>(b.tick_nanoseconds + a.tick_nanoseconds) / stretch);
  }
  if (hertz.empty()) return std::nullopt;
  std::ranges::sort(hertz);
  const double median = hertz[hertz.size() / 2];
  const double half_spread = (hertz.back() - hertz.front()) / 2 / median;
  return ClockReading{median, ticks_over_stretch + half_spread, static_cast<int>(hertz.size())};
}

}  // namespace petaproof::cuda

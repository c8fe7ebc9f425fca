#include "kernels/device/cuda/clock_reading.hpp"

#include <gtest/gtest.h>

namespace petaproof::cuda {
namespace {

constexpr std::uint64_t tick = 32;

// `count` multiprocessors at `hertz`, their counters started at different times, over `nanoseconds`.
struct Probes {
  Probes(int count, double hertz, std::uint64_t nanoseconds) {
    for (int sm = 0; sm < count; ++sm) {
      const std::uint64_t start = 1'000'000'007u * static_cast<std::uint64_t>(sm + 1);
      before.push_back({start, 5'000'000 + 10u * static_cast<std::uint64_t>(sm), tick});
      const auto cycles = static_cast<std::uint64_t>(hertz * 1e-9 * static_cast<double>(nanoseconds));
      after.push_back({start + cycles, before.back().nanoseconds + nanoseconds, tick});
    }
  }
  std::vector<CounterSample> before, after;
};

TEST(ClockReading, IsCyclesOverTimeOfEachMultiprocessorByItself) {
  const Probes probes(132, 1.755e9, 400'000'000);
  const auto reading = clock_reading(probes.before, probes.after);
  ASSERT_TRUE(reading);
  EXPECT_NEAR(reading->hertz, 1.755e9, 10);
  EXPECT_EQ(reading->units, 132);
  EXPECT_NEAR(reading->tolerance, 2 * tick / 400e6, 1e-8);
}

TEST(ClockReading, AShortStretchIsLessCertain) {
  const Probes probes(132, 1.755e9, 10'000);
  EXPECT_NEAR(clock_reading(probes.before, probes.after)->tolerance, 2 * tick / 10e3, 1e-4);
}

TEST(ClockReading, TheSpreadOverMultiprocessorsIsPartOfTheTolerance) {
  Probes probes(11, 1.5e9, 1'000'000'000);
  probes.after[3].cycles += 15'000'000;  // one of them 1 % faster
  const auto reading = clock_reading(probes.before, probes.after);
  EXPECT_NEAR(reading->hertz, 1.5e9, 10);  // the median does not mind
  EXPECT_NEAR(reading->tolerance, 0.005, 1e-6);
}

TEST(ClockReading, MultiprocessorsThatWereNotSeenTwiceDoNotCount) {
  Probes probes(4, 1.5e9, 1'000'000);
  probes.before[0].tick_nanoseconds = 0;                      // not seen before
  probes.after[1].tick_nanoseconds = 0;                       // not seen after
  probes.after[2].cycles = 17;                                // its counter was reset
  EXPECT_EQ(clock_reading(probes.before, probes.after)->units, 1);
  probes.after[3].nanoseconds = probes.before[3].nanoseconds;  // a wall clock that stands still
  EXPECT_FALSE(clock_reading(probes.before, probes.after));
  EXPECT_FALSE(clock_reading({}, {}));
}

}  // namespace
}  // namespace petaproof::cuda

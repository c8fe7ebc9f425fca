#include "harness/project/goodput.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "harness/tests/expect_error.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

double share(std::int64_t gpus, double checkpoint, double restart) {
  return goodput({gpus, published_failure_rate(), checkpoint, restart}).share;
}

// Of 16,384 GPUs more than 90 % effective training time was reported.
TEST(Goodput, KnownAnswers) {
  EXPECT_NEAR(share(4000, 30, 300), 0.957, 5e-4);
  EXPECT_NEAR(share(16384, 30, 300), 0.900, 5e-4);
  EXPECT_NEAR(share(16384, 10, 120), 0.947, 5e-4);
  EXPECT_NEAR(share(100000, 60, 600), 0.415, 5e-4);
}

// A job that runs and fails, event by event, as no formula does.
double simulated(double mean, double interval, double delta, double restart) {
  std::mt19937_64 random(7);
  const auto until_failure = [&] { return -mean * std::log((static_cast<double>(random() >> 11) + 0.5) * 0x1p-53); };
  double passed = 0;
  double done = 0;
  while (done < 40'000 * interval) {
    const double failure = until_failure();
    const double whole = std::floor(failure / (interval + delta));
    done += whole * interval;  // what was checkpointed is kept
    passed += failure;
    for (double down = until_failure(); down < restart; down = until_failure())
      passed += down;  // fails in restarting
    passed += restart;
  }
  return done / passed;
}

// Young's sum of first-order terms is close while they are small; Daly's is exact for failures without memory.
TEST(Goodput, AgreesWithASimulation) {
  for (const auto& [delta, tolerance] : {std::pair{10.0, 0.015}, {60.0, 0.015}, {1000.0, 0.005}, {5000.0, 0.005}}) {
    const Goodput result = goodput({16384, published_failure_rate(), delta, 300});
    const double truth =
        simulated(result.mean_seconds_to_interruption, result.checkpoint_interval_seconds, delta, 300);
    EXPECT_NEAR(result.share, truth, tolerance) << delta;
    EXPECT_EQ(result.daly, delta >= 1000);
  }
}

TEST(Goodput, DalyWhereCheckpointsAreLong) {
  EXPECT_FALSE(goodput({16384, published_failure_rate(), 60, 300}).daly);
  EXPECT_TRUE(goodput({100000, published_failure_rate(), 120, 300}).daly);
}

TEST(Goodput, IsAShare) {
  for (const std::int64_t gpus : {1, 1000, 100'000, 100'000'000})
    for (const double delta : {0.0, 1.0, 1e3, 1e6})
      for (const double restart : {0.0, 10.0, 1e5}) {
        const double value = share(gpus, delta, restart);
        EXPECT_TRUE(value >= 0 && value <= 1) << gpus << ' ' << delta << ' ' << restart << ": " << value;
      }
}

TEST(Goodput, CountedFailuresHaveAnInterval) {
  const FailureRate rate = measured_failure_rate(3, 1000);
  EXPECT_NEAR(rate.per_gpu_hour, 0.003, 1e-12);
  EXPECT_NEAR(*rate.lower * 1000, 0.6187, 1e-3);  // the table of Poisson limits
  EXPECT_NEAR(*rate.upper * 1000, 8.7673, 1e-3);
  const Goodput result = goodput({64, rate, 30, 300});
  EXPECT_LT(*result.lower, result.share);
  EXPECT_GT(*result.upper, result.share);
}

TEST(Goodput, NoFailureSeenIsNotNoFailure) {
  const FailureRate rate = measured_failure_rate(0, 3000);
  EXPECT_EQ(rate.per_gpu_hour, 0);
  EXPECT_NEAR(*rate.upper, 0.001, 1e-12);
  const Goodput result = goodput({100, rate, 30, 300});
  EXPECT_TRUE(std::isinf(result.mean_seconds_to_interruption));
  EXPECT_EQ(result.share, 1);
  EXPECT_LT(*result.lower, 0.99);
}

// Whatever is let in has a share, with its bounds.
TEST(Goodput, TheLargestAndSmallestThatAreLetIn) {
  const std::vector<FailureRate> rates{measured_failure_rate(1'000'000'000, 1e12),
                                       measured_failure_rate(3600, 1),
                                       measured_failure_rate(1, 1e12),
                                       measured_failure_rate(0, 1e-3),
                                       measured_failure_rate(0, 1e12),
                                       assumed_failure_rate(1e-12),
                                       assumed_failure_rate(86'400)};
  for (const FailureRate& rate : rates)
    for (const std::int64_t gpus : {1, 100'000'000})
      for (const double delta : {0.0, 5e-324, 1.0, 3e7})
        for (const double restart : {0.0, 5e-324, 3e7}) {
          const Goodput result = goodput({gpus, rate, delta, restart});
          for (const double share : {result.share, result.lower.value_or(0), result.upper.value_or(0)})
            EXPECT_TRUE(share >= 0 && share <= 1) << rate.source << ' ' << gpus << ' ' << delta << ' ' << restart;
          EXPECT_FALSE(std::isnan(result.checkpoint_interval_seconds));
        }
}

TEST(Goodput, WhatIsRefused) {
  error_of(Domain::usage, [] { measured_failure_rate(-1, 10); });
  error_of(Domain::usage, [] { measured_failure_rate(1, 0); });
  error_of(Domain::usage, [] { assumed_failure_rate(0); });
  error_of(Domain::usage, [] { assumed_failure_rate(NAN); });
  const auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(error_of(Domain::usage, [&] { measured_failure_rate(most, 1e6); }),
              HasSubstr("from 0 to 1000000000 is expected, found 9223372036854775807"));
  error_of(Domain::usage, [] { measured_failure_rate(1, 1e-320); });
  error_of(Domain::usage, [] { measured_failure_rate(1, 1e300); });
  error_of(Domain::usage, [] { measured_failure_rate(1, NAN); });
  EXPECT_THAT(error_of(Domain::usage, [] { measured_failure_rate(1'000'000, 1); }),
              HasSubstr("one per GPU and second"));
  error_of(Domain::usage, [] { assumed_failure_rate(1e300); });
  error_of(Domain::usage, [] { assumed_failure_rate(5e-324); });
  error_of(Domain::usage, [] { goodput({1, published_failure_rate(), 1e300, 1}); });
  error_of(Domain::usage, [] { goodput({1, published_failure_rate(), 1, 1e300}); });
  error_of(Domain::usage, [] { goodput({0, published_failure_rate(), 1, 1}); });
  error_of(Domain::usage, [] { goodput({1, published_failure_rate(), -1, 1}); });
  error_of(Domain::usage, [] { goodput({1, published_failure_rate(), 1, INFINITY}); });
}

}  // namespace
}  // namespace petaproof::project

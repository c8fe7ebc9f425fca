#include "kernels/measure/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using Samples = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Statistics, NoSamplesGiveZerosAndNoIntervals) {
  const Summary s = summarise({});
  EXPECT_EQ(s.count, 0u);
  for (double value : {s.min, s.q1, s.median, s.q3, s.max, s.mean, s.stdev}) EXPECT_EQ(value, 0);
  EXPECT_FALSE(mean_interval({}));
  EXPECT_FALSE(median_interval({}));
}

TEST(Statistics, OneSampleIsEveryQuantileAndHasNoSpread) {
  const Samples one{3.5};
  const Summary s = summarise(one);
  EXPECT_EQ(s.count, 1u);
  for (double value : {s.min, s.q1, s.median, s.q3, s.max, s.mean}) EXPECT_EQ(value, 3.5);
  EXPECT_EQ(s.stdev, 0);
  EXPECT_FALSE(mean_interval(one));
  EXPECT_FALSE(median_interval(one));
}

TEST(Statistics, TwoSamples) {
  const Samples two{4, 1};  // not sorted
  const Summary s = summarise(two);
  EXPECT_EQ(s.count, 2u);
  EXPECT_EQ(s.min, 1);
  EXPECT_DOUBLE_EQ(s.q1, 1.75);  // 1 + 0.25 * 3
  EXPECT_DOUBLE_EQ(s.median, 2.5);
  EXPECT_DOUBLE_EQ(s.q3, 3.25);
  EXPECT_EQ(s.max, 4);
  EXPECT_DOUBLE_EQ(s.mean, 2.5);
  EXPECT_DOUBLE_EQ(s.stdev, 1.5 * std::sqrt(2.0));  // sqrt((1.5^2 + 1.5^2) / 1)
  // 2.5 -+ 12.7062 * 2.12132 / sqrt(2) = 2.5 -+ 12.7062 * 1.5
  const auto mean = mean_interval(two);
  ASSERT_TRUE(mean);
  EXPECT_NEAR(mean->lower, 2.5 - 19.0593, 1e-3);
  EXPECT_NEAR(mean->upper, 2.5 + 19.0593, 1e-3);
  EXPECT_FALSE(median_interval(two));
}

TEST(Statistics, EvenCount) {
  const Summary s = summarise(Samples{40, 10, 20, 30});
  EXPECT_DOUBLE_EQ(s.q1, 17.5);  // 3 gaps, a quarter of the way: 0.75 of the first
  EXPECT_DOUBLE_EQ(s.median, 25);
  EXPECT_DOUBLE_EQ(s.q3, 32.5);
  EXPECT_DOUBLE_EQ(s.mean, 25);
  EXPECT_DOUBLE_EQ(s.stdev, std::sqrt(500.0 / 3));  // (225 + 25 + 25 + 225) / 3
}

TEST(Statistics, OddCount) {
  const Summary s = summarise(Samples{5, 100, 1, 2, 4});
  EXPECT_EQ(s.count, 5u);
  EXPECT_EQ(s.min, 1);
  EXPECT_EQ(s.q1, 2);
  EXPECT_EQ(s.median, 4);  // one outlier moves the mean, not the median
  EXPECT_EQ(s.q3, 5);
  EXPECT_EQ(s.max, 100);
  EXPECT_DOUBLE_EQ(s.mean, 22.4);
}

// Type 7, the values of R: quantile(c(1, 2, 4, 8, 16, 32), c(0, 0.1, 0.25, 1/3, 0.9, 1))
TEST(Statistics, QuantilesAreThoseOfR) {
  const Samples sorted{1, 2, 4, 8, 16, 32};
  EXPECT_DOUBLE_EQ(quantile(sorted, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.1), 1.5);                        // position 0.5
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.25), 2.5);                       // position 1.25
  EXPECT_DOUBLE_EQ(quantile(sorted, 1.0 / 3), 2 + 2 * (5.0 / 3 - 1));  // position 5/3
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.9), 24);                         // position 4.5
  EXPECT_DOUBLE_EQ(quantile(sorted, 1), 32);
}

TEST(Statistics, QuantileRefusesWhatHasNone) {
  const Samples one{1};
  EXPECT_THROW(quantile({}, 0.5), Error);
  EXPECT_THROW(quantile(one, -0.01), Error);
  EXPECT_THROW(quantile(one, 1.01), Error);
  EXPECT_THROW(quantile(one, nan), Error);
}

// The 97.5 % column of any printed table.
TEST(Statistics, StudentsTIsThatOfTheTables) {
  EXPECT_NEAR(t_quantile(1), 12.706, 5e-4);
  EXPECT_NEAR(t_quantile(2), 4.303, 5e-4);
  EXPECT_NEAR(t_quantile(10), 2.228, 5e-4);
  EXPECT_NEAR(t_quantile(31), 2.040, 5e-4);
  EXPECT_NEAR(t_quantile(100), 1.984, 5e-4);
  EXPECT_THROW(t_quantile(0), Error);
}

TEST(Statistics, MeanIntervalOfAFewSamples) {
  // mean 3, squared deviations 4 + 1 + 0 + 1 + 4 over 4 = 2.5; t(4) = 2.7764; 2.7764 * sqrt(2.5 / 5)
  // = 1.96324
  const auto interval = mean_interval(Samples{1, 2, 3, 4, 5});
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->lower, 3 - 1.96324, 1e-4);
  EXPECT_NEAR(interval->upper, 3 + 1.96324, 1e-4);
}

TEST(Statistics, SixtyThreeSamplesCountOneByOne) {
  Samples samples(63);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? 1 : -1;
  // 32 of +1 and 31 of -1: mean 1/63, squares 63 - 1/63 over 62; t(62) = 1.9990
  const double stdev = std::sqrt((63 - 1.0 / 63) / 62);
  const auto interval = mean_interval(samples);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->upper - interval->lower, 2 * 1.9990 * stdev / std::sqrt(63.0), 1e-4);
}

// Alternating +1 and -1: every batch of two has mean 0, so the batch means say what single samples cannot.
TEST(Statistics, FromSixtyFourOnNeighboursCountAsOne) {
  Samples samples(64);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? 1 : -1;
  const auto interval = mean_interval(samples);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->lower, 0);
  EXPECT_EQ(interval->upper, 0);
}

// Neighbours that are alike carry less than they seem to: 32 pairs of equal values are 32 samples, not 64.
TEST(Statistics, BatchMeansWidenTheIntervalOfCorrelatedSamples) {
  Samples samples;
  for (int batch = 0; batch < 32; ++batch) samples.insert(samples.end(), 2, batch);
  // the means are 0 .. 31: mean 15.5, variance 32 * 33 / 12 = 88; t(31) = 2.03951
  const auto interval = mean_interval(samples);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->lower, 15.5 - 2.03951 * std::sqrt(88.0 / 32), 1e-4);
  EXPECT_NEAR(interval->upper, 15.5 + 2.03951 * std::sqrt(88.0 / 32), 1e-4);
}

// Slow samples stay: none is left out where batches do not divide evenly, and the interval holds the mean.
TEST(Statistics, IntervalHoldsTheMeanOfAllSamples) {
  for (std::size_t count : {2, 3, 63, 64, 65, 95, 96, 1000}) {
    Samples samples(count, 1.0);
    std::fill_n(samples.begin(), count / 3, 1.3);
    const auto interval = mean_interval(samples);
    ASSERT_TRUE(interval);
    const double mean = summarise(samples).mean;
    EXPECT_LE(interval->lower, mean) << count;
    EXPECT_GE(interval->upper, mean) << count;
  }
}

// P(all n samples lie on one side of the median) = 2^-n: 5 samples exclude it with 3.1 % a side, 6 with 1.6
// %.
TEST(Statistics, MedianIntervalIsThatOfTheBinomialRanks) {
  const auto samples = [](int n) {
    Samples values(static_cast<std::size_t>(n));
    std::iota(values.rbegin(), values.rend(), 1.0);  // n .. 1: must be sorted first
    return values;
  };
  EXPECT_FALSE(median_interval(samples(5)));
  const auto expect_ranks = [&](int n, double lower, double upper) {
    const auto interval = median_interval(samples(n));
    ASSERT_TRUE(interval) << n;
    EXPECT_EQ(interval->lower, lower) << n;
    EXPECT_EQ(interval->upper, upper) << n;
  };
  expect_ranks(6, 1, 6);
  expect_ranks(8, 1, 8);    // P(X <= 1) = 9/256 = 3.5 %: too much
  expect_ranks(9, 2, 8);    // 10/512 = 1.95 %
  expect_ranks(10, 2, 9);   // 11/1024 = 1.07 %; 56/1024 would be 5.5 %
  expect_ranks(20, 6, 15);  // P(X <= 5) = 2.07 %, P(X <= 6) = 5.8 %
}

TEST(Statistics, NonFiniteSamplesAreRefused) {
  for (double bad : {nan, infinity, -infinity}) {
    Samples samples(70, 1.0);
    samples[3] = bad;  // among those that the batches of 70 samples leave out
    EXPECT_THROW(summarise(samples), Error) << bad;
    EXPECT_THROW(mean_interval(samples), Error) << bad;
    EXPECT_THROW(median_interval(samples), Error) << bad;
    EXPECT_THROW(quantile(Samples{0, 1, bad}, 0.25), Error) << bad;
  }
  try {
    summarise(Samples{nan});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::internal);
  }
}

}  // namespace
}  // namespace petaproof

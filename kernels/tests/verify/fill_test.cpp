#include "kernels/verify/fill.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <vector>

namespace petaproof {
namespace {

constexpr std::size_t count = 1 << 16;
constexpr std::uint64_t seed = 20261122;

template <typename T>
std::vector<T> filled(Fill fill, std::size_t size, std::uint64_t with_seed = seed, std::uint64_t stream = 0) {
  std::vector<T> data(size, static_cast<T>(1234));  // what is not written shows
  fill_host(std::span<T>(data), fill, with_seed, stream);
  return data;
}

double moment(const auto& data, int power) {
  double sum = 0;
  for (auto value : data) sum += std::pow(static_cast<double>(value), power);
  return sum / static_cast<double>(data.size());
}

template <typename T>
class Fills : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Fills, Types);

// Each moment within five of its own standard deviations at 2^16 samples; the data is fixed, so nothing
// flickers.
TYPED_TEST(Fills, NormalHasTheMomentsOfTheNormalDistribution) {
  const auto data = filled<TypeParam>(Fill::normal, count);
  const double n = count;
  EXPECT_NEAR(moment(data, 1), 0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(moment(data, 2), 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(moment(data, 3), 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(moment(data, 4), 3, 5 * std::sqrt(96 / n));
  const auto beyond_two = std::ranges::count_if(data, [](TypeParam x) { return std::abs(x) > 2; });
  EXPECT_NEAR(static_cast<double>(beyond_two) / n, 0.0455, 5 * std::sqrt(0.0455 / n));
  for (TypeParam value : data) ASSERT_TRUE(std::isfinite(value));
}

// Both halves of a Box-Muller pair come from the same two numbers, and must not be seen to.
TYPED_TEST(Fills, NeighboursAreNotCorrelated) {
  const auto data = filled<TypeParam>(Fill::normal, count);
  for (std::size_t distance : {1, 2, 3, 4}) {
    double products = 0, squares = 0;
    for (std::size_t i = 0; i + distance < count; ++i) {
      const double x = data[i], y = data[i + distance];
      products += x * y;
      squares += (x * x - 1) * (y * y - 1);
    }
    EXPECT_NEAR(products / count, 0, 5 / std::sqrt(double{count})) << distance;
    EXPECT_NEAR(squares / count, 0, 5 * 2 / std::sqrt(double{count})) << distance;
  }
}

TYPED_TEST(Fills, UniformLiesInItsRangeAndFillsIt) {
  const auto data = filled<TypeParam>(Fill::uniform, count);
  const double n = count;
  const auto [low, high] = std::ranges::minmax(data);
  EXPECT_GE(low, -1);
  EXPECT_LT(high, 1);
  EXPECT_LT(low, -0.999);
  EXPECT_GT(high, 0.999);
  EXPECT_NEAR(moment(data, 1), 0, 5 * std::sqrt(1 / (3 * n)));
  EXPECT_NEAR(moment(data, 2), 1.0 / 3, 5 * std::sqrt(4 / (45 * n)));
}

TYPED_TEST(Fills, IntegersAreAllOfMinusThreeToThreeEquallyOften) {
  std::map<TypeParam, double> times;
  for (TypeParam value : filled<TypeParam>(Fill::integers, count)) ++times[value];
  ASSERT_EQ(times.size(), 7u);
  for (int value = -3; value <= 3; ++value)
    EXPECT_NEAR(times[static_cast<TypeParam>(value)] / count, 1.0 / 7, 5 * std::sqrt(6.0 / 49 / count)) << value;
}

TYPED_TEST(Fills, ZerosAreZeros) {
  for (TypeParam value : filled<TypeParam>(Fill::zeros, 1001)) ASSERT_EQ(value, 0);
}

// So that a device may make any part of an operand alone, and a smaller case is a part of a larger one.
TYPED_TEST(Fills, AnElementDoesNotDependOnTheSize) {
  for (Fill fill : {Fill::normal, Fill::uniform, Fill::integers}) {
    const auto all = filled<TypeParam>(fill, 20'000);
    for (std::size_t size : {1, 2, 3, 4, 5, 7, 1001, 10'001}) {
      const auto part = filled<TypeParam>(fill, size);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(part[i], all[i]) << size << " " << i;
    }
  }
}

TYPED_TEST(Fills, StreamsAndSeedsDiffer) {
  const auto equal = [](const auto& a, const auto& b) {
    std::size_t same = 0;
    for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1 : 0;
    return same;
  };
  const auto data = filled<TypeParam>(Fill::normal, 4096);
  EXPECT_EQ(equal(data, filled<TypeParam>(Fill::normal, 4096)), 4096u);
  // a float has 23 random bits, so that a few of 4096 may agree by chance
  EXPECT_LT(equal(data, filled<TypeParam>(Fill::normal, 4096, seed, 1)), 5u);
  EXPECT_LT(equal(data, filled<TypeParam>(Fill::normal, 4096, seed, std::uint64_t{1} << 32)), 5u);
  EXPECT_LT(equal(data, filled<TypeParam>(Fill::normal, 4096, seed + 1)), 5u);
  EXPECT_LT(equal(data, filled<TypeParam>(Fill::normal, 4096, seed + (std::uint64_t{1} << 32))), 5u);
}

// Full-entropy data is what makes a rate honest: operands whose low bits are all zero draw less power.
TEST(Fill, EveryMantissaBitIsRandom) {
  std::vector<int> set(52);
  const auto data = filled<double>(Fill::normal, 4096);
  for (double value : data) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, 8);
    for (std::size_t bit = 0; bit < set.size(); ++bit) set[bit] += static_cast<int>(bits >> bit & 1);
  }
  // the leading bits of a normal number are not quite evenly spread
  for (std::size_t bit = 0; bit < set.size(); ++bit) EXPECT_NEAR(set[bit], 2048, bit < 48 ? 160 : 700) << bit;
}

// What "normal" means for INT8: as much of the type's eight bits as a normal distribution can use.
TEST(Fill, NormalInt8IsFullOfEntropyAndSymmetric) {
  const auto data = filled<std::int8_t>(Fill::normal, count);
  const double n = count;
  std::map<int, double> share;
  std::vector<double> set(8);
  for (const std::int8_t value : data) {
    share[value] += 1 / n;
    for (int bit = 0; bit < 8; ++bit)
      set[static_cast<std::size_t>(bit)] += (static_cast<unsigned>(value) >> bit & 1) / n;
  }
  double entropy = 0;
  for (const auto& [value, p] : share) entropy -= p * std::log2(p);
  EXPECT_GT(entropy, 7.5);
  for (const double bit : set) EXPECT_NEAR(bit, 0.5, 0.012);  // zero has no set bit: 0.4 %
  EXPECT_EQ(share.count(-128), 0u);
  EXPECT_NEAR(share[127] + share[-127], 0.0083, 0.002);  // beyond 2.64 standard deviations
  EXPECT_NEAR(moment(data, 1), 0, 5 * 48 / std::sqrt(n));
  EXPECT_NEAR(moment(data, 2), 47.5 * 47.5, 40);
}

TEST(Fill, UniformInt8IsAll256ValuesEquallyOften) {
  std::map<int, double> times;
  for (const std::int8_t value : filled<std::int8_t>(Fill::uniform, count)) ++times[value];
  ASSERT_EQ(times.size(), 256u);
  for (const auto& [value, times_seen] : times) EXPECT_NEAR(times_seen, count / 256.0, 6 * 16) << value;
}

TEST(Fill, Int8IntegersAndZerosAreThoseOfTheOtherTypes) {
  const auto bytes = filled<std::int8_t>(Fill::integers, 1001);
  const auto floats = filled<float>(Fill::integers, 1001);
  for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], floats[i]);
  for (const std::int8_t value : filled<std::int8_t>(Fill::zeros, 1001)) ASSERT_EQ(value, 0);
}

TEST(Fill, NamesAreThoseOfTheSuiteFiles) {
  EXPECT_EQ(to_string(Fill::normal), "normal");
  EXPECT_EQ(to_string(Fill::uniform), "uniform");
  EXPECT_EQ(to_string(Fill::integers), "integers");
  EXPECT_EQ(to_string(Fill::zeros), "zeros");
  for (Fill fill : {Fill::normal, Fill::uniform, Fill::integers, Fill::zeros})
    EXPECT_EQ(fill_from(to_string(fill)), fill);
  EXPECT_FALSE(fill_from("gaussian"));
}

}  // namespace
}  // namespace petaproof

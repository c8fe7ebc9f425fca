// The bound must let every correct product pass and no product of a lower precision.
#include "kernels/verify/gemm_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "verify/gemm_products.hpp"

namespace petaproof {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// ---- the bound itself

TEST(Bounds, LambdaIsTheUnionBound) {
  // sqrt(2 ln(2 / 1e-9)) = sqrt(2 * 21.416413)
  EXPECT_NEAR(rounding_lambda(1), 6.544686, 1e-5);
  // sqrt(2 ln(2 * 1e6 / 1e-9)) = sqrt(2 * 35.231924)
  EXPECT_NEAR(rounding_lambda(1'000'000), 8.394274, 1e-5);
}

TEST(Bounds, DotBoundIsLambdaRoundingsOfTheNorms) {
  EXPECT_EQ(dot_bound({.accumulator = 0.5}, 7, 10, 3, 100, 2), 30);
  EXPECT_EQ(dot_bound({.accumulator = 0x1p-24}, 7, 0, 1, 100, 9), 0);
}

TEST(Bounds, TruncationAddsUpWithTheRootOfTheLength) {
  EXPECT_EQ(dot_bound({.accumulator = 0.5, .truncates = true}, 225, 10, 3, 100, 2), 60);
}

TEST(Bounds, RoundedOperandsAddTheirOwnPart) {
  EXPECT_EQ(dot_bound({.accumulator = 0.5, .operand = 0.25}, 7, 10, 3, 100, 2), 30 + 2 * 2 * 0.25 * 100);
}

TEST(Bounds, NaNStaysNaN) {
  EXPECT_TRUE(std::isnan(dot_bound({.accumulator = 0.5}, 7, std::numeric_limits<double>::quiet_NaN(), 3, 1, 2)));
}

// ---- correct products

template <typename T>
class GemmChecks : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GemmChecks, Types);

TYPED_TEST(GemmChecks, CorrectProductsOfManyShapesAndSeedsPass) {
  const GemmShape shapes[] = {{1, 1, 1}, {1, 1, 512}, {1, 9, 33}, {9, 1, 33}, {7, 5, 3}, {33, 65, 17}, {40, 40, 128}};
  double worst = 0;
  for (const GemmShape& shape : shapes)
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const Operands<TypeParam> o(shape, seed);
      const Verification result = check(o, product<TypeParam>(o), seed);
      ASSERT_TRUE(result.pass) << shape.m << "x" << shape.n << "x" << shape.k << ", seed " << seed << ": "
                               << result.detail;
      worst = std::max(worst, result.worst_error_over_bound);
    }
  // the bound holds for probability 1e-9, so that it is not reached; far below a hundredth it would bound
  // nothing
  EXPECT_LT(worst, 1);
  EXPECT_GT(worst, 0.01);
}

TYPED_TEST(GemmChecks, AMoreExactProductPassesToo) {
  const Operands<TypeParam> o({32, 32, 256}, 3);
  EXPECT_TRUE(check(o, product<long double>(o)).pass);
}

TYPED_TEST(GemmChecks, SaysWhatItLookedAt) {
  const Operands<TypeParam> o({20, 30, 10}, 3);
  const Verification result = check(o, product<TypeParam>(o));
  const std::int64_t elements = sampled_lines * (30 + 20);  // rows and columns
  EXPECT_EQ(result.elements_checked, elements);
  EXPECT_THAT(result.detail, HasSubstr(std::to_string(elements) + " elements against a wider type"));
  EXPECT_THAT(result.detail, HasSubstr("all 600 by"));
  EXPECT_THAT(result.detail, HasSubstr("rounds of Freivalds"));
}

// ---- lower precision sold as higher

TEST(GemmCheck, TF32IsNotFP32) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Operands<float> o({64, 64, 1024}, seed);
    ASSERT_TRUE(check(o, product<float>(o)).pass);
    const Verification result = check(o, product<float>(o, tf32));
    EXPECT_FALSE(result.pass) << seed;
    EXPECT_THAT(result.detail, HasSubstr("C["));
  }
}

// The longer the sum, the more rounding is allowed; TF32 must not hide in it.
TEST(GemmCheck, TF32IsNotFP32InLongSums) {
  for (std::int64_t k : {4096, 8192, 32768}) {
    const Operands<float> o({32, 32, k}, 1);
    ASSERT_TRUE(check(o, product<float>(o)).pass) << k;
    EXPECT_FALSE(check(o, product<float>(o, tf32)).pass) << k;
  }
}

// Away from the sampled lines only Freivalds' check sees it.
TEST(GemmCheck, OneElementOffByAPercentIsFound) {
  const Operands<float> o({64, 64, 512}, 1);
  const std::vector<float> right = product<float>(o);
  for (std::size_t at = 0; at < right.size(); at += 37) {
    std::vector<float> wrong = right;
    wrong[at] += 0.01f * 22.6f;  // of a typical element, sqrt(512)
    EXPECT_FALSE(check(o, wrong).pass) << at;
  }
}

TEST(GemmCheck, FP32AccumulationIsNotFP64) {
  for (std::int64_t k : {16, 1024}) {
    const Operands<double> o({32, 32, k}, 1);
    EXPECT_FALSE(check(o, product<float>(o)).pass) << k;
  }
}

// As a tensor core may do it: exact products of operands that were rounded.
TEST(GemmCheck, FP32OperandsAreNotFP64) {
  const Operands<double> o({32, 32, 256}, 1);
  EXPECT_FALSE(check(o, product<double>(o, [](double x) { return double{static_cast<float>(x)}; })).pass);
}

TEST(GemmCheck, AWiderRoundoffIsForThoseWhoSaySo) {
  const Operands<float> o({64, 64, 1024}, 1);
  const auto c = product<float>(o, tf32);
  EXPECT_TRUE(HostCheck<float>(o.shape, o.a, o.b, 1, {.accumulator = 0x1p-11}).check(c).pass);
}

// ---- wrong elements

// Sampled rows and columns see few of them; Freivalds must see all the others.
TEST(GemmCheck, AnyOneElementOffByAThousandthIsFound) {
  const Operands<double> o({24, 20, 32}, 5);
  auto c = product<double>(o);
  const HostCheck<double> checker(o.shape, o.a, o.b, 5);
  int by_element = 0, by_row = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double before = c[i];
    c[i] *= 1.001;
    const Verification result = checker.check(c);
    ASSERT_FALSE(result.pass) << i;
    const auto row = i / 20, column = i % 20;
    const std::string element = "C[" + std::to_string(row) + "," + std::to_string(column) + "]: expected ";
    const std::string line = "row " + std::to_string(row) + " of C: ";
    if (result.detail.starts_with(element)) ++by_element;
    if (result.detail.starts_with(line)) ++by_row;
    c[i] = before;
  }
  // the sampled rows and columns, which cross
  EXPECT_EQ(by_element, sampled_lines * (20 + 24) - sampled_lines * sampled_lines);
  EXPECT_EQ(by_row, 24 * 20 - by_element);
  EXPECT_TRUE(checker.check(c).pass);
}

TYPED_TEST(GemmChecks, NaNAndInfinityFailWhereverTheyAre) {
  const Operands<TypeParam> o({12, 10, 16}, 5);
  auto c = product<TypeParam>(o);
  const HostCheck<TypeParam> checker(o.shape, o.a, o.b, 5);
  for (TypeParam bad : {std::numeric_limits<TypeParam>::quiet_NaN(), std::numeric_limits<TypeParam>::infinity(),
                        -std::numeric_limits<TypeParam>::infinity()})
    for (TypeParam& element : c) {
      const TypeParam before = std::exchange(element, bad);
      ASSERT_FALSE(checker.check(c).pass) << bad;
      element = before;
    }
}

// An operand that holds a NaN makes expected value and bound NaN: nothing can be said, so nothing passes.
TYPED_TEST(GemmChecks, NaNInAnOperandFails) {
  for (auto member : {&Operands<TypeParam>::a, &Operands<TypeParam>::b}) {
    Operands<TypeParam> o({12, 10, 16}, 5);
    const auto right = product<TypeParam>(o);
    (o.*member)[37] = std::numeric_limits<TypeParam>::quiet_NaN();
    EXPECT_FALSE(check(o, right).pass);
    EXPECT_FALSE(check(o, product<TypeParam>(o)).pass);
  }
}

TYPED_TEST(GemmChecks, AllZerosAndAllEqualFail) {
  const Operands<TypeParam> o({12, 10, 16}, 5);
  EXPECT_FALSE(check(o, std::vector<TypeParam>(120, 0)).pass);
  EXPECT_FALSE(check(o, std::vector<TypeParam>(120, 1)).pass);
}

// On zeros the bound is zero, and only zeros are right.
TYPED_TEST(GemmChecks, OfZerosOnlyZerosAreRight) {
  Operands<TypeParam> o({12, 10, 16}, 5);
  std::ranges::fill(o.a, TypeParam{0});
  std::vector<TypeParam> c(120, 0);
  EXPECT_TRUE(check(o, c).pass);
  c[77] = std::numeric_limits<TypeParam>::denorm_min();
  EXPECT_FALSE(check(o, c).pass);
}

TYPED_TEST(GemmChecks, AFailureSaysWhereWhatAndHowMuch) {
  const Operands<TypeParam> o({1, 1, 2}, 5);  // one element, which is sampled
  const Verification result = check(o, std::vector<TypeParam>{1000});
  EXPECT_FALSE(result.pass);
  EXPECT_THAT(
      result.detail,
      MatchesRegex("C\\[0,0\\]: expected -?[0-9.e-]+, got 1000, off by [0-9.e+]+ where [0-9.e-]+ is allowed"));
}

}  // namespace
}  // namespace petaproof

// The bound must let every correct product pass and no product of a lower precision.
#include "kernels/verify/gemm_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/verify/fill.hpp"
#include "support/host_check.hpp"

namespace petaproof {
namespace {

using ::testing::HasSubstr;
using testing::HostCheck;
using ::testing::MatchesRegex;

template <typename T>
struct Operands {
  Operands(GemmShape s, std::uint64_t seed, Fill fill = Fill::normal)
      : shape(s), a(static_cast<std::size_t>(s.m * s.k)), b(static_cast<std::size_t>(s.k * s.n)) {
    fill_host(std::span<T>(a), fill, seed, 0);
    fill_host(std::span<T>(b), fill, seed, 1);
  }
  GemmShape shape;
  std::vector<T> a, b;
};

// The product with each product and sum rounded to Accumulator, the operands first passed through `round`.
template <typename Accumulator, typename T>
std::vector<T> product(const Operands<T>& o, std::type_identity_t<T (*)(T)> round = [](T x) { return x; }) {
  const auto [m, n, k] = o.shape;
  std::vector<T> c;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      Accumulator sum = 0;
      for (std::int64_t p = 0; p < k; ++p)
        sum += static_cast<Accumulator>(round(o.a[static_cast<std::size_t>(i * k + p)])) *
               static_cast<Accumulator>(round(o.b[static_cast<std::size_t>(p * n + j)]));
      c.push_back(static_cast<T>(sum));
    }
  return c;
}

template <typename T>
Verification check(const Operands<T>& o, const std::vector<T>& c, std::uint64_t seed = 1) {
  return HostCheck<T>(o.shape, o.a, o.b, seed).check(c);
}

// Keeps `bits` explicit bits of a float's mantissa; the rest is cut off, after `add` was added to it.
template <int bits, std::uint32_t add>
float shortened(float x) {
  constexpr std::uint32_t dropped = (1u << (23 - bits)) - 1;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + add) & ~dropped);
}
constexpr auto tf32 = shortened<10, 0x1000>;  // to nearest
constexpr auto tf32_truncated = shortened<10, 0>;
constexpr auto bf16 = shortened<7, 0x8000>;  // to nearest

// To nearest, subnormals and infinity included, as the CPU itself converts.
float fp16(float x) {
  return static_cast<float>(static_cast<_Float16>(x));
}

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

// ---- as tensor cores do it

constexpr GemmRounding tf32_rounding{.accumulator = 0x1p-24, .truncates = true, .operand = 0x1p-10};
constexpr GemmRounding bf16_rounding{.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-8};

// Blocks of eight products, summed exactly, added to the accumulator and cut off to a float.
std::vector<float> truncating_product(const Operands<float>& o, float (*round)(float)) {
  const auto [m, n, k] = o.shape;
  std::vector<float> c;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::int64_t begin = 0; begin < k; begin += 8) {
        double block = sum;
        for (std::int64_t p = begin; p < std::min(begin + 8, k); ++p)
          block += double{round(o.a[static_cast<std::size_t>(i * k + p)])} *
                   round(o.b[static_cast<std::size_t>(p * n + j)]);
        const float nearest = static_cast<float>(block);
        sum = std::abs(double{nearest}) > std::abs(block) ? std::nextafter(nearest, 0.0f) : nearest;
      }
      c.push_back(sum);
    }
  return c;
}

float exactly(float x) {
  return x;
}

// Operands in BF16, as the kernel reads them.
Operands<float> bf16_operands(GemmShape shape, std::uint64_t seed, Fill fill = Fill::normal) {
  Operands<float> o(shape, seed, fill);
  for (float& x : o.a) x = bf16(x);
  for (float& x : o.b) x = bf16(x);
  return o;
}

std::vector<float> stored_as_bf16(std::vector<float> c) {
  for (float& x : c) x = bf16(x);
  return c;
}

Verification check_as(const GemmRounding& rounding, const Operands<float>& o, const std::vector<float>& c) {
  return HostCheck<float>(o.shape, o.a, o.b, 1, rounding).check(c);
}

constexpr GemmShape tensor_shapes[] = {{64, 64, 16}, {48, 40, 1000}, {24, 24, 32768}, {5, 3, 1}, {128, 96, 64}};

TEST(TensorCoreGemmCheck, TF32PassesRoundedOrTruncatedAndNothingNarrower) {
  for (const GemmShape& shape : tensor_shapes)
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Operands<float> o(shape, seed);
      const auto told = [&] { return ::testing::Message() << shape.k << ", seed " << seed; };
      for (const auto round : {tf32, tf32_truncated}) {
        const Verification result = check_as(tf32_rounding, o, truncating_product(o, round));
        EXPECT_TRUE(result.pass) << told() << ": " << result.detail;
        EXPECT_LT(result.worst_error_over_bound, 0.9) << told();
      }
      if (shape.m * shape.n < 100) continue;  // too few elements to tell
      const Verification narrow = check_as(tf32_rounding, o, truncating_product(o, bf16));
      EXPECT_FALSE(narrow.pass) << told();
    }
}

// One error of truncated operands is now and then larger than their root mean square may be.
TEST(TensorCoreGemmCheck, TF32PassesInMatricesOfFewElements) {
  for (const GemmShape& shape : {GemmShape{1, 1, 1}, {1, 1, 64}, {2, 1, 300}, {3, 2, 64}, {1, 40, 64}})
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const Operands<float> o(shape, seed);
      const Verification result = check_as(tf32_rounding, o, truncating_product(o, tf32_truncated));
      ASSERT_TRUE(result.pass) << shape.m << "x" << shape.n << "x" << shape.k << ", seed " << seed << ": "
                               << result.detail;
    }
}

// The figures that bounds.hpp names, from which its limit follows.
TEST(TensorCoreGemmCheck, PopulationOfOperandRoundingsIsAsDerived) {
  const Operands<float> o({64, 64, 512}, 3);
  const auto rms = [&](float (*round)(float)) {
    const auto exact = product<double>(o), rounded = product<double>(o, round);
    double squares = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) squares += std::pow(exact[i] - rounded[i], 2) / 512;
    return std::sqrt(squares / static_cast<double>(exact.size())) / 0x1p-10;
  };
  EXPECT_NEAR(rms(tf32), 0.30, 0.03);
  EXPECT_NEAR(rms(tf32_truncated), 0.78, 0.08);
  EXPECT_NEAR(rms(bf16), 2.35, 0.24);
}

TEST(TensorCoreGemmCheck, BF16PassesWithTruncatedAccumulation) {
  for (const GemmShape& shape : tensor_shapes)
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Operands<float> o = bf16_operands(shape, seed);
      const Verification result = check_as(bf16_rounding, o, stored_as_bf16(truncating_product(o, exactly)));
      EXPECT_TRUE(result.pass) << shape.k << ": " << result.detail;
      EXPECT_LE(result.worst_error_over_bound, 1);
    }
}

constexpr GemmRounding fp16_rounding{
    .accumulator = 0x1p-24, .truncates = true, .result = 0x1p-11, .result_least = 0x1p-25};

Operands<float> fp16_operands(GemmShape shape, std::uint64_t seed, Fill fill = Fill::normal) {
  Operands<float> o(shape, seed, fill);
  for (float& x : o.a) x = fp16(x);
  for (float& x : o.b) x = fp16(x);
  return o;
}

std::vector<float> stored_as(float (*round)(float), std::vector<float> c) {
  for (float& x : c) x = round(x);
  return c;
}

TEST(TensorCoreGemmCheck, FP16PassesAndWhatIsNarrowerDoesNot) {
  for (const GemmShape& shape : tensor_shapes)
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Operands<float> o = fp16_operands(shape, seed);
      const auto exact = truncating_product(o, exactly);
      const Verification result = check_as(fp16_rounding, o, stored_as(fp16, exact));
      EXPECT_TRUE(result.pass) << shape.k << ": " << result.detail;
      EXPECT_LE(result.worst_error_over_bound, 1);
      if (shape.k > 20000) continue;  // truncated sums of so many err as much as BF16's rounding
      EXPECT_FALSE(check_as(fp16_rounding, o, stored_as(bf16, exact)).pass) << shape.k << ": stored as BF16";
    }
}

// A product of two small numbers is a subnormal FP16: off by half its spacing, and not by a share of itself.
TEST(TensorCoreGemmCheck, FP16ResultsMayBeSubnormal) {
  Operands<float> o = fp16_operands({16, 16, 1}, 3);
  for (float& x : o.a) x = fp16(x * 0x1p-8f);
  for (float& x : o.b) x = fp16(x * 0x1p-8f);
  const auto c = stored_as(fp16, truncating_product(o, exactly));
  EXPECT_TRUE(check_as(fp16_rounding, o, c).pass);
  GemmRounding without = fp16_rounding;
  without.result_least = 0;
  EXPECT_FALSE(check_as(without, o, c).pass);
}

// The bounds are derived for normal data. Of zeros they are zero, and so is every error.
TEST(TensorCoreGemmCheck, RightProductsPassOnEveryFill) {
  for (const Fill fill : {Fill::uniform, Fill::integers, Fill::zeros})
    for (const GemmShape& shape : tensor_shapes) {
      const auto told = [&] { return ::testing::Message() << to_string(fill) << ", " << shape.k << ": "; };
      const Operands<float> o(shape, 1, fill), narrow = bf16_operands(shape, 1, fill);
      EXPECT_TRUE(check(o, product<float>(o)).pass) << told() << check(o, product<float>(o)).detail;
      for (const auto round : {tf32, tf32_truncated}) {
        const Verification result = check_as(tf32_rounding, o, truncating_product(o, round));
        EXPECT_TRUE(result.pass) << told() << result.detail;
      }
      const Verification result =
          check_as(bf16_rounding, narrow, stored_as_bf16(truncating_product(narrow, exactly)));
      EXPECT_TRUE(result.pass) << told() << result.detail;
    }
}

// Split-K that adds its partial sums up in the type of the result: not the FP32 sums that were asked for.
TEST(TensorCoreGemmCheck, PartialSumsAddedUpInBF16AreFound) {
  const GemmShape shape{48, 40, 4096};
  const Operands<float> o = bf16_operands(shape, 1);
  std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n), 0);
  constexpr std::int64_t part = 1024;
  for (std::int64_t begin = 0; begin < shape.k; begin += part)
    for (std::int64_t i = 0; i < shape.m; ++i)
      for (std::int64_t j = 0; j < shape.n; ++j) {
        double sum = 0;
        for (std::int64_t p = begin; p < begin + part; ++p)
          sum +=
              double{o.a[static_cast<std::size_t>(i * shape.k + p)]} * o.b[static_cast<std::size_t>(p * shape.n + j)];
        float& element = c[static_cast<std::size_t>(i * shape.n + j)];
        element = bf16(element + bf16(static_cast<float>(sum)));
      }
  EXPECT_FALSE(check_as(bf16_rounding, o, c).pass);
}

TEST(TensorCoreGemmCheck, BF16AccumulationIsNotFP32) {
  const Operands<float> o = bf16_operands({48, 40, 1000}, 1);
  auto c = product<float>(o);
  for (float& x : c) x = shortened<3, 0x80000>(x);  // FP8's mantissa
  EXPECT_FALSE(check_as(bf16_rounding, o, c).pass);
}

TEST(TensorCoreGemmCheck, AMissingTileIsFoundAwayFromTheSampledLines) {
  const Operands<float> o = bf16_operands({256, 256, 256}, 1);
  const auto right = stored_as_bf16(product<float>(o));
  for (std::int64_t tile = 0; tile < 256; tile += 64) {
    auto wrong = right;
    for (std::int64_t i = tile; i < tile + 32; ++i)
      for (std::int64_t j = 0; j < 64; ++j) wrong[static_cast<std::size_t>(i * 256 + j)] = 0;
    EXPECT_FALSE(check_as(bf16_rounding, o, wrong).pass) << tile;
  }
}

TEST(TensorCoreGemmCheck, NaNAndInfinityFailWhereverTheyAre) {
  const Operands<float> o = bf16_operands({12, 10, 16}, 5);
  const HostCheck<float> checker(o.shape, o.a, o.b, 5, bf16_rounding);
  auto c = stored_as_bf16(product<float>(o));
  ASSERT_TRUE(checker.check(c).pass);
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (float& element : c) {
      const float before = std::exchange(element, bad);
      ASSERT_FALSE(checker.check(c).pass) << bad;
      element = before;
    }
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

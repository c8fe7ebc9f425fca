// The bound as it is for tensor cores: sums that are cut off, operands and results of fewer bits than FP32.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "kernels/verify/gemm_check.hpp"
#include "verify/gemm_products.hpp"

namespace petaproof {
namespace {

using namespace testing;

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

}  // namespace
}  // namespace petaproof

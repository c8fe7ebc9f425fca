// The bound for FP8 must let through what Hopper's and Ada's tensor cores compute, promoted or not, and nothing
// worse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "kernels/gemm/precision.hpp"
#include "kernels/verify/fill.hpp"
#include "support/fp8_on_cpu.hpp"
#include "support/host_check.hpp"

namespace petaproof {
namespace {

using testing::e4m3;
using testing::e5m2;
using testing::Fp8Format;
using testing::Fp8Sums;
using ::testing::HasSubstr;
using testing::HostCheck;

const GemmPrecision& fp8() {
  return *std::ranges::find(gemm_precisions, "fp8", &GemmPrecision::name);
}
const float unit = static_cast<float>(unit_of(Element::e4m3));

// As a GPU holds them: A row by row, B column by column, in units of `unit`.
struct Operands {
  Operands(GemmShape s, std::uint64_t seed, const Fp8Format& a_format = e4m3, const Fp8Format& b_format = e4m3,
           Fill fill = Fill::normal)
      : shape(s),
        of_a(a_format),
        of_b(b_format),
        a(filled(s.m * s.k, of_a, fill, seed, 0)),
        b(filled(s.k * s.n, of_b, fill, seed, 1)) {}

  static std::vector<float> filled(std::int64_t count, const Fp8Format& format, Fill fill, std::uint64_t seed,
                                   std::uint64_t stream) {
    std::vector<float> data(static_cast<std::size_t>(count));
    fill_host(std::span<float>(data), fill, seed, stream);
    for (float& x : data) x = format.round(x / unit);
    return data;
  }
  std::span<const float> row(std::int64_t i) const { return line(a, i); }
  std::span<const float> column(std::int64_t j) const { return line(b, j); }

  GemmShape shape;
  Fp8Format of_a, of_b;
  std::vector<float> a, b;

 private:
  std::span<const float> line(const std::vector<float>& data, std::int64_t i) const {
    return std::span<const float>(data).subspan(static_cast<std::size_t>(i * shape.k),
                                                static_cast<std::size_t>(shape.k));
  }
};

float bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u);
}

// Each element is dot(row of A, column of B), scaled and stored as BF16.
template <typename Dot>
std::vector<float> product(const Operands& o, Dot dot) {
  std::vector<float> c;
  for (std::int64_t i = 0; i < o.shape.m; ++i)
    for (std::int64_t j = 0; j < o.shape.n; ++j) c.push_back(bf16(unit * unit * dot(o.row(i), o.column(j))));
  return c;
}

std::vector<float> on_tensor_cores(const Operands& o, Fp8Sums sums) {
  return product(o, [&](auto row, auto column) { return sums(row, o.of_a, column, o.of_b); });
}

class Fp8Check {
 public:
  Fp8Check(const Operands& o, bool fast) : Fp8Check(o, fp8().rounding_with(fast)) {}
  Fp8Check(const Operands& o, const GemmRounding& rounding) : check_(make(o, rounding)) {}
  Verification operator()(const std::vector<float>& c) const { return check_->check(c); }

 private:
  // the operands as they are meant, scaled, and B as the host's engine reads it
  std::unique_ptr<HostCheck<float>> make(const Operands& o, const GemmRounding& rounding) {
    for (const float x : o.a) a_.push_back(unit * x);
    for (std::int64_t p = 0; p < o.shape.k; ++p)
      for (std::int64_t j = 0; j < o.shape.n; ++j) b_.push_back(unit * o.column(j)[static_cast<std::size_t>(p)]);
    return std::make_unique<HostCheck<float>>(o.shape, a_, b_, 1, rounding);
  }
  std::vector<float> a_, b_;
  std::unique_ptr<HostCheck<float>> check_;
};

double exact_sum(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// Of errors before the result is stored, relative to the standard deviation that bounds.hpp derives.
double rms_over_derived(const Operands& o, Fp8Sums sums, const GemmRounding& rounding) {
  double squares = 0;
  for (std::int64_t i = 0; i < o.shape.m; ++i)
    for (std::int64_t j = 0; j < o.shape.n; ++j) {
      const auto row = o.row(i), column = o.column(j);
      const double error = sums(row, o.of_a, column, o.of_b) - exact_sum(row, column);
      const double norms = std::sqrt(exact_sum(row, row)), norm_b = std::sqrt(exact_sum(column, column));
      squares += std::pow(error / error_spread(rounding, o.shape.k, norms, norm_b, 0, 0), 2);
    }
  return std::sqrt(squares / static_cast<double>(o.shape.m * o.shape.n));
}

constexpr GemmShape shapes[] = {{40, 36, 16},   {40, 36, 32},   {40, 36, 144},
                                {36, 32, 1024}, {36, 32, 4096}, {33, 32, 16384}};

TEST(Fp8GemmCheck, WhatTensorCoresComputePassesAtBothAccumulations) {
  struct {
    Fp8Format a, b;
  } const pairs[] = {{e4m3, e4m3}, {e4m3, e5m2}, {e5m2, e4m3}};
  for (const auto& [a, b] : pairs)
    for (const GemmShape& shape : shapes)
      for (const int step : {32, 16}) {
        if (shape.k > 4096 && (step == 16 || a.mantissa + b.mantissa < 6)) continue;  // enough of the slow ones
        const Operands o(shape, 1, a, b);
        const Verification fast = Fp8Check(o, true)(on_tensor_cores(o, {step}));
        EXPECT_TRUE(fast.pass) << shape.k << ": " << fast.detail;
        const Fp8Check promoted(o, false);
        for (const std::int64_t promote : {128, 512}) {
          const Verification result = promoted(on_tensor_cores(o, {step, promote}));
          EXPECT_TRUE(result.pass) << shape.k << ", promoted after " << promote << ": " << result.detail;
        }
        // FP32 throughout, as Blackwell sums
        const auto wide = product(o, [](auto x, auto y) { return static_cast<float>(exact_sum(x, y)); });
        EXPECT_TRUE(promoted(wide).pass) << shape.k;
      }
}

// Of the same operands: what Blackwell computes passes, and what Hopper would have computed does not.
TEST(Fp8GemmCheck, BlackwellsSumsAreHeldToFP32) {
  for (const GemmShape& shape : shapes) {
    const Operands o(shape, 1);
    const Fp8Check check(o, blackwell_rounding);
    const Verification right = check(on_tensor_cores(o, testing::blackwell_sums));
    EXPECT_TRUE(right.pass) << shape.k << ": " << right.detail;
    if (shape.k < 1024) continue;  // where BF16's rounding hides it
    EXPECT_FALSE(check(on_tensor_cores(o, {})).pass) << shape.k;
    // errors of promoted sums grow more slowly than the bound does
    EXPECT_EQ(check(on_tensor_cores(o, {32, 128})).pass, shape.k > 4096) << shape.k;
  }
}

TEST(Fp8GemmCheck, RightProductsPassOnEveryFillAndInFewElements) {
  for (const Fill fill : {Fill::uniform, Fill::integers, Fill::zeros})
    for (const std::int64_t k : {16, 1040}) {
      const Operands o({40, 36, k}, 1, e4m3, e4m3, fill);
      EXPECT_TRUE(Fp8Check(o, true)(on_tensor_cores(o, {})).pass) << to_string(fill) << ", " << k;
      EXPECT_TRUE(Fp8Check(o, false)(on_tensor_cores(o, {32, 128})).pass) << to_string(fill) << ", " << k;
    }
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    for (const GemmShape& shape : {GemmShape{1, 1, 16}, {1, 40, 64}, {3, 8, 512}}) {
      const Operands o(shape, seed);
      const Verification result = Fp8Check(o, true)(on_tensor_cores(o, {}));
      ASSERT_TRUE(result.pass) << shape.k << ", seed " << seed << ": " << result.detail;
    }
}

// The figures that bounds.hpp names: the derivation bounds what it is meant for, and not by so much that it says
// nothing.
TEST(Fp8GemmCheck, ErrorsAreAsDerived) {
  for (const std::int64_t k : {32, 512, 4096, 16384}) {
    const Operands o({24, 24, k}, 1);
    const double fast = rms_over_derived(o, {}, fp8().rounding_with(true));
    EXPECT_LT(fast, 0.55) << k;
    EXPECT_GT(fast, 0.14) << k;
  }
  const Operands o({24, 24, 8192}, 2);
  EXPECT_NEAR(rms_over_derived(o, {32, 512}, fp8().rounding), 0.30, 0.05);
}

TEST(Fp8GemmCheck, FastAccumulationWherePromotionWasAskedForIsFoundInLongSums) {
  const Operands o({48, 48, 16384}, 1);
  const auto fast = on_tensor_cores(o, {});
  EXPECT_TRUE(Fp8Check(o, true)(fast).pass);
  const Verification result = Fp8Check(o, false)(fast);
  EXPECT_FALSE(result.pass);
}

// Split-K whose partial sums are added up in e4m3, and a result that was e4m3 before it became BF16.
TEST(Fp8GemmCheck, SumsInE4M3AreFoundAtEveryLength) {
  for (const GemmShape& shape : shapes) {
    const Operands o(shape, 1);
    const std::size_t part = static_cast<std::size_t>(std::max<std::int64_t>(shape.k / 4, 8));
    const auto narrow = product(o, [&](auto row, auto column) {
      float sum = 0;  // in units in which e4m3 neither saturates nor underflows
      const float scale = 64 * std::sqrt(static_cast<float>(shape.k)) * 64 / 16;
      for (std::size_t at = 0; at < row.size(); at += part) {
        const std::size_t count = std::min(part, row.size() - at);
        const double partial = exact_sum(row.subspan(at, count), column.subspan(at, count));
        sum = e4m3.round(sum + e4m3.round(static_cast<float>(partial) / scale));
      }
      return sum * scale;
    });
    for (const bool fast : {true, false})
      EXPECT_FALSE(Fp8Check(o, fast)(narrow).pass) << shape.k << ", fast " << fast;
    const auto result_in_e4m3 = product(o, [&](auto row, auto column) {
      const float scale = 64 * std::sqrt(static_cast<float>(shape.k)) * 64 / 16;
      return scale * e4m3.round(Fp8Sums{}(row, o.of_a, column, o.of_b) / scale);
    });
    for (const bool fast : {true, false})
      EXPECT_FALSE(Fp8Check(o, fast)(result_in_e4m3).pass) << shape.k << ", fast " << fast;
  }
}

TEST(Fp8GemmCheck, AForgottenScaleIsFound) {
  for (const GemmShape& shape : shapes) {
    const Operands o(shape, 1);
    auto c = on_tensor_cores(o, {});
    for (const float factor : {1 / unit, 1 / unit / unit, 2.0f, 0.5f}) {
      auto wrong = c;
      for (float& x : wrong) x *= factor;
      EXPECT_FALSE(Fp8Check(o, true)(wrong).pass) << shape.k << ", " << factor;
    }
  }
}

// E5M2 bits read as E4M3 are other numbers altogether.
TEST(Fp8GemmCheck, TheOtherFormatIsFound) {
  const Operands o({40, 36, 1024}, 1, e4m3, e5m2);
  Operands read = o;
  for (float& x : read.b) x = e5m2.round(x * 1.125f);
  EXPECT_FALSE(Fp8Check(o, true)(on_tensor_cores(read, {})).pass);
}

TEST(Fp8GemmCheck, AMissingTileAndAMissingStepAreFound) {
  const Operands o({128, 128, 512}, 1);
  const Fp8Check check(o, true);
  const auto right = on_tensor_cores(o, {});
  ASSERT_TRUE(check(right).pass);
  auto wrong = right;
  for (std::int64_t i = 64; i < 96; ++i)
    for (std::int64_t j = 32; j < 64; ++j) wrong[static_cast<std::size_t>(i * 128 + j)] = 0;
  EXPECT_FALSE(check(wrong).pass);
  const auto without =
      product(o, [&](auto row, auto column) { return Fp8Sums{}(row.first(480), o.of_a, column.first(480), o.of_b); });
  EXPECT_FALSE(check(without).pass);
}

TEST(Fp8GemmCheck, NaNAndInfinityFailWhereverTheyAre) {
  const Operands o({12, 16, 32}, 5);
  const Fp8Check check(o, true);
  auto c = on_tensor_cores(o, {});
  ASSERT_TRUE(check(c).pass);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (float& element : c) {
      const float before = std::exchange(element, bad);
      ASSERT_FALSE(check(c).pass) << bad;
      element = before;
    }
}

}  // namespace
}  // namespace petaproof

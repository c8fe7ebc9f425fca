// The bound for emulated FP64 must let through fixed point that keeps FP64's bits, and nothing that keeps fewer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/gemm/emulation.hpp"
#include "kernels/gemm/precision.hpp"
#include "support/fixed_point_on_cpu.hpp"
#include "support/host_check.hpp"
#include "verify/gemm_operands.hpp"

namespace petaproof {
namespace {

using testing::FixedPoint;
using testing::HostCheck;

const GemmRounding& rounding() {
  return std::ranges::find(gemm_precisions, "fp64_emulated", &GemmPrecision::name)->rounding;
}

struct Product : testing::Operands<double> {
  using Operands::Operands;

  std::vector<double> emulated(int slices) const {
    std::vector<FixedPoint> columns;
    for (std::int64_t j = 0; j < shape.n; ++j) {
      std::vector<double> column;
      for (std::int64_t p = 0; p < shape.k; ++p) column.push_back(b[static_cast<std::size_t>(p * shape.n + j)]);
      columns.emplace_back(column, slices);
    }
    std::vector<double> c;
    for (std::int64_t i = 0; i < shape.m; ++i) {
      const auto length = static_cast<std::size_t>(shape.k);
      const FixedPoint row(std::span<const double>(a).subspan(static_cast<std::size_t>(i) * length, length), slices);
      for (const FixedPoint& column : columns) c.push_back(FixedPoint::dot(row, column));
    }
    return c;
  }
  Verification check(int slices) const {
    return HostCheck<double>(shape, a, b, 1, rounding()).check(emulated(slices));
  }
};

constexpr GemmShape shapes[] = {{24, 20, 1}, {24, 20, 2}, {24, 20, 17}, {24, 20, 80}, {20, 16, 1024}, {12, 8, 8192}};

TEST(FixedPointGemmCheck, AsManySlicesAsFp64HasBitsPass) {
  for (const GemmShape& shape : shapes)
    for (const Fill fill : {Fill::normal, Fill::uniform})
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Product product(shape, seed, fill);
        for (const int slices : {8, static_cast<int>(emulation_slices(emulation_most_bits))}) {
          const Verification result = product.check(slices);
          EXPECT_TRUE(result.pass) << shape.k << ", " << slices << " slices: " << result.detail;
        }
      }
}

// 55 bits behind the point: as good as FP64 in a sum of many products, and of few only where no element is much
// larger than the others.
TEST(FixedPointGemmCheck, SevenSlicesPassInLongSums) {
  for (const GemmShape& shape : {GemmShape{20, 16, 256}, GemmShape{20, 16, 1024}, GemmShape{12, 8, 8192}})
    for (const Fill fill : {Fill::normal, Fill::uniform})
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Verification result = Product(shape, seed, fill).check(7);
        EXPECT_TRUE(result.pass) << shape.k << ": " << result.detail;
      }
}

TEST(FixedPointGemmCheck, SevenSlicesOfFewProductsPassAsTheDataHasIt) {
  for (const std::int64_t k : {1, 2, 17}) {
    int passed = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) passed += Product({24, 20, k}, seed).check(7).pass;
    EXPECT_GT(passed, 0) << k;
    EXPECT_LT(passed, 10) << k;
  }
}

TEST(FixedPointGemmCheck, FewerDoNot) {
  for (const GemmShape& shape : shapes) {
    const Product product(shape, 1);
    for (const int slices : {3, 4, 5, 6})
      EXPECT_FALSE(product.check(slices).pass) << shape.k << ", " << slices << " slices";
  }
}

}  // namespace
}  // namespace petaproof

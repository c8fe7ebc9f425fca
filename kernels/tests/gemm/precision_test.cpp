#include "kernels/gemm/precision.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace petaproof {
namespace {

const GemmPrecision& precision(std::string_view name) {
  return *std::ranges::find(gemm_precisions, name, &GemmPrecision::name);
}

TEST(GemmPrecision, BytesAreThoseOfEachOperandsType) {
  EXPECT_EQ(operand_bytes(precision("fp64"), {2, 3, 5}), 8 * (10 + 15 + 6));
  EXPECT_EQ(operand_bytes(precision("bf16"), {2, 3, 5}), 2 * (10 + 15 + 6));
  EXPECT_EQ(operand_bytes(precision("int8"), {2, 3, 5}), 10 + 15 + 4 * 6);
}

TEST(GemmPrecision, ShapesThatNoLibraryTakesAreNamed) {
  EXPECT_FALSE(misaligned(precision("bf16"), {17, 129, 65}));
  EXPECT_FALSE(misaligned(precision("int8"), {17, 128, 64}));  // M may be anything
  EXPECT_EQ(misaligned(precision("int8"), {16, 130, 64}),
            "int8 takes n in multiples of 4 and k in multiples of 4, and this is n=130 k=64");
  EXPECT_TRUE(misaligned(precision("int8"), {16, 128, 66}));
}

TEST(GemmPrecision, OnlyIntegersAreExact) {
  for (const GemmPrecision& one : gemm_precisions) EXPECT_EQ(one.rounding.exact(), one.name == "int8") << one.name;
}

}  // namespace
}  // namespace petaproof

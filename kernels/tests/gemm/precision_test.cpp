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

TEST(GemmPrecision, TwoElementsOfFP4AreAByte) {
  EXPECT_EQ(operand_bytes(precision("nvfp4"), {3, 8, 32}), 3 * 16 + 8 * 16 + 2 * 24);
}

TEST(GemmPrecision, WorkIsOperationsAndTheBytesOfOperandsAndResult) {
  const auto bf16 = gemm_work(precision("bf16"), {2, 3, 5});
  ASSERT_EQ(bf16.size(), 2u);
  EXPECT_EQ(bf16[0].name, "flops");
  EXPECT_EQ(bf16[0].unit, "FLOP");
  EXPECT_EQ(bf16[0].per_launch, 60);
  EXPECT_EQ(bf16[1].name, "bytes");
  EXPECT_EQ(bf16[1].unit, "B");
  EXPECT_EQ(bf16[1].per_launch, 62);
  const auto int8 = gemm_work(precision("int8"), {2, 3, 5});
  EXPECT_EQ(int8[0].name, "ops");
  EXPECT_EQ(int8[0].unit, "OP");
  EXPECT_EQ(int8[1].per_launch, 10 + 15 + 4 * 6);
}

TEST(GemmPrecision, ScalesOfBlocksAreReadToo) {
  EXPECT_EQ(gemm_work(precision("nvfp4"), {3, 8, 32}, 22)[1].per_launch, 3 * 16 + 8 * 16 + 2 * 24 + 22);
}

TEST(GemmPrecision, ShapesThatNoLibraryTakesAreNamed) {
  for (const GemmLayout& layout : gemm_layouts) EXPECT_FALSE(misaligned(precision("bf16"), {17, 129, 65}, layout));
  EXPECT_FALSE(misaligned(precision("int8"), {17, 128, 64}, layout_tn));  // M may be anything
  EXPECT_EQ(misaligned(precision("int8"), {16, 130, 64}, layout_tn),
            "int8 takes n in multiples of 4 and k in multiples of 4, and this is n=130 k=64");
  EXPECT_TRUE(misaligned(precision("int8"), {16, 128, 66}, layout_tn));
}

TEST(GemmPrecision, WhatOperandsAreContiguousAlongIsAlignedToo) {
  EXPECT_FALSE(misaligned(precision("fp8"), {17, 24, 64}, layout_tn));
  EXPECT_EQ(misaligned(precision("fp8"), {17, 24, 64}, layout_nn),
            "fp8 takes n in multiples of 16 and k in multiples of 16, and this is n=24 k=64");
  EXPECT_EQ(
      misaligned(precision("fp8"), {17, 32, 64}, layout_nt),
      "fp8 takes m in multiples of 16, n in multiples of 16 and k in multiples of 16, and this is m=17 n=32 k=64");
  EXPECT_FALSE(misaligned(precision("fp8"), {32, 24, 64}, layout_tt));
}

TEST(GemmPrecision, ScalesOfBlocksOf128NeedMInMultiplesOfFour) {
  for (const GemmScaling& scaling : gemm_scalings) {
    EXPECT_EQ(misaligned(precision("fp8"), {17, 24, 64}, layout_tn, scaling).has_value(), scaling.of_blocks())
        << scaling.name;
    EXPECT_FALSE(misaligned(precision("fp8"), {20, 24, 64}, layout_tn, scaling)) << scaling.name;
  }
  EXPECT_EQ(
      misaligned(precision("fp8"), {18, 24, 64}, layout_tn, gemm_scalings[1]),
      "fp8 takes m in multiples of 4, n in multiples of 8 and k in multiples of 16, and this is m=18 n=24 k=64");
}

// Whether a GPU of a compute capability may multiply so.
std::optional<std::string> needs(const char* name, int capability, const GemmLayout& layout = layout_tn,
                                 const GemmScaling& scaling = scaling_by_tensor) {
  return gemm_needs(precision(name), layout, scaling, capability);
}

TEST(GemmPrecision, BytesLieInOneLayoutUnlessTheGpuIsADatacentreBlackwell) {
  for (const GemmLayout& layout : gemm_layouts) {
    const bool tn = layout == layout_tn;
    for (const char* alone : {"int8", "nvfp4"})
      EXPECT_EQ(wrong_layout(precision(alone), layout).has_value(), !tn) << alone << layout.name;
    for (const char* any : {"bf16", "fp64_emulated", "fp8", "mxfp8"})
      EXPECT_FALSE(wrong_layout(precision(any), layout)) << any << layout.name;
    for (const int capability : {89, 90, 100, 103, 110, 120, 121}) {
      const bool blackwell = capability >= 100, any = blackwell && capability < 120;
      EXPECT_FALSE(needs("bf16", capability, layout));
      EXPECT_FALSE(needs("fp64_emulated", capability, layout));
      EXPECT_EQ(needs("fp8", capability, layout).has_value(), !tn && !any) << capability << layout.name;
      EXPECT_EQ(needs("mxfp8", capability, layout).has_value(), !blackwell || (!tn && !any))
          << capability << layout.name;
    }
  }
  EXPECT_EQ(needs("fp8", 90, layout_nn),
            "cuBLASLt multiplies fp8 in layout nn on 10.x and 11.x alone, elsewhere in tn");
  EXPECT_EQ(wrong_layout(precision("int8"), layout_tt),
            "cuBLASLt multiplies int8 in layout tn alone, and this is tt");
}

TEST(GemmPrecision, ScalesOfBlocksOf128AreHoppersAlone) {
  for (const GemmScaling& scaling : gemm_scalings) {
    for (const int capability : {89, 90, 100, 120})
      EXPECT_EQ(needs("fp8", capability, layout_tn, scaling).has_value(), scaling.of_blocks() && capability != 90)
          << scaling.name << capability;
    EXPECT_FALSE(wrong_scaling(scaling, false)) << scaling.name;
    EXPECT_EQ(wrong_scaling(scaling, true).has_value(), scaling.of_blocks()) << scaling.name;
  }
  EXPECT_EQ(needs("fp8", 120, layout_tn, gemm_scalings[1]), "cuBLASLt takes scaling 1x128 on 9.0 alone");
  EXPECT_EQ(wrong_scaling(gemm_scalings[1], true),
            "with scaling 1x128 sums are promoted to FP32 after 128 products, to be scaled: none is fast");
}

TEST(GemmPrecision, FormatsWithScalesAreBlackwellsInWholeBlocks) {
  for (const char* name : {"mxfp8", "nvfp4"}) {
    EXPECT_TRUE(needs(name, 90)) << name;
    for (const int enough : {100, 103, 120}) EXPECT_FALSE(needs(name, enough)) << name << enough;
  }
  EXPECT_EQ(needs("mxfp8", 90), "mxfp8 needs 10.0");
  EXPECT_EQ(wrong_layout(precision("nvfp4"), layout_nn),
            "cuBLASLt multiplies nvfp4 in layout tn alone, and this is nn");
  EXPECT_FALSE(misaligned(precision("mxfp8"), {17, 24, 64}, layout_tn));
  EXPECT_TRUE(misaligned(precision("mxfp8"), {17, 24, 48}, layout_tn));
}

TEST(GemmPrecision, OnlyFP8HasAChoiceOfScales) {
  for (const GemmPrecision& one : gemm_precisions)
    EXPECT_EQ(one.has_scalings(), one.name.starts_with("fp8")) << one.name;
  const GemmPrecision& fp8 = precision("fp8");
  for (const GemmScaling& scaling : gemm_scalings)
    EXPECT_EQ(fp8.rounding_with(false, scaling).promoted, scaling.of_blocks() ? 128 : 512) << scaling.name;
}

TEST(GemmPrecision, FP8NeedsAda) {
  for (const int old : {80, 86}) {
    EXPECT_EQ(needs("fp8", old), "fp8 needs 8.9");
    EXPECT_FALSE(needs("bf16", old));
    EXPECT_FALSE(needs("int8", old));
  }
  for (const int enough : {89, 90, 100, 121}) EXPECT_FALSE(needs("fp8", enough)) << enough;
}

TEST(GemmPrecision, OnlyFP8HasTwoWaysToSum) {
  for (const GemmPrecision& one : gemm_precisions)
    EXPECT_EQ(one.has_fast_accumulation(), one.name.starts_with("fp8")) << one.name;
  EXPECT_EQ(precision("fp8").rounding_with(false).promoted, 512);
  EXPECT_EQ(precision("fp8").rounding_with(true).promoted, 0);
}

TEST(GemmPrecision, SumsOfFP8AreFP32OnBlackwellAlone) {
  DeviceFacts gpu;
  for (const std::string_view capability : {"8.9", "9.0", "10.0", "10.3", "12.0"}) {
    gpu.more["compute_capability"] = capability;
    for (const GemmPrecision& one : gemm_precisions)
      for (const bool fast : {false, true}) {
        const GemmRounding rounding = rounding_on(gpu, one, fast, scaling_by_tensor);
        const bool narrow = one.name.starts_with("fp8") && !capability.starts_with("1");
        EXPECT_EQ(rounding.aligns, narrow) << one.name << capability;
        EXPECT_EQ(rounding.promoted, narrow && !fast ? 512 : 0) << one.name << capability;
        const double accumulator = narrow || !one.name.starts_with("fp8") ? one.rounding.accumulator : 0x1p-24;
        EXPECT_EQ(rounding.accumulator, accumulator) << one.name << capability;
      }
  }
  gpu.more["compute_capability"] = "9.0";
  EXPECT_EQ(rounding_on(gpu, precision("fp8"), false, gemm_scalings[1]).promoted, 128);
}

TEST(GemmPrecision, OnlyWhatSaysSoIsEmulated) {
  for (const GemmPrecision& one : gemm_precisions)
    EXPECT_EQ(one.is_emulated, one.name == "fp64_emulated") << one.name;
}

TEST(GemmPrecision, OnlyIntegersAreExact) {
  for (const GemmPrecision& one : gemm_precisions) EXPECT_EQ(one.rounding.exact(), one.name == "int8") << one.name;
}

}  // namespace
}  // namespace petaproof

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

TEST(GemmPrecision, BytesLieInOneLayoutUnlessTheGpuIsADatacentreBlackwell) {
  DeviceFacts gpu;
  gpu.name = "NVIDIA H100";
  const auto on = [&](std::string_view capability, const char* name, const GemmLayout& layout) {
    gpu.more["compute_capability"] = capability;
    return wrong_layout(precision(name), layout, gpu);
  };
  for (const std::string_view capability : {"8.9", "9.0", "10.0", "10.3", "11.0", "12.0", "12.1"})
    for (const GemmLayout& layout : gemm_layouts) {
      const bool tn = layout == layout_tn, any = capability.starts_with("10.") || capability.starts_with("11.");
      EXPECT_FALSE(on(capability, "bf16", layout));
      EXPECT_FALSE(on(capability, "fp64_emulated", layout));
      EXPECT_EQ(on(capability, "int8", layout).has_value(), !tn) << capability << layout.name;
      EXPECT_EQ(on(capability, "nvfp4", layout).has_value(), !tn) << capability << layout.name;
      EXPECT_EQ(on(capability, "mxfp8", layout).has_value(), !tn && !any) << capability << layout.name;
      EXPECT_EQ(on(capability, "fp8", layout).has_value(), !tn && !any) << capability << layout.name;
    }
  EXPECT_EQ(on("9.0", "fp8", layout_nn),
            "cuBLASLt multiplies fp8 in layout nn on compute capability 10.x and 11.x alone, elsewhere in tn; NVIDIA "
            "H100 has 9.0");
  EXPECT_EQ(on("9.0", "int8", layout_tt), "cuBLASLt multiplies int8 in layout tn alone, and this is tt");
}

TEST(GemmPrecision, ScalesOfBlocksOf128AreHoppersAlone) {
  DeviceFacts gpu;
  gpu.name = "NVIDIA GPU";
  for (const GemmScaling& scaling : gemm_scalings)
    for (const char* capability : {"8.9", "9.0", "10.0", "12.0"}) {
      gpu.more["compute_capability"] = capability;
      const bool refused = scaling.of_blocks() && std::string_view(capability) != "9.0";
      EXPECT_EQ(wrong_scaling(scaling, false, gpu).has_value(), refused) << scaling.name << capability;
      EXPECT_EQ(wrong_scaling(scaling, true, gpu).has_value(), scaling.of_blocks()) << scaling.name << capability;
    }
  EXPECT_EQ(wrong_scaling(gemm_scalings[1], false, gpu),
            "cuBLASLt takes scaling 1x128 on compute capability 9.0 alone, and NVIDIA GPU has 12.0");
  EXPECT_EQ(wrong_scaling(gemm_scalings[1], true, gpu),
            "with scaling 1x128 sums are promoted to FP32 after 128 products, to be scaled: none is fast");
}

TEST(GemmPrecision, FormatsWithScalesAreBlackwellsInWholeBlocks) {
  const GemmPrecision& mxfp8 = precision("mxfp8");
  DeviceFacts gpu;
  for (const char* name : {"mxfp8", "nvfp4"}) {
    gpu.more["compute_capability"] = "9.0";
    EXPECT_TRUE(too_old(precision(name), gpu)) << name;
    for (const char* enough : {"10.0", "10.3", "12.0"}) {
      gpu.more["compute_capability"] = enough;
      EXPECT_FALSE(too_old(precision(name), gpu)) << name << enough;
    }
  }
  gpu.name = "NVIDIA H100";
  gpu.more["compute_capability"] = "9.0";
  EXPECT_EQ(too_old(mxfp8, gpu), "mxfp8 needs compute capability 10.0, and NVIDIA H100 has 9.0");
  gpu.more["compute_capability"] = "10.0";
  EXPECT_FALSE(too_old(mxfp8, gpu));
  EXPECT_EQ(wrong_layout(precision("nvfp4"), layout_nn, gpu),
            "cuBLASLt multiplies nvfp4 in layout tn alone, and this is nn");
  EXPECT_FALSE(misaligned(mxfp8, {17, 24, 64}, layout_tn));
  EXPECT_TRUE(misaligned(mxfp8, {17, 24, 48}, layout_tn));
}

TEST(GemmPrecision, OnlyFP8HasAChoiceOfScales) {
  for (const GemmPrecision& one : gemm_precisions)
    EXPECT_EQ(one.has_scalings(), one.name.starts_with("fp8")) << one.name;
  const GemmPrecision& fp8 = precision("fp8");
  for (const GemmScaling& scaling : gemm_scalings)
    EXPECT_EQ(fp8.rounding_with(false, scaling).promoted, scaling.of_blocks() ? 128 : 512) << scaling.name;
}

TEST(GemmPrecision, FP8NeedsAda) {
  DeviceFacts gpu;
  gpu.name = "NVIDIA A100";
  for (const char* old : {"8.0", "8.6"}) {
    gpu.more["compute_capability"] = old;
    EXPECT_EQ(too_old(precision("fp8"), gpu),
              std::string("fp8 needs compute capability 8.9, and NVIDIA A100 has ") + old);
    EXPECT_FALSE(too_old(precision("bf16"), gpu));
    EXPECT_FALSE(too_old(precision("int8"), gpu));
  }
  for (const char* enough : {"8.9", "9.0", "10.0", "12.1"}) {
    gpu.more["compute_capability"] = enough;
    EXPECT_FALSE(too_old(precision("fp8"), gpu)) << enough;
  }
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

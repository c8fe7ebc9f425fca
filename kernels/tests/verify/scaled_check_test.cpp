// The check of FP8 products whose operands have scales of blocks: what tensor cores compute passes, and a scale that
// was taken from another place does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "kernels/gemm/precision.hpp"
#include "kernels/verify/fill.hpp"
#include "support/fp8_on_cpu.hpp"
#include "support/host_check.hpp"

namespace petaproof {
namespace {

using testing::e4m3;
using testing::Fp8Format;
using testing::Fp8Sums;
using testing::HostCheck;

const GemmPrecision& precision(std::string_view name) {
  return *std::ranges::find(gemm_precisions, name, &GemmPrecision::name);
}

float bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u);
}

constexpr Fp8Format e2m1{1, 0, 6};

bool is_fp4(const BlockScales& scales) {
  return scales.format == ScaleFormat::ue4m3;
}

// Lines of k elements as a GPU holds them, and the scales of their blocks.
struct Operand {
  Operand(const BlockScales& kind, std::int64_t lines_of_it, std::int64_t length, std::uint64_t stream)
      : scales(kind),
        lines(lines_of_it),
        k(length),
        stored(static_cast<std::size_t>(lines * k)),
        values(make_scales(kind, lines, k, 1, 100 + stream).values) {
    fill_host(std::span<float>(stored), Fill::normal, 1, stream);
    const Element element = is_fp4(scales) ? Element::e2m1 : Element::e4m3;
    const Fp8Format& format = is_fp4(scales) ? e2m1 : e4m3;
    for (float& x : stored) x = format.round(x / static_cast<float>(unit_of(element)));
  }
  float scale(std::int64_t line, std::int64_t block) const {
    return values[static_cast<std::size_t>(line / scales.lines * scales.k_blocks(k) + block)];
  }
  std::span<const float> block(std::int64_t line, std::int64_t b) const {
    const std::int64_t begin = b * scales.elements, count = std::min(scales.elements, k - begin);
    return std::span<const float>(stored).subspan(static_cast<std::size_t>(line * k + begin),
                                                  static_cast<std::size_t>(count));
  }
  // element p of a line, as it is meant
  float meant(std::int64_t line, std::int64_t p) const {
    return stored[static_cast<std::size_t>(line * k + p)] * scale(line, p / scales.elements);
  }

  BlockScales scales;
  std::int64_t lines, k;
  std::vector<float> stored, values;
};

enum class Wrong { nothing, line, block, operand, none_of_b };

// Hopper's: the sum over a block in the tensor core's 14 bits, scaled and added up in FP32. Blackwell's: FP32
// throughout.
std::vector<float> product(const Operand& a, const Operand& b, Wrong wrong = Wrong::nothing) {
  std::vector<float> c;
  const bool hopper = a.scales.format == ScaleFormat::fp32;
  const std::int64_t blocks = a.scales.k_blocks(a.k);
  for (std::int64_t i = 0; i < a.lines; ++i)
    for (std::int64_t j = 0; j < b.lines; ++j) {
      float sum = 0;
      for (std::int64_t p = 0; p < blocks; ++p) {
        const auto of_a = a.block(i, p), of_b = b.block(j, p);
        const float part = hopper ? Fp8Sums{}(of_a, e4m3, of_b, e4m3)
                                  : std::inner_product(of_a.begin(), of_a.end(), of_b.begin(), 0.0f);
        float scale = a.scale(i, p) * b.scale(j, p);
        if (wrong == Wrong::line) scale = a.scale((i + a.scales.lines) % a.lines, p) * b.scale(j, p);
        if (wrong == Wrong::block) scale = a.scale(i, (p + 1) % blocks) * b.scale(j, p);
        if (wrong == Wrong::operand) scale = b.scale(i % b.lines, p) * a.scale(j % a.lines, p);
        if (wrong == Wrong::none_of_b) scale = a.scale(i, p);
        sum += part * scale;
      }
      c.push_back(bf16(sum));
    }
  return c;
}

class ScaledCheck {
 public:
  ScaledCheck(const Operand& a, const Operand& b, const GemmRounding& rounding) {
    for (std::int64_t i = 0; i < a.lines; ++i)
      for (std::int64_t p = 0; p < a.k; ++p) a_.push_back(a.meant(i, p));
    for (std::int64_t p = 0; p < a.k; ++p)
      for (std::int64_t j = 0; j < b.lines; ++j) b_.push_back(b.meant(j, p));
    check_ = std::make_unique<HostCheck<float>>(GemmShape{a.lines, b.lines, a.k}, a_, b_, 1, rounding);
  }
  Verification operator()(const std::vector<float>& c) const { return check_->check(c); }

 private:
  std::vector<float> a_, b_;
  std::unique_ptr<HostCheck<float>> check_;
};

struct Way {
  const char* name;
  BlockScales a, b;
  GemmRounding rounding;
};

std::vector<Way> ways() {
  std::vector<Way> result{{"mxfp8", scales_mxfp8, scales_mxfp8, precision("mxfp8").rounding},
                          {"nvfp4", scales_nvfp4, scales_nvfp4, precision("nvfp4").rounding}};
  for (const GemmScaling& scaling : gemm_scalings)
    if (scaling.of_blocks())
      result.push_back({scaling.name.data(), *scaling.a, *scaling.b, precision("fp8").rounding_with(false, scaling)});
  return result;
}

TEST(ScaledGemmCheck, WhatTensorCoresComputePasses) {
  for (const Way& way : ways())
    for (const GemmShape& shape : {GemmShape{40, 36, 128}, {40, 36, 160}, {130, 140, 1024}, {40, 36, 8192}}) {
      const Operand a(way.a, shape.m, shape.k, 0), b(way.b, shape.n, shape.k, 1);
      const Verification result = ScaledCheck(a, b, way.rounding)(product(a, b));
      EXPECT_TRUE(result.pass) << way.name << ", k " << shape.k << ": " << result.detail;
    }
}

TEST(ScaledGemmCheck, AScaleFromAnotherPlaceIsFound) {
  for (const Way& way : ways())
    for (const std::int64_t k : {512, 4096}) {
      const Operand a(way.a, 260, k, 0), b(way.b, 136, k, 1);
      const ScaledCheck check(a, b, way.rounding);
      ASSERT_TRUE(check(product(a, b)).pass) << way.name;
      for (const Wrong wrong : {Wrong::line, Wrong::block, Wrong::operand, Wrong::none_of_b})
        EXPECT_FALSE(check(product(a, b, wrong)).pass) << way.name << ", k " << k << ", " << static_cast<int>(wrong);
    }
}

}  // namespace
}  // namespace petaproof

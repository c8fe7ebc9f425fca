// Scales of blocks of an operand: which elements share one, what it may be, and where cuBLASLt looks for it.
//
// What a matrix element stands for is what is stored times the scale of its block. Blocks run along K, so that a sum
// over one block has one scale of A and one of B. Lines are the rows of A and the columns of B; `p` counts along K.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/verify/random.hpp"

namespace petaproof {

/// UE8M0: a power of two, biased by 127. UE4M3: E4M3 without a sign (OCP Microscaling Formats 1.0, section 5.4, and
/// cuda_fp8.h).
enum class ScaleFormat { fp32, ue8m0, ue4m3 };

constexpr std::int64_t size_of(ScaleFormat format) {
  return format == ScaleFormat::fp32 ? 4 : 1;
}

constexpr std::int64_t blocks_of(std::int64_t extent, std::int64_t block) {
  return (extent + block - 1) / block;
}

struct BlockScales {
  /// How they lie for cuBLASLt, whatever the layout of the operand (cuBLAS documentation 13.x, 3.1.4.5.1, "Scaling
  /// factors layouts", and 3.1.4.4.2, "1D Block Scaling Factors Layout"). `by_line` (VEC128_32F, "M-major"):
  /// neighbours are the scales of neighbouring lines, block after block along K. `by_block` (BLK128x128_32F,
  /// "K-major"): neighbours are those of blocks along K, of which each line of blocks has a multiple of four.
  /// `tiled` (VEC32_UE8M0, VEC16_UE4M3): 512 bytes hold 128 lines x 4 blocks, line l and block b at (l mod 32) * 16 +
  /// (l / 32) * 4 + b; tiles follow each other along K, and what no line or block needs is there and zero. All begin
  /// at a multiple of 16 bytes.
  enum class Order { by_line, by_block, tiled };

  std::int64_t lines, elements;  // of one block: lines, and elements along K
  ScaleFormat format;
  Order order;

  constexpr std::int64_t line_blocks(std::int64_t extent) const { return blocks_of(extent, lines); }
  constexpr std::int64_t k_blocks(std::int64_t k) const { return blocks_of(k, elements); }

  /// How many are stored for `extent` lines of `k` elements, padding included.
  constexpr std::int64_t stored(std::int64_t extent, std::int64_t k) const {
    switch (order) {
      case Order::by_line: return line_blocks(extent) * k_blocks(k);
      case Order::by_block: return line_blocks(extent) * padded(k_blocks(k));
      case Order::tiled: return blocks_of(line_blocks(extent), tile_lines) * tile_lines * padded(k_blocks(k));
    }
    return 0;
  }

  /// Where, among those stored, the scale of block `b` along K of line block `l` lies.
  constexpr std::int64_t place(std::int64_t l, std::int64_t b, std::int64_t extent, std::int64_t k) const {
    switch (order) {
      case Order::by_line: return b * line_blocks(extent) + l;
      case Order::by_block: return l * padded(k_blocks(k)) + b;
      case Order::tiled: break;
    }
    const std::int64_t tile = l / tile_lines * (padded(k_blocks(k)) / tile_blocks) + b / tile_blocks;
    return tile * tile_lines * tile_blocks + l % 32 * 16 + l % tile_lines / 32 * 4 + b % tile_blocks;
  }

 private:
  static constexpr std::int64_t tile_lines = 128, tile_blocks = 4;
  static constexpr std::int64_t padded(std::int64_t blocks) { return blocks_of(blocks, tile_blocks) * tile_blocks; }
};

using ScaleOrder = BlockScales::Order;

inline constexpr BlockScales scales_1x128{1, 128, ScaleFormat::fp32, ScaleOrder::by_line},
    scales_128x128{128, 128, ScaleFormat::fp32, ScaleOrder::by_block},
    scales_mxfp8{1, 32, ScaleFormat::ue8m0, ScaleOrder::tiled},
    scales_nvfp4{1, 16, ScaleFormat::ue4m3, ScaleOrder::tiled};

/// How the operands of a product are scaled.
struct GemmScaling {
  std::string_view name;
  std::optional<BlockScales> a, b;  // none: one scale for the whole tensor, unit_of() its elements

  constexpr bool of_blocks() const { return a.has_value(); }
};

/// What the parameter `scaling` offers for FP8. The mixed ones are what DeepSeek-V3 multiplies its activations,
/// scaled by 1x128, and its weights, by 128x128, with (arXiv:2412.19437, section 3.3.2). Both by 128x128 is the one
/// combination that cuBLASLt does not support (documentation 13.x, 3.1.4.5).
inline constexpr GemmScaling scaling_by_tensor{"tensor", {}, {}};
inline constexpr GemmScaling gemm_scalings[] = {scaling_by_tensor,
                                                {"1x128", scales_1x128, scales_1x128},
                                                {"1x128_128x128", scales_1x128, scales_128x128},
                                                {"128x128_1x128", scales_128x128, scales_1x128}};

/// One scale: as it is stored, and what it stands for.
struct Scale {
  std::uint32_t bits;
  float value;
};

/// Whatever is random in `random`: 2^-6, as unit_of() FP8, times 1, 1.25, 1.5 or 1.75, or for UE8M0, which has powers
/// of two alone, times 1 or 1/2. Neighbours differ, so that a scale that is taken from the wrong place shows; and all
/// are exact in every format, so that nothing is rounded. UE4M3's smallest normal number is 2^-6.
constexpr Scale make_scale(ScaleFormat format, std::uint32_t random) {
  constexpr float unit = 0x1p-6f;
  const std::uint32_t quarters = random % 4;
  const float value = unit * (1 + 0.25f * static_cast<float>(quarters));
  switch (format) {
    case ScaleFormat::fp32: return {(127 - 6) << 23 | quarters << 21, value};
    case ScaleFormat::ue4m3: return {(7 - 6) << 3 | quarters << 1, value};
    case ScaleFormat::ue8m0: break;
  }
  const std::uint32_t half = random % 2;
  return {127 - 6 - half, half != 0 ? unit / 2 : unit};
}

/// The scale of block `b` along K of line block `l`, of which there are `k_blocks` along K.
constexpr Scale scale_of_block(const BlockScales& scales, std::int64_t l, std::int64_t b, std::int64_t k_blocks,
                               std::uint64_t seed, std::uint64_t stream) {
  const auto number = static_cast<std::uint64_t>(l * k_blocks + b);
  return make_scale(scales.format, philox(seed, stream, number / 4)[number % 4] >> 16);
}

/// All scales of an operand of `lines` lines, k elements each.
struct ScalesOfOperand {
  std::vector<unsigned char> stored;  // as cuBLASLt takes them
  std::vector<float> values;          // line block after line block, those along K side by side: for the check
};
ScalesOfOperand make_scales(const BlockScales& scales, std::int64_t lines, std::int64_t k, std::uint64_t seed,
                            std::uint64_t stream);

/// Of the scales that there are, each once: what a product reads. Not the padding of their tiles.
constexpr std::int64_t bytes_of_scales_read(const BlockScales& scales, std::int64_t lines, std::int64_t k) {
  return size_of(scales.format) * scales.line_blocks(lines) * scales.k_blocks(k);
}

/// In memory: of both.
constexpr std::int64_t bytes_of_scales(const BlockScales& scales, std::int64_t lines, std::int64_t k) {
  return size_of(scales.format) * scales.stored(lines, k) +
         size_of(ScaleFormat::fp32) * scales.line_blocks(lines) * scales.k_blocks(k);
}

}  // namespace petaproof

// Scales of blocks: every block has a place of its own where cuBLASLt looks for it, and a value that its format
// holds.
#include "kernels/gemm/scaling.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>
#include <vector>

namespace petaproof {
namespace {

constexpr BlockScales every_kind[] = {scales_1x128, scales_128x128, scales_mxfp8, scales_nvfp4};

struct Extent {
  std::int64_t lines, k;
};
constexpr Extent extents[] = {{1, 16},     {1, 128},    {127, 144},  {128, 128},  {129, 512},
                              {256, 2048}, {300, 1040}, {384, 4112}, {1000, 7168}};

// Index arithmetic by brute force: no two blocks share a place, and none lies outside of what is allocated.
TEST(BlockScales, EveryBlockHasAPlaceOfItsOwn) {
  for (const BlockScales& scales : every_kind)
    for (const auto [lines, k] : extents) {
      std::vector<char> taken(static_cast<std::size_t>(scales.stored(lines, k)), 0);
      for (std::int64_t l = 0; l < scales.line_blocks(lines); ++l)
        for (std::int64_t b = 0; b < scales.k_blocks(k); ++b) {
          const std::int64_t at = scales.place(l, b, lines, k);
          ASSERT_GE(at, 0);
          ASSERT_LT(at, scales.stored(lines, k)) << scales.elements << ": " << l << ", " << b;
          ASSERT_EQ(taken[static_cast<std::size_t>(at)]++, 0) << scales.elements << ": " << l << ", " << b;
        }
    }
}

TEST(BlockScales, ThoseOf1x128LieLineByLineWithoutAGap) {
  const std::int64_t lines = 300, k = 1040;
  EXPECT_EQ(scales_1x128.stored(lines, k), 300 * 9);
  std::int64_t next = 0;
  for (std::int64_t b = 0; b < 9; ++b)
    for (std::int64_t l = 0; l < lines; ++l) EXPECT_EQ(scales_1x128.place(l, b, lines, k), next++);
}

TEST(BlockScales, ThoseOf128x128LieAlongKInMultiplesOfFour) {
  const std::int64_t lines = 300, k = 1040;  // 3 x 9 blocks, 12 places for each 9
  EXPECT_EQ(scales_128x128.stored(lines, k), 3 * 12);
  for (std::int64_t l = 0; l < 3; ++l)
    for (std::int64_t b = 0; b < 9; ++b) EXPECT_EQ(scales_128x128.place(l, b, lines, k), 12 * l + b);
}

// The tile is walked as the documentation draws it: 32 rows of 16 bytes, of which each holds four blocks of lines r,
// r + 32, r + 64 and r + 96.
TEST(BlockScales, TilesHold128LinesOfFourBlocks) {
  const BlockScales& scales = scales_mxfp8;
  const std::int64_t lines = 300, k = 32 * 10;  // 3 x 3 tiles
  EXPECT_EQ(scales.stored(lines, k), 384 * 12);
  std::int64_t at = 0;
  for (std::int64_t tile_line = 0; tile_line < 3; ++tile_line)
    for (std::int64_t tile_block = 0; tile_block < 3; ++tile_block)
      for (std::int64_t row = 0; row < 32; ++row)
        for (std::int64_t quarter = 0; quarter < 4; ++quarter)
          for (std::int64_t b = 0; b < 4; ++b, ++at) {
            const std::int64_t l = 128 * tile_line + 32 * quarter + row, block = 4 * tile_block + b;
            if (l >= lines || block >= 10) continue;  // padding
            EXPECT_EQ(scales.place(l, block, lines, k), at) << l << ", " << block;
          }
  EXPECT_EQ(at, scales.stored(lines, k));
  // sixteen elements to a scale, the same tiles
  EXPECT_EQ(scales_nvfp4.place(200, 9, lines, 160), scales.place(200, 9, lines, k));
}

double decoded(ScaleFormat format, std::uint32_t bits) {
  if (format == ScaleFormat::fp32) return std::bit_cast<float>(bits);
  if (format == ScaleFormat::ue8m0) return std::ldexp(1.0, static_cast<int>(bits) - 127);
  const int exponent = static_cast<int>(bits >> 3 & 15), mantissa = static_cast<int>(bits & 7);
  return exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
}

TEST(BlockScales, ValuesAreWhatIsStoredInEveryFormat) {
  for (const ScaleFormat format : {ScaleFormat::fp32, ScaleFormat::ue8m0, ScaleFormat::ue4m3}) {
    std::set<float> values;
    for (std::uint32_t random = 0; random < 64; ++random) {
      const Scale scale = make_scale(format, random);
      ASSERT_TRUE(format == ScaleFormat::fp32 || scale.bits < 256u);
      ASSERT_EQ(decoded(format, scale.bits), scale.value);
      ASSERT_GT(scale.value, 0);
      values.insert(scale.value);
    }
    EXPECT_EQ(values.size(), format == ScaleFormat::ue8m0 ? 2u : 4u);
  }
}

// Else a scale from a neighbour's place would go unnoticed.
TEST(BlockScales, NeighboursDifferAndOperandsHaveTheirOwn) {
  for (const BlockScales& scales : every_kind) {
    int same_line = 0, same_block = 0, same_operand = 0;
    const std::int64_t k_blocks = 64;
    for (std::int64_t l = 0; l < 64; ++l)
      for (std::int64_t b = 0; b < 64; ++b) {
        const auto value = [&](std::int64_t line, std::int64_t block, std::uint64_t stream) {
          return scale_of_block(scales, line, block, k_blocks, 1, stream).value;
        };
        same_line += value(l, b, 0) == value(l + 1, b, 0);
        same_block += value(l, b, 0) == value(l, b + 1, 0);
        same_operand += value(l, b, 0) == value(l, b, 1);
      }
    const double of = 64 * 64, expected = scales.format == ScaleFormat::ue8m0 ? 0.5 : 0.25;
    for (const int same : {same_line, same_block, same_operand}) EXPECT_NEAR(same / of, expected, 0.05);
  }
}

// What is read: a scale for each block that there is, none for the padding of a tile of 128 lines and four blocks.
TEST(BlockScales, AreReadOnceAndWithoutTheirPadding) {
  EXPECT_EQ(bytes_of_scales_read(scales_nvfp4, 1, 4096), 4096 / 16);
  EXPECT_EQ(bytes_of_scales_read(scales_mxfp8, 3, 64), 3 * 2);
  EXPECT_EQ(bytes_of_scales_read(*gemm_scalings[1].a, 2, 512), 2 * 4 * 4);
  EXPECT_LT(bytes_of_scales_read(scales_nvfp4, 1, 4096), bytes_of_scales(scales_nvfp4, 1, 4096));
}

TEST(BlockScales, BothCopiesHoldTheSame) {
  for (const BlockScales& scales : every_kind)
    for (const auto [lines, k] : extents) {
      const ScalesOfOperand made = make_scales(scales, lines, k, 7, 3);
      const auto size = static_cast<std::size_t>(size_of(scales.format));
      EXPECT_EQ(made.stored.size() + 4 * made.values.size(),
                static_cast<std::size_t>(bytes_of_scales(scales, lines, k)));
      std::size_t next = 0;
      for (std::int64_t l = 0; l < scales.line_blocks(lines); ++l)
        for (std::int64_t b = 0; b < scales.k_blocks(k); ++b, ++next) {
          std::uint32_t bits = 0;
          const auto at = size * static_cast<std::size_t>(scales.place(l, b, lines, k));
          for (std::size_t i = 0; i < size; ++i) bits |= std::uint32_t{made.stored[at + i]} << 8 * i;
          ASSERT_EQ(decoded(scales.format, bits), made.values[next]) << l << ", " << b;
        }
      EXPECT_EQ(next, made.values.size());
    }
}

TEST(GemmScaling, BlocksOfBothOperandsAreAsLongAlongK) {
  for (const GemmScaling& scaling : gemm_scalings) {
    EXPECT_EQ(scaling.a.has_value(), scaling.b.has_value()) << scaling.name;
    EXPECT_EQ(scaling.of_blocks(), scaling.name != "tensor");
    if (!scaling.of_blocks()) continue;
    EXPECT_EQ(scaling.a->elements, scaling.b->elements) << scaling.name;
  }
}

}  // namespace
}  // namespace petaproof

// The index maths of gemm/hopper by brute force: which block computes which tile, what lies where in shared memory,
// which thread holds which element. hopper_gemm_test.cpp runs the kernel that uses them.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <vector>

#include "kernels/gemm/hopper/layout.hpp"
#include "kernels/gemm/hopper/tiles.hpp"

namespace petaproof::hopper {
namespace {

std::vector<GemmDims> many_shapes() {
  std::vector<GemmDims> shapes;
  for (int m : {64, 128, 192, 1024, 2048, 2112, 4096, 8192, 16384})
    for (int n : {64, 256, 320, 2048, 11008, 16384}) shapes.push_back({m, n, 64});
  shapes.push_back({65536, 65536, 64});
  return shapes;
}

template <int cluster>
void expect_every_tile_once() {
  for (const GemmDims dims : many_shapes()) {
    const int rows = divide_up(dims.m, cluster * tile_m) * cluster, columns = divide_up(dims.n, tile_n);
    for (int blocks : {cluster, 2 * cluster, 114, 132}) {
      std::vector<int> visits(static_cast<std::size_t>(rows * columns));
      for (int block = 0; block < blocks; ++block)
        for (TileSchedule<cluster> tile(dims, block, blocks); !tile.done(); tile.next()) {
          ASSERT_EQ(tile.row() % tile_m, 0);
          ASSERT_EQ(tile.column() % tile_n, 0);
          const int i = tile.row() / tile_m, j = tile.column() / tile_n;
          ASSERT_LT(i, rows);
          ASSERT_LT(j, columns);
          ASSERT_EQ(i % cluster, block % cluster) << "blocks of a pair lie one above the other";
          ++visits[static_cast<std::size_t>(i * columns + j)];
        }
      ASSERT_THAT(visits, ::testing::Each(1)) << dims.m << " x " << dims.n << " on " << blocks << " blocks";
    }
    EXPECT_EQ(TileSchedule<cluster>(dims, 0, cluster).blocks(), rows * columns);
  }
}

TEST(HopperSchedule, EveryTileIsComputedOnce) {
  expect_every_tile_once<1>();
  expect_every_tile_once<2>();
}

// The loader and the other block of a pair wait for each other slice by slice, so their lists must be of one length.
TEST(HopperSchedule, BlocksOfAPairGoTogether) {
  for (const GemmDims dims : many_shapes())
    for (int pair = 0; pair < 66; ++pair) {
      TileSchedule<2> upper(dims, 2 * pair, 132), lower(dims, 2 * pair + 1, 132);
      for (; !upper.done(); upper.next(), lower.next()) {
        ASSERT_FALSE(lower.done());
        ASSERT_EQ(upper.column(), lower.column());
        ASSERT_EQ(upper.row() + tile_m, lower.row());
      }
      ASSERT_TRUE(lower.done());
    }
}

// Elements of A and B, per k, that 132 blocks read at a time: row by row it would be 5 x 128 + 32 x 256 of them.
template <int cluster>
int elements_at_once(GemmDims dims, int wave) {
  std::set<int> rows, columns;
  for (int block = 0; block < 132; ++block) {
    TileSchedule<cluster> tile(dims, block, 132);
    for (int i = 0; i < wave; ++i) tile.next();
    if (tile.done()) continue;
    rows.insert(tile.row());
    columns.insert(tile.column());
  }
  return static_cast<int>(rows.size()) * tile_m + static_cast<int>(columns.size()) * tile_n;
}

TEST(HopperSchedule, WhatRunsAtOnceSharesItsOperands) {
  const GemmDims dims{8192, 8192, 64};
  for (int wave = 0; wave < 15; ++wave) {
    // 16 rows of tiles, 32 where two bands meet; 8.25 columns, which touch 10 at most, 5 in either band
    EXPECT_LE(elements_at_once<1>(dims, wave), 32 * tile_m + 12 * tile_n) << wave;
    EXPECT_LE(elements_at_once<2>(dims, wave), 32 * tile_m + 12 * tile_n) << wave;
  }
  EXPECT_EQ(elements_at_once<1>(dims, 0), 16 * tile_m + 9 * tile_n);
}

TEST(HopperRing, GoesRoundTheStagesAndTurnsTheParity) {
  RingPosition<stages> at;
  for (int i = 0; i < 5 * stages; ++i, at.advance()) {
    EXPECT_EQ(at.stage, i % stages);
    EXPECT_EQ(at.parity, static_cast<unsigned>(i / stages % 2));
  }
}

TEST(HopperShared, NothingOverlaps) {
  struct Range {
    std::uint32_t begin, bytes;
    bool swizzled;
  };
  std::vector<Range> ranges;
  for (int s = 0; s < stages; ++s) {
    ranges.push_back({offset::a(s), tile_m * tile_k * 2, true});
    ranges.push_back({offset::b(s), tile_k * tile_n * 2, true});
    ranges.push_back({offset::full(s), 8, false});
    ranges.push_back({offset::empty(s), 8, false});
  }
  for (int w = 0; w < consumers; ++w)
    for (int i = 0; i < c_buffers; ++i) ranges.push_back({offset::c(w, i), wgmma_m * box_columns * 2, true});
  std::ranges::sort(ranges, {}, &Range::begin);
  std::uint32_t end = 0;
  for (const Range& range : ranges) {
    EXPECT_EQ(range.begin, end) << "overlap or gap";
    EXPECT_EQ(range.begin % (range.swizzled ? 1024 : 8), 0u);
    end = range.begin + range.bytes;
  }
  for (std::uint32_t base = 0x400; base < 0x900; base += 16) {
    EXPECT_EQ(align_shared(base) % 1024, 0u);
    EXPECT_GE(align_shared(base), base);
    EXPECT_LE(align_shared(base) + end, base + shared_bytes) << "beyond what the launch asks for";
  }
}

TEST(HopperLayout, SwizzleIsThePieceXorTheRow) {
  std::set<std::uint32_t> seen;
  for (std::uint32_t offset = 0; offset < c_box_bytes; ++offset) {
    const std::uint32_t row = offset / 128, piece = offset % 128 / 16;
    ASSERT_EQ(swizzled(offset), row * 128 + (piece ^ row % 8) * 16 + offset % 16);
    seen.insert(swizzled(offset));
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(c_box_bytes));
}

TEST(HopperLayout, DescriptorsHaveTheFieldsOfTheIsa) {
  const auto field = [](std::uint64_t x, int first, int bits) {
    return x >> first & ((std::uint64_t{1} << bits) - 1);
  };
  for (int s = 0; s < stages; ++s) {
    const std::uint32_t a = 0x400 + offset::a(s), b = 0x400 + offset::b(s);
    for (const auto& [bits, address, leading] :
         {std::tuple{a_descriptor(a), a, 16u}, {b_descriptor(b), b, 64u * 64 * 2}}) {
      EXPECT_EQ(field(bits, 0, 14) * 16, address);
      EXPECT_EQ(field(bits, 16, 14) * 16, leading);
      EXPECT_EQ(field(bits, 32, 14) * 16, 1024u);
      EXPECT_EQ(field(bits, 62, 2), 1u);
      EXPECT_EQ(field(bits, 14, 2) | field(bits, 30, 2) | field(bits, 46, 16), 0u);
    }
    // steps along k stay in the address field
    EXPECT_EQ(a_descriptor(a) + 3 * a_step, a_descriptor(a + 3 * 32));
    EXPECT_EQ(b_descriptor(b) + 3 * b_step, b_descriptor(b + 3 * 16 * 128));
  }
}

TEST(HopperLayout, EverySumHasOnePlace) {
  std::set<std::pair<int, int>> seen;
  for (int thread = 0; thread < warpgroup_threads; ++thread)
    for (int i = 0; i < sums_per_thread; ++i) {
      const auto [row, column] = sum_position(thread, i);
      ASSERT_TRUE(row >= 0 && row < wgmma_m && column >= 0 && column < tile_n);
      seen.emplace(row, column);
    }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(wgmma_m * tile_n));
}

// stmatrix puts a thread's two elements of matrix q into row lane / 4, columns 2 (lane % 4) and one more, and that
// row is where lane 8 q + lane / 4 said.
TEST(HopperLayout, StmatrixPutsEverySumWhereTheCopyEngineLooks) {
  for (int box = 0; box < c_boxes; ++box) {
    std::set<std::uint32_t> seen;
    for (int thread = 0; thread < warpgroup_threads; ++thread)
      for (int pair = 0; pair < pairs_per_box; ++pair)
        for (int q = 0; q < 4; ++q)
          for (int odd = 0; odd < 2; ++odd) {
            const int lane = thread % 32, sum = 8 * (box * pairs_per_box + pair) + 2 * q + odd;
            const int row_lane = thread - lane + 8 * q + lane / 4;
            const std::uint32_t at =
                stmatrix_offset(row_lane, pair) + static_cast<std::uint32_t>(4 * (lane % 4) + 2 * odd);
            const auto [row, column] = sum_position(thread, sum);
            ASSERT_EQ(column / box_columns, box);
            ASSERT_EQ(at, swizzled(static_cast<std::uint32_t>(row * 128 + column % box_columns * 2)));
            seen.insert(at);
          }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(wgmma_m * box_columns));
  }
}

// Eight rows of a matrix go to shared memory at once: 16 bytes in each of the eight groups of four banks.
TEST(HopperLayout, StmatrixHasNoBankConflicts) {
  for (int warp = 0; warp < 4; ++warp)
    for (int pair = 0; pair < pairs_per_box; ++pair)
      for (int q = 0; q < 4; ++q) {
        std::set<std::uint32_t> groups;
        for (int row = 0; row < 8; ++row) groups.insert(stmatrix_offset(32 * warp + 8 * q + row, pair) / 16 % 8);
        EXPECT_EQ(groups.size(), 8u);
      }
}

}  // namespace
}  // namespace petaproof::hopper

// The index maths of attention/hopper by brute force: which block computes which tile and when, which keys a tile
// goes through, what lies where in shared memory. cuda_on_cpu/hopper_attention_test.cpp runs the kernel that uses
// them.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <vector>

#include "kernels/attention/hopper/mask.hpp"
#include "kernels/attention/hopper/schedule.hpp"
#include "kernels/attention/hopper/tiles.hpp"

namespace petaproof::hopper_attention {
namespace {

constexpr std::int64_t h200_cache = 50 << 20;

AttentionShape shape(std::int64_t batch, std::int64_t heads, std::int64_t kv_heads, std::int64_t sq, std::int64_t sk,
                     AttentionMask mask = AttentionMask::causal) {
  return {
      .batch = batch, .heads = heads, .kv_heads = kv_heads, .sq = sq, .sk = sk, .dqk = 128, .dv = 128, .mask = mask};
}

std::vector<AttentionShape> many_shapes() {
  return {shape(1, 1, 1, 1, 1),          shape(2, 8, 2, 113, 203),     shape(3, 5, 5, 640, 640),
          shape(1, 64, 8, 16384, 16384), shape(2, 64, 8, 8192, 8192),  shape(32, 64, 8, 512, 512),
          shape(4, 32, 32, 4096, 4096),  shape(1, 8, 1, 131072, 8192), shape(7, 6, 3, 1000, 5000)};
}

TEST(HopperAttentionSchedule, EveryTileIsComputedOnce) {
  for (const AttentionShape& s : many_shapes())
    for (int blocks : {1, 7, 114, 132}) {
      const Work work = work_of(s, h200_cache);
      std::vector<int> visits(static_cast<std::size_t>(work.tiles()));
      for (int block = 0; block < blocks; ++block)
        for (TileSchedule tile(work, block, blocks); !tile.done(); tile.next()) {
          ASSERT_EQ(tile.row() % tile_queries, 0);
          ASSERT_TRUE(tile.row() >= 0 && tile.row() < s.sq);
          ASSERT_TRUE(tile.head() < s.heads && tile.sequence() < s.batch);
          ASSERT_EQ(tile.kv_head(), tile.head() / s.group());
          const auto head = tile.sequence() * s.heads + tile.head();
          ++visits[static_cast<std::size_t>(head * work.row_tiles() + tile.row() / tile_queries)];
        }
      ASSERT_THAT(visits, ::testing::Each(1)) << s.batch << " x " << s.heads << " x " << s.sq << " on " << blocks;
    }
}

// Work of the block that has most of it over the mean, a tile being its blocks of keys and one for what else it
// takes.
double imbalance(const AttentionShape& s, int blocks) {
  const Work work = work_of(s, h200_cache);
  const Mask mask = mask_of(s);
  std::int64_t most = 0, all = 0;
  for (int block = 0; block < blocks; ++block) {
    std::int64_t mine = 0;
    for (TileSchedule tile(work, block, blocks); !tile.done(); tile.next()) mine += mask.blocks(tile.row()) + 1;
    most = std::max(most, mine);
    all += mine;
  }
  return static_cast<double>(most) * blocks / static_cast<double>(all);
}

// Causal shapes of 16,384 tokens; 62.06 tiles for each of 132 blocks make 63, so that 1.015 is what they would be at
// without a mask. If turns were not reversed, 1.028 would be the most of the first nine.
TEST(HopperAttentionSchedule, BlocksHaveAsMuchToDoUnderACausalMask) {
  for (std::int64_t sequence = 512; sequence <= 131072; sequence *= 2) {
    const std::int64_t batch = std::max<std::int64_t>(1, 16384 / sequence);
    EXPECT_LT(imbalance(shape(batch, 64, 8, sequence, sequence), 132), 1.027) << sequence;
    EXPECT_LT(imbalance(shape(batch, 32, 32, sequence, sequence), 132), 1.075) << sequence;
  }
}

// What 132 blocks read at a time stays in L2: they are in one section or two neighbouring ones, each of which takes
// half at most unless one group of heads takes more.
TEST(HopperAttentionSchedule, WhatRunsAtOnceSharesItsKeys) {
  const AttentionShape s = shape(4, 32, 32, 8192, 8192);  // 4 MiB of keys and values a head
  const Work work = work_of(s, h200_cache);
  EXPECT_EQ(work.section_heads, 6);
  for (int wave = 0; wave < 60; ++wave) {
    std::set<int> heads;
    for (int block = 0; block < 132; ++block) {
      TileSchedule tile(work, block, 132);
      for (int i = 0; i < wave; ++i) tile.next();
      if (!tile.done()) heads.insert(tile.sequence() * 32 + tile.head());
    }
    EXPECT_LE(heads.size(), 12u) << wave;
  }
  EXPECT_EQ(heads_of_a_section(shape(1, 64, 8, 131072, 131072), h200_cache), 8) << "a group at least";
  EXPECT_EQ(heads_of_a_section(shape(2, 64, 8, 128, 128), h200_cache), 128) << "all there are at most";
}

TEST(HopperAttentionMask, IsThatOfTheShape) {
  for (auto mask : {AttentionMask::causal, AttentionMask::full})
    for (std::int64_t sq : {1, 64, 113, 128, 203, 400})
      for (std::int64_t sk : {1, 113, 128, 203, 400}) {
        const AttentionShape s = shape(1, 1, 1, sq, sk, mask);
        const Mask of = mask_of(s);
        for (int row = 0; row < sq; ++row) ASSERT_EQ(of.visible_keys(row), s.visible_keys(row));
      }
}

TEST(HopperAttentionMask, ATileGoesThroughAllThatItSeesAndNoMore) {
  for (auto mask : {AttentionMask::causal, AttentionMask::full})
    for (std::int64_t sq : {1, 64, 113, 128, 203, 400, 700})
      for (std::int64_t sk : {1, 113, 128, 203, 400, 700}) {
        const AttentionShape s = shape(1, 1, 1, sq, sk, mask);
        const Mask of = mask_of(s);
        for (int first = 0; first < sq; first += tile_queries) {
          std::set<int> seen;  // blocks of which any query sees any key
          for (int row = first; row < std::min<std::int64_t>(first + tile_queries, sq); ++row)
            for (int key = 0; key < s.visible_keys(row); ++key) seen.insert(key / block_keys);
          ASSERT_EQ(of.blocks(first), static_cast<int>(seen.size())) << sq << " x " << sk << ", " << first;
          ASSERT_TRUE(seen.empty() || *seen.rbegin() == of.blocks(first) - 1);
        }
        for (int first = 0; first < sq; first += wgmma_m)
          for (int block = 0; block < of.unmasked_blocks(first); ++block)
            for (int row = first; row < std::min<std::int64_t>(first + wgmma_m, sq); ++row)
              ASSERT_GE(s.visible_keys(row), (block + 1) * block_keys);
      }
}

template <int d>
void expect_nothing_overlaps() {
  using T = Tiles<d>;
  struct Range {
    std::uint32_t begin, bytes;
  };
  std::vector<Range> ranges{{T::q(), tile_queries * d * 2}, {T::q_full(), 8}, {T::q_empty(), 8}};
  for (int stage = 0; stage < T::stages; ++stage) {
    ranges.push_back({T::k(stage), block_keys * d * 2});
    ranges.push_back({T::v(stage), block_keys * d * 2});
    for (std::uint32_t barrier : {T::k_full(stage), T::k_empty(stage), T::v_full(stage), T::v_empty(stage)})
      ranges.push_back({barrier, 8});
  }
  for (int warpgroup = 0; warpgroup < consumers; ++warpgroup)
    for (int box = 0; box < T::boxes; ++box) ranges.push_back({T::o(warpgroup, box), wgmma_m * box_columns * 2});
  std::ranges::sort(ranges, {}, &Range::begin);
  std::uint32_t end = 0;
  for (const Range& range : ranges) {
    EXPECT_EQ(range.begin, end) << "overlap or gap";
    EXPECT_EQ(range.begin % (range.bytes == 8 ? 8 : 1024), 0u);
    end = range.begin + range.bytes;
  }
  EXPECT_EQ(end, T::end());
  for (std::uint32_t base = 0x400; base < 0x900; base += 16)
    EXPECT_LE(align_shared(base) + end, base + T::shared_bytes()) << "beyond what the launch asks for";
}

TEST(HopperAttentionShared, NothingOverlaps) {
  expect_nothing_overlaps<64>();
  expect_nothing_overlaps<128>();
}

// P leaves the first product as sums and enters the second as an operand, from the same registers.
TEST(HopperAttentionLayout, SumsAreWhereTheOperandIs) {
  for (int thread = 0; thread < warpgroup_threads; ++thread)
    for (int step = 0; step < block_keys / wgmma_k; ++step)
      for (int r = 0; r < 4; ++r)
        for (int half = 0; half < 2; ++half) {
          const auto sum = wgmma::sum_position(thread, 8 * step + 2 * r + half);
          const auto operand = wgmma::a_position(thread, r, half);
          ASSERT_EQ(sum.row, operand.row);
          ASSERT_EQ(sum.column, 16 * step + operand.column);
        }
}

// Descriptors of further steps: added to the first's, as the kernel does, they are those of the addresses.
TEST(HopperAttentionLayout, StepsStayInTheAddressField) {
  using T = Tiles<128>;
  for (std::uint32_t tile : {T::q(), T::k(0), T::k(T::stages - 1)})
    for (int step = 0; step < 8; ++step) {
      const std::uint32_t to = step / 4 * 128 * 128 + step % 4 * 32;
      EXPECT_EQ(k_major_descriptor(0x400 + tile) + k_major_step(step), k_major_descriptor(0x400 + tile + to));
    }
  for (std::uint32_t tile : {T::v(0), T::v(T::stages - 1)})
    for (int step = 0; step < 8; ++step)
      EXPECT_EQ(v_descriptor(0x400 + tile) + step * v_step, v_descriptor(0x400 + tile + step * 16 * 128));
  EXPECT_EQ(v_descriptor(0x400) >> 16 & 0x3FFF, 128u * 128 / 16) << "leading: the next 64 elements of d";
  EXPECT_EQ(v_descriptor(0x400) >> 32 & 0x3FFF, 1024u / 16) << "stride: the next 8 keys";
}

}  // namespace
}  // namespace petaproof::hopper_attention

// Which thread block of attention/hopper computes which tiles, and in which order.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/attention/hopper/tiles.hpp"
#include "kernels/attention/shape.hpp"

namespace petaproof::hopper_attention {

/// What indices of 32 bits can count, a turn beyond the last included.
inline constexpr std::int64_t most_tiles = std::int64_t{1} << 30;

/// What the schedule must know of a case.
struct Work {
  int batch = 1, heads = 1, group = 1;  // `group` heads of queries read one head of keys and values
  int sq = 1;
  int section_heads = 1;  // see heads_of_a_section

  constexpr int row_tiles() const { return divide_up(sq, tile_queries); }
  constexpr int all_heads() const { return batch * heads; }
  constexpr std::int64_t tiles() const { return std::int64_t{all_heads()} * row_tiles(); }
};

/// Heads of queries whose tiles run at the same time, so that their keys and values stay in L2, of which they take
/// half: if each of 132 tiles read its own head's from memory, that would be 5 TB/s (8,192 keys, d = 128: 4 MB each,
/// every 0.11 ms). Whole groups, at least one, and about as many in the last section as in the others.
constexpr int heads_of_a_section(const AttentionShape& shape, std::int64_t cache_bytes) {
  const std::int64_t kv_bytes = shape.sk * (shape.dqk + shape.dv) * 2;
  const std::int64_t most = std::max<std::int64_t>(1, cache_bytes / 2 / kv_bytes),
                     groups = shape.batch * shape.kv_heads;
  const std::int64_t sections = (groups + most - 1) / most;
  return static_cast<int>((groups + sections - 1) / sections * shape.group());
}

constexpr Work work_of(const AttentionShape& shape, std::int64_t cache_bytes) {
  return {.batch = static_cast<int>(shape.batch),
          .heads = static_cast<int>(shape.heads),
          .group = static_cast<int>(shape.group()),
          .sq = static_cast<int>(shape.sq),
          .section_heads = heads_of_a_section(shape, cache_bytes)};
}

/// The tiles of one thread block of `blocks`, in the order in which loader and consumers go through them. Section
/// after section; within one the tiles that are longest under a causal mask, the last queries', come first, of all
/// its heads, since a long tile that begins last is waited for. The blocks take tiles in turns, every other turn in
/// reverse, so that who had the longest of one turn has the shortest of the next.
class TileSchedule {
 public:
  constexpr TileSchedule(const Work& work, int block, int blocks)
      : work_(work), tiles_(static_cast<int>(work.tiles())), block_(block), blocks_(blocks) {
    find(block);
  }

  constexpr bool done() const { return index_ >= tiles_; }
  constexpr void next() {
    ++turn_;
    find(turn_ * blocks_ + (turn_ % 2 == 0 ? block_ : blocks_ - 1 - block_));
  }

  /// The first query of the tile.
  constexpr int row() const { return row_; }
  constexpr int sequence() const { return sequence_; }
  constexpr int head() const { return head_; }
  constexpr int kv_head() const { return head_ / work_.group; }

 private:
  constexpr void find(int index) {
    index_ = index;
    if (done()) return;
    const int first = index / (work_.section_heads * work_.row_tiles()) * work_.section_heads;  // head of the section
    const int in_section = index - first * work_.row_tiles();
    const int left = work_.all_heads() - first, heads = left < work_.section_heads ? left : work_.section_heads;
    const int longest_first = in_section / heads, head = first + in_section - longest_first * heads;
    row_ = (work_.row_tiles() - 1 - longest_first) * tile_queries;
    sequence_ = head / work_.heads;
    head_ = head - sequence_ * work_.heads;
  }

  Work work_;
  int tiles_, block_, blocks_;
  int turn_ = 0, index_ = 0;
  int row_ = 0, sequence_ = 0, head_ = 0;
};

}  // namespace petaproof::hopper_attention

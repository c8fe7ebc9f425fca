// Which thread block of attention/hopper computes which tiles, and in which order.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/attention/hopper/tiles.hpp"
#include "kernels/attention/shape.hpp"

namespace petaproof::hopper_attention {

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
      : work_(work), block_(block), blocks_(blocks), index_(block) {}

  constexpr bool done() const { return index_ >= work_.tiles(); }
  constexpr void next() {
    ++turn_;
    const int place = turn_ % 2 == 0 ? block_ : blocks_ - 1 - block_;
    index_ = std::int64_t{turn_} * blocks_ + place;
  }

  /// The first query of the tile.
  constexpr int row() const {
    return (work_.row_tiles() - 1 - static_cast<int>(in_section() / heads())) * tile_queries;
  }
  constexpr int sequence() const { return head_of_all() / work_.heads; }
  constexpr int head() const { return head_of_all() % work_.heads; }
  constexpr int kv_head() const { return head() / work_.group; }

 private:
  constexpr std::int64_t section_tiles() const { return std::int64_t{work_.section_heads} * work_.row_tiles(); }
  constexpr int section() const { return static_cast<int>(index_ / section_tiles()); }
  constexpr std::int64_t in_section() const { return index_ % section_tiles(); }
  constexpr int heads() const {  // the last section may have fewer
    const int left = work_.all_heads() - section() * work_.section_heads;
    return left < work_.section_heads ? left : work_.section_heads;
  }
  constexpr int head_of_all() const {
    return section() * work_.section_heads + static_cast<int>(in_section() % heads());
  }

  Work work_;
  int block_, blocks_;
  int turn_ = 0;
  std::int64_t index_;
};

}  // namespace petaproof::hopper_attention

// Which blocks of keys a tile of queries goes through in attention/hopper, and which of their pairs it sees: the mask
// of kernels/attention/shape.hpp, in the numbers of a kernel.
#pragma once

#include "kernels/attention/hopper/tiles.hpp"
#include "kernels/attention/shape.hpp"

namespace petaproof::hopper_attention {

struct Mask {
  int sq = 0, sk = 0;
  bool causal = false;

  /// Query `row` sees keys 0 to visible_keys(row) - 1. Rows from sq on, which a tile may have, are nobody's.
  constexpr int visible_keys(int row) const {
    if (!causal) return sk;
    const int visible = row + 1 + sk - sq;
    return visible < 0 ? 0 : visible < sk ? visible : sk;
  }
  /// Blocks of keys that a tile which begins at query `first` goes through, from the last to block 0: its last query
  /// sees the most.
  constexpr int blocks(int first) const {
    const int last = first + tile_queries < sq ? first + tile_queries - 1 : sq - 1;
    return divide_up(visible_keys(last), block_keys);
  }
  /// Of these, the first ones that every query from `first` on sees all of; the others are masked pair by pair.
  constexpr int unmasked_blocks(int first) const { return visible_keys(first) / block_keys; }
};

constexpr Mask mask_of(const AttentionShape& shape) {
  return {static_cast<int>(shape.sq), static_cast<int>(shape.sk), shape.mask == AttentionMask::causal};
}

}  // namespace petaproof::hopper_attention

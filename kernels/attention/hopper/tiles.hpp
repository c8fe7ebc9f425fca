// The sizes of attention/hopper and where in shared memory what lies: index maths alone, so that the unit tests go
// through all of it on the CPU.
#pragma once

#include <cstdint>

#include "kernels/device/stage_ring.hpp"
#include "kernels/device/wgmma_layout.hpp"

namespace petaproof::hopper_attention {

using wgmma::box_columns;
using wgmma::warpgroup_threads;
using wgmma::wgmma_k;
using wgmma::wgmma_m;

// A thread block computes 128 queries of one head, block of 128 keys by block of 128 keys. Two warpgroups multiply,
// each for 64 of the queries; one more holds the thread that loads.
inline constexpr int tile_queries = 128, block_keys = 128;
inline constexpr int consumers = 2;  // warpgroups that multiply
inline constexpr int block_threads = (consumers + 1) * warpgroup_threads;
inline constexpr int consumer_warps = consumers * warpgroup_threads / 32;
inline constexpr int scores_per_thread = wgmma_m * block_keys / warpgroup_threads;

// d elements of a query, key or value lie in d / 64 boxes, one behind the other.
inline constexpr int row_bytes = wgmma::swizzle_row_bytes;
inline constexpr int box_bytes = 128 * row_bytes;  // 128 queries or keys
inline constexpr int o_box_bytes = wgmma_m * row_bytes;

/// d: elements of a query, a key and a value, 64 or 128.
template <int d>
struct Tiles {
  static_assert(d == 64 || d == 128);
  static constexpr int boxes = d / box_columns;
  static constexpr int tile_bytes = boxes * box_bytes;  // of 128 queries, 128 keys or 128 values
  /// As many blocks of keys and of values in flight as shared memory holds beside the queries and the output.
  static constexpr int stages = d == 64 ? 6 : 2;
  static constexpr int sums = wgmma_m * d / warpgroup_threads;  // of the output, of one thread

  // Offsets in shared memory. Whatever is swizzled begins at a multiple of 1024, where the pattern repeats.
  static constexpr std::uint32_t q() { return 0; }
  static constexpr std::uint32_t k(int stage) { return static_cast<std::uint32_t>((1 + stage) * tile_bytes); }
  static constexpr std::uint32_t v(int stage) { return k(stages) + static_cast<std::uint32_t>(stage * tile_bytes); }
  static constexpr std::uint32_t o(int warpgroup, int box) {
    return v(stages) + static_cast<std::uint32_t>((warpgroup * boxes + box) * o_box_bytes);
  }
  // mbarriers, 8 bytes each
  static constexpr std::uint32_t q_full() { return o(consumers, 0); }
  static constexpr std::uint32_t q_empty() { return q_full() + 8; }
  static constexpr std::uint32_t k_full(int stage) { return barrier(0, stage); }
  static constexpr std::uint32_t k_empty(int stage) { return barrier(1, stage); }
  static constexpr std::uint32_t v_full(int stage) { return barrier(2, stage); }
  static constexpr std::uint32_t v_empty(int stage) { return barrier(3, stage); }
  static constexpr std::uint32_t end() { return barrier(4, 0); }
  /// What a launch asks for: the base of a block's shared memory is not promised to be aligned.
  static constexpr std::uint32_t shared_bytes() { return end() + wgmma::swizzle_atom_bytes; }

 private:
  static constexpr std::uint32_t barrier(int kind, int stage) {
    return q_empty() + 8 + static_cast<std::uint32_t>(8 * (kind * stages + stage));
  }
};
static_assert(Tiles<64>::shared_bytes() <= most_shared_bytes && Tiles<128>::shared_bytes() <= most_shared_bytes);

// --- what wgmma sees

/// Queries and keys, K-major: rows of 64 elements, then the next box.
constexpr std::uint64_t k_major_descriptor(std::uint32_t address) {
  return wgmma::k_major_descriptor(address);
}
/// Elements 16 step to 16 step + 15 of each row, added to that descriptor: 32 bytes further in the same row, which
/// the hardware swizzles; after 64 elements the next box.
constexpr std::uint32_t k_major_step(int step) {
  constexpr int steps_per_box = box_columns / wgmma_k;
  return static_cast<std::uint32_t>(step / steps_per_box * box_bytes + step % steps_per_box * wgmma_k * 2) >> 4;
}

/// Values, MN-major: they are taken as they lie, rows of 64 elements of d. Leading: from one box to the next. Stride:
/// from 8 keys to the next 8.
constexpr std::uint64_t v_descriptor(std::uint32_t address) {
  return wgmma::descriptor(address, box_bytes, wgmma::swizzle_atom_bytes);
}
/// The next 16 keys.
inline constexpr std::uint32_t v_step = wgmma_k * row_bytes >> 4;
static_assert(v_step * 16 % wgmma::swizzle_atom_bytes == 0);

}  // namespace petaproof::hopper_attention

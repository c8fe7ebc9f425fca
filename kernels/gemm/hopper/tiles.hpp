// Who computes what in gemm/hopper, and where in shared memory it lies: index maths alone, so that the unit tests go
// through all of it on the CPU.
#pragma once

#include <cstdint>

#include "kernels/device/stage_ring.hpp"

namespace petaproof::hopper {

using wgmma::box_columns;
using wgmma::warpgroup_threads;
using wgmma::wgmma_k;
using wgmma::wgmma_m;

// A thread block computes a tile of C, [tile_m, tile_n], over slices of tile_k. Two warpgroups multiply, each its own
// 64 of the 128 rows by the widest instruction there is, m64n256k16; one more holds the thread that loads.
inline constexpr int tile_m = 128, tile_n = 256, tile_k = 64;
inline constexpr int consumers = 2;  // warpgroups that multiply
inline constexpr int block_threads = (consumers + 1) * warpgroup_threads;
inline constexpr int consumer_warps = consumers * warpgroup_threads / 32;
inline constexpr int sums_per_thread = wgmma_m * tile_n / warpgroup_threads;

inline constexpr int row_bytes = wgmma::swizzle_row_bytes;
inline constexpr int a_bytes = tile_m * row_bytes;      // [128 m, 64 k], one box
inline constexpr int b_box_bytes = tile_k * row_bytes;  // [64 k, 64 n], of which tile_n takes four side by side
inline constexpr int b_boxes = tile_n / box_columns;
inline constexpr int b_bytes = b_boxes * b_box_bytes;
inline constexpr int c_box_bytes = wgmma_m * row_bytes;  // [64 m, 64 n], on the way out
inline constexpr int c_boxes = tile_n / box_columns;

// As many slices in flight as shared memory holds beside two boxes of C for each warpgroup.
inline constexpr int stages = 4;
inline constexpr int c_buffers = 2;

/// Offsets in shared memory. Whatever is swizzled begins at a multiple of 1024, where the pattern repeats.
namespace offset {
constexpr std::uint32_t a(int stage) {
  return static_cast<std::uint32_t>(stage * a_bytes);
}
constexpr std::uint32_t b(int stage) {
  return a(stages) + static_cast<std::uint32_t>(stage * b_bytes);
}
constexpr std::uint32_t c(int warpgroup, int buffer) {
  return b(stages) + static_cast<std::uint32_t>((warpgroup * c_buffers + buffer) * c_box_bytes);
}
constexpr std::uint32_t full(int stage) {  // mbarriers, 8 bytes each
  return c(consumers, 0) + static_cast<std::uint32_t>(8 * stage);
}
constexpr std::uint32_t empty(int stage) {
  return full(stages) + static_cast<std::uint32_t>(8 * stage);
}
}  // namespace offset
/// What a launch asks for: the base of a block's shared memory is not promised to be aligned.
inline constexpr std::uint32_t shared_bytes = offset::empty(stages) + wgmma::swizzle_atom_bytes;
static_assert(shared_bytes <= most_shared_bytes);

struct GemmDims {
  int m = 0, n = 0, k = 0;
};

/// The tiles of C that one thread block computes, in the order in which both sides go through them. With clusters a
/// pair of blocks takes two tiles one above the other, and so shares its columns of B.
///
/// Blocks that run at the same time take consecutive indices, so consecutive indices lie in a part of C that is as
/// square as possible: bands of 16 tile rows are walked column by column, and 132 blocks cover 16 x 8.25 tiles, which
/// is 2048 x 2112 elements. That part needs the fewest bytes of A and B from L2 and memory.
template <int cluster>
class TileSchedule {
 public:
  static constexpr int band_rows = 16 / cluster;  // in units of `cluster` tiles

  constexpr TileSchedule(GemmDims dims, int block, int blocks)
      : rows_(divide_up(dims.m, cluster * tile_m)),
        columns_(divide_up(dims.n, tile_n)),
        index_(block / cluster),
        step_(blocks / cluster),
        rank_(block % cluster) {}

  /// Thread blocks that have something to do.
  constexpr int blocks() const { return rows_ * columns_ * cluster; }

  constexpr bool done() const { return index_ >= rows_ * columns_; }
  constexpr void next() { index_ += step_; }
  /// First row and column of C in the tile. The lower tile of the last pair may lie below C altogether.
  constexpr int row() const {
    return (band() * band_rows + in_band() % height()) * cluster * tile_m + rank_ * tile_m;
  }
  constexpr int column() const { return in_band() / height() * tile_n; }

 private:
  constexpr int band() const { return index_ / (band_rows * columns_); }
  constexpr int in_band() const { return index_ % (band_rows * columns_); }
  constexpr int height() const {  // the last band may be lower
    const int left = rows_ - band() * band_rows;
    return left < band_rows ? left : band_rows;
  }

  int rows_, columns_, index_, step_, rank_;
};

}  // namespace petaproof::hopper

// How the tiles of gemm/hopper lie in shared memory: kernels/device/wgmma_layout.hpp says how wgmma sees them, and
// the PTX ISA, "stmatrix", how sums leave. The unit tests read a tile through these formulas, written down a second
// time as the ISA has them, and multiply.
#pragma once

#include <cstdint>

#include "kernels/device/wgmma_layout.hpp"
#include "kernels/gemm/hopper/tiles.hpp"

namespace petaproof::hopper {

using wgmma::sum_position;
using wgmma::swizzled;

/// A: rows of 64 k, 128 bytes each ("K-major").
constexpr std::uint64_t a_descriptor(std::uint32_t address) {
  return wgmma::k_major_descriptor(address);
}
/// The next 16 k: 32 bytes further in the same row. The hardware swizzles the sum of addresses, so this is a plain
/// addition.
inline constexpr std::uint32_t a_step = wgmma_k * 2 >> 4;

/// B: rows of 64 n, 128 bytes each ("MN-major": B is taken as it lies in memory). Leading: from 64 n to the next 64,
/// one box. Stride: from 8 k to the next 8.
constexpr std::uint64_t b_descriptor(std::uint32_t address) {
  return wgmma::descriptor(address, b_box_bytes, wgmma::swizzle_atom_bytes);
}
/// The next 16 k: 16 rows further.
inline constexpr std::uint32_t b_step = wgmma_k * row_bytes >> 4;
static_assert(b_step * 16 % shared_alignment == 0);

/// On the way out eight sums of each thread, i = 8p .. 8p + 7, are the four 8 x 8 matrices that one stmatrix stores:
/// sums 8p + 2q and 8p + 2q + 1, rounded and packed, are the thread's part of matrix q; odd matrices are 8 rows
/// further down, the last two 8 columns further right. The address is where this thread's row lies: row lane % 8 of
/// matrix lane / 8. `pair` is p within a box of 64 columns; the result is an offset within the box.
inline constexpr int pairs_per_box = box_columns / 16;
constexpr std::uint32_t stmatrix_offset(int thread, int pair) {
  const int warp = thread / 32, lane = thread % 32;
  const int row = 16 * warp + 8 * (lane / 8 % 2) + lane % 8;
  const int column = 16 * pair + 8 * (lane / 16);
  return swizzled(static_cast<std::uint32_t>(row * row_bytes + 2 * column));
}

}  // namespace petaproof::hopper

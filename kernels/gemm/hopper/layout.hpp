// How the tiles of gemm/hopper lie in shared memory: kernels/device/wgmma_layout.hpp says how wgmma sees them, and
// the PTX ISA, "stmatrix", how sums leave. The unit tests read a tile through these formulas, written down a second
// time as the ISA has them, and multiply.
#pragma once

#include <cstdint>

#include "kernels/device/wgmma_layout.hpp"
#include "kernels/gemm/hopper/tiles.hpp"

namespace petaproof::hopper {

using wgmma::pairs_per_box;
using wgmma::stmatrix_offset;
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
static_assert(b_step * 16 % wgmma::swizzle_atom_bytes == 0);

}  // namespace petaproof::hopper

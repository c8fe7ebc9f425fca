// How operands and results lie in shared memory and in registers, as the copy engine and wgmma see them.
//
// Sources: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions" (matrix descriptor, canonical layouts,
// fragment of D), "Tensors: swizzling modes", "stmatrix". The unit tests read a tile through these formulas, written
// down a second time as the ISA has them, and multiply.
#pragma once

#include <cstdint>

#include "kernels/gemm/hopper/tiles.hpp"

namespace petaproof::hopper {

/// The 128-byte swizzle: which of eight 16-byte pieces of a row, xor-ed with the row's number within 1024 bytes.
/// `offset` is from a multiple of 1024.
constexpr std::uint32_t swizzled(std::uint32_t offset) {
  return offset ^ ((offset >> 3) & 0x70);
}

/// wgmma's description of a matrix in shared memory: start, leading and stride byte offset in units of 16 bytes,
/// then the kind of swizzle, 1 being 128 bytes. The base offset is 0, as patterns begin at multiples of 1024.
constexpr std::uint64_t descriptor(std::uint32_t address, std::uint32_t leading_bytes, std::uint32_t stride_bytes) {
  constexpr std::uint64_t swizzle_128 = std::uint64_t{1} << 62;
  return (address & 0x3FFFF) >> 4 | std::uint64_t{leading_bytes >> 4} << 16 | std::uint64_t{stride_bytes >> 4} << 32 |
         swizzle_128;
}

/// A: rows of 64 k, 128 bytes each ("K-major"). Stride: from 8 rows to the next 8. Leading: without meaning here,
/// since 16 k do not cross a swizzled row; 1 by convention.
constexpr std::uint64_t a_descriptor(std::uint32_t address) {
  return descriptor(address, 16, 8 * row_bytes);
}
/// The next 16 k: 32 bytes further in the same row. The hardware swizzles the sum of addresses, so this is a plain
/// addition.
inline constexpr std::uint32_t a_step = wgmma_k * 2 >> 4;

/// B: rows of 64 n, 128 bytes each ("MN-major": B is taken as it lies in memory). Leading: from 64 n to the next 64,
/// one box. Stride: from 8 k to the next 8.
constexpr std::uint64_t b_descriptor(std::uint32_t address) {
  return descriptor(address, b_box_bytes, 8 * row_bytes);
}
/// The next 16 k: 16 rows further.
inline constexpr std::uint32_t b_step = wgmma_k * row_bytes >> 4;
static_assert(b_step * 16 % shared_alignment == 0);

/// Where sum `i` of thread `thread` of a warpgroup lies in its [64, 256] of C.
struct Element2D {
  int row, column;
};
constexpr Element2D sum_position(int thread, int i) {
  const int warp = thread / 32, lane = thread % 32;
  return {16 * warp + lane / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (lane % 4) + i % 2};
}

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

// How Hopper's wgmma and its copy engine see a matrix in shared memory and in registers: plain arithmetic, for
// kernels and for the tests that go through it by brute force.
//
// Source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions" (matrix descriptor, canonical layouts, fragment
// of D), "Tensors: swizzling modes" and "stmatrix".
#pragma once

#include <cstdint>

namespace petaproof::wgmma {

/// Threads of a warpgroup, and rows of A and D of one instruction. Of 16-bit elements: its extent along k.
inline constexpr int warpgroup_threads = 128;
inline constexpr int wgmma_m = 64, wgmma_k = 16;

/// A row of the 128-byte swizzle, and the eight of them that are permuted together, which begin at a multiple of
/// their size.
inline constexpr int swizzle_row_bytes = 128;
inline constexpr int swizzle_atom_bytes = 1024;
/// Columns of 16-bit elements in such a row: as wide as a box of the copy engine can be. Pairs of 8 columns, as
/// stmatrix_offset has them.
inline constexpr int box_columns = swizzle_row_bytes / 2;
inline constexpr int pairs_per_box = box_columns / 16;

/// The 128-byte swizzle: which of eight 16-byte pieces of a row, xor-ed with the row's number within its atom, so
/// that eight rows that are read at once lie in different banks. `offset` is from the beginning of an atom.
constexpr std::uint32_t swizzled(std::uint32_t offset) {
  return offset ^ ((offset >> 3) & 0x70);
}

/// wgmma's description of a matrix in shared memory: start, leading and stride byte offset in units of 16 bytes, then
/// the kind of swizzle, 1 being 128 bytes. The base offset is 0, as atoms begin at multiples of their size. The
/// hardware permutes the sum of addresses, so that an operand further along is described by a plain addition.
constexpr std::uint64_t descriptor(std::uint32_t address, std::uint32_t leading_bytes, std::uint32_t stride_bytes) {
  constexpr std::uint64_t swizzle_128 = std::uint64_t{1} << 62;
  return (address & 0x3FFFF) >> 4 | std::uint64_t{leading_bytes >> 4} << 16 | std::uint64_t{stride_bytes >> 4} << 32 |
         swizzle_128;
}

/// K-major rows of 128 bytes. Stride: from one atom to the next. Leading: without meaning here, since the bytes along
/// k that an instruction reads do not cross a swizzled row; 1 by convention.
constexpr std::uint64_t k_major_descriptor(std::uint32_t address) {
  return descriptor(address, 16, swizzle_atom_bytes);
}

/// Where sum `i` of thread `thread` of a warpgroup lies in its 64 rows of D.
struct Element {
  int row, column;
};
constexpr Element sum_position(int thread, int i) {
  const int warp = thread / 32, lane = thread % 32;
  return {16 * warp + lane / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (lane % 4) + i % 2};
}

/// Where the elements of A lie that a thread gives in registers, 16 columns of k in 16-bit elements: half `half` of
/// register `r`.
constexpr Element a_position(int thread, int r, int half) {
  const int warp = thread / 32, lane = thread % 32;
  return {16 * warp + lane / 4 + 8 * (r % 2), 8 * (r / 2) + 2 * (lane % 4) + half};
}

/// On the way out through stmatrix: sums 8p to 8p + 7 of each thread, rounded to 16 bits, are the four 8 x 8 matrices
/// of one instruction: sums 8p + 2q and 8p + 2q + 1, packed, are the thread's part of matrix q; odd matrices are 8
/// rows further down, the last two 8 columns further right. The address is where this thread's row lies: row lane % 8
/// of matrix lane / 8. `pair` is p within a box of 64 rows and 64 columns; the result is an offset within the box.
constexpr std::uint32_t stmatrix_offset(int thread, int pair) {
  const int warp = thread / 32, lane = thread % 32;
  const int row = 16 * warp + 8 * (lane / 8 % 2) + lane % 8;
  const int column = 16 * pair + 8 * (lane / 16);
  return swizzled(static_cast<std::uint32_t>(row * swizzle_row_bytes + 2 * column));
}

}  // namespace petaproof::wgmma

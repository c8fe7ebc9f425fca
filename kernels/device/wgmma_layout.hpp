// How Hopper's wgmma and its copy engine see a matrix in shared memory and in registers: plain arithmetic, for
// kernels and for the tests that go through it by brute force.
//
// Source: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions" (matrix descriptor, canonical layouts, fragment
// of D) and "Tensors: swizzling modes".
#pragma once

#include <cstdint>

namespace petaproof::wgmma {

/// A row of the 128-byte swizzle, and the eight of them that are permuted together, which begin at a multiple of
/// their size.
inline constexpr int swizzle_row_bytes = 128;
inline constexpr int swizzle_atom_bytes = 1024;

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

}  // namespace petaproof::wgmma

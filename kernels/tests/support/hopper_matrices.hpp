// Matrices as Hopper's copy engine knows them, on the CPU: written down from the PTX ISA, "Tensors", apart from the
// layouts that kernels use.
#pragma once

#include <bit>
#include <cstdint>

namespace petaproof::testing {

inline float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}
inline std::uint16_t to_bf16(float x) {  // to nearest, ties to even; finite
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// What the copy engine knows of a row-major matrix, or of a tensor [sequences, rows, heads, columns]; and how often
/// each element was stored.
struct MatrixMap {
  std::uint16_t* data;
  int rows, columns, box_rows;
  int* times_stored = nullptr;
  int heads = 1, sequences = 1;
};

/// Where a box begins: 64 columns of `box_rows` rows of one head of one sequence.
struct BoxPlace {
  int column, head, row, sequence;
};

/// Of row `r` and column `c` of a box, the element's place in the tensor; -1 outside of it.
inline std::int64_t element_of_box(const MatrixMap& map, const BoxPlace& at, int r, int c) {
  const int row = at.row + r, column = at.column + c;
  if (row >= map.rows || column >= map.columns || at.head >= map.heads || at.sequence >= map.sequences) return -1;
  return ((static_cast<std::int64_t>(at.sequence) * map.rows + row) * map.heads + at.head) * map.columns + column;
}

/// The 128-byte swizzle of an address in shared memory: 16-byte piece p of 128-byte row r lies at p xor (r mod 8).
inline std::uint32_t swizzle_address(std::uint32_t address) {
  const std::uint32_t piece = address / 16 % 8, row = address / 128 % 8;
  return address - 16 * piece + 16 * (piece ^ row);
}

}  // namespace petaproof::testing

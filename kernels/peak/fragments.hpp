// Where the elements of a matrix instruction's operands lie: in the registers of the lanes of a warp, in shared
// memory.
//
// The PTX ISA (9.7, "Warp Level Matrix Multiply-Accumulate Instructions" and "Asynchronous Warpgroup Level Matrix
// Instructions") shows a figure for each shape and type. All that are used here follow one rule in bytes: a lane is
// lane / 4 of eight groups and lane % 4 of four in its group; one register of A or B holds `packed` neighbours along
// k, 4 bytes of them or one FP64; four lanes hold 4 * packed neighbours, the next register 8 rows further down (A
// alone) or 4 * packed elements further along k. The tests compare this with the figures, element by element.
#pragma once

#include <cstdint>

#include "kernels/device/wgmma_layout.hpp"
#include "kernels/peak/iterations.hpp"

namespace petaproof::peak {

struct Place {
  int row = 0;     // of A and D; k for B
  int column = 0;  // of B and D; k for A
  constexpr bool operator==(const Place&) const = default;
};

/// mma.sync m x n x k: m is 8 or 16, n is 8.
struct MmaShape {
  int m = 0, n = 0, k = 0;
  int packed = 1;  // elements along k in one register

  constexpr int a_registers() const { return m / 8 * (k / (4 * packed)); }
  constexpr int b_registers() const { return k / (4 * packed); }
  constexpr int sums() const { return m * n / 32; }
  constexpr bool operator==(const MmaShape&) const = default;
};

/// Element `part` of register `r` of lane `lane`.
constexpr Place a_place(const MmaShape& shape, int lane, int r, int part) {
  const int halves = shape.m / 8;
  return {lane / 4 + 8 * (r % halves), 4 * shape.packed * (r / halves) + shape.packed * (lane % 4) + part};
}
constexpr Place b_place(const MmaShape& shape, int lane, int r, int part) {
  return {4 * shape.packed * r + shape.packed * (lane % 4) + part, lane / 4};
}
constexpr Place sum_place(int lane, int r) {
  return {lane / 4 + 8 * (r / 2), 2 * (lane % 4) + r % 2};
}

/// wgmma m64 n k: each instruction reads 32 bytes along k of each row of A and each column of B, whatever the type.
using wgmma::wgmma_m;
inline constexpr int wgmma_k_bytes = 32;

/// A in registers, four a thread of the warpgroup: the row, and the first of four bytes along k.
struct BytePlace {
  int row = 0;
  int byte = 0;
};
PETAPROOF_EVERYWHERE constexpr BytePlace wgmma_a_place(int thread, int r) {
  return {16 * (thread / 32) + thread % 32 / 4 + 8 * (r % 2), 4 * (thread % 4) + 16 * (r / 2)};
}
/// D: register `r` of thread `thread` of the warpgroup.
constexpr Place wgmma_sum_place(int thread, int r) {
  const auto [row, column] = wgmma::sum_position(thread, r);
  return {row, column};
}

/// K-major operands: rows of 128 bytes, swizzled in chunks of 16.
using wgmma::swizzle_atom_bytes;
using wgmma::swizzle_row_bytes;
PETAPROOF_EVERYWHERE constexpr int swizzled(int row, int chunk) {
  return static_cast<int>(wgmma::swizzled(static_cast<std::uint32_t>(swizzle_row_bytes * row + 16 * chunk)));
}

}  // namespace petaproof::peak

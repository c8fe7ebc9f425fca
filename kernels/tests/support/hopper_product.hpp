// What one thread of a warpgroup does in wgmma, on the CPU: the canonical layouts of operands in shared memory and
// the fragments of A and D, written down from the figures of the PTX ISA, apart from kernels/device/wgmma_layout.hpp.
#pragma once

#include <array>
#include <cstdint>

#include "support/hopper_matrices.hpp"

namespace petaproof::testing {

enum class Major { k, mn };  // which of a matrix's two directions its elements are neighbours along in memory

struct MatrixDescriptor {
  explicit MatrixDescriptor(std::uint64_t bits)
      : start(static_cast<int>((bits & 0x3FFF) * 16)),
        leading(static_cast<int>((bits >> 16 & 0x3FFF) * 16)),
        stride(static_cast<int>((bits >> 32 & 0x3FFF) * 16)),
        valid(bits >> 62 == 1 && (bits >> 49 & 7) == 0) {}
  int start, leading, stride;  // bytes
  bool valid;                  // swizzled by 128 bytes, at base offset 0
};

/// Rows of A that a thread's sums need, 16 of k each: lane / 4 of its warp's 16, and 8 further down.
using RowsOfA = std::array<std::array<float, 16>, 2>;

/// K-major: ((8, m), (8, 2)) : ((64, SBO), (1, 8)). `read` is the element at an address before the swizzle.
template <typename Read>
RowsOfA rows_of_descriptor(const MatrixDescriptor& a, unsigned thread, const Read& read) {
  RowsOfA rows;
  for (unsigned half = 0; half < 2; ++half) {
    const int row = static_cast<int>(16 * (thread % 128 / 32) + thread % 32 / 4 + 8 * half);
    for (int k = 0; k < 16; ++k)
      rows[half][static_cast<unsigned>(k)] =
          read(a.start + (row / 8) * a.stride + (row % 8) * 128 + (k / 8) * 16 + (k % 8) * 2);
  }
  return rows;
}

/// The fragment of A: four lanes hold a row, 2 neighbours in each of their registers; the second register is 8 rows
/// further down, the third 8 columns further right, the fourth both.
inline RowsOfA rows_of_fragments(const std::array<std::array<std::uint32_t, 4>, 32>& registers, unsigned lane) {
  RowsOfA rows;
  for (unsigned half = 0; half < 2; ++half)
    for (unsigned k = 0; k < 16; ++k) {
      const std::uint32_t two = registers[lane / 4 * 4 + k % 8 / 2][half + 2 * (k / 8)];
      rows[half][k] = from_bf16(static_cast<std::uint16_t>(k % 2 == 0 ? two : two >> 16));
    }
  return rows;
}

/// Address before the swizzle. K-major as A is; MN-major: ((8, 8, n), (8, k)) : ((1, 8, LBO), (64, SBO)).
inline int element_of_b(const MatrixDescriptor& b, Major major, int k, int column) {
  if (major == Major::k) return b.start + (column / 8) * b.stride + (column % 8) * 128 + k * 2;
  return b.start + (column / 64) * b.leading + (column % 64) * 2 + (k / 8) * b.stride + (k % 8) * 128;
}

/// The fragment of D, two rows of sums, [64, 2 * registers] in all. `b` is element [k, column].
template <int registers, typename ElementOfB>
void add_product(float (&sums)[registers], const RowsOfA& rows, unsigned lane, bool accumulate, const ElementOfB& b) {
  for (int group = 0; group < registers / 4; ++group)
    for (int odd = 0; odd < 2; ++odd) {
      const int column = 8 * group + 2 * static_cast<int>(lane % 4) + odd;
      float* const of_rows[2] = {&sums[4 * group + odd], &sums[4 * group + 2 + odd]};
      if (!accumulate) *of_rows[0] = *of_rows[1] = 0;
      for (int k = 0; k < 16; ++k) {
        const float y = b(k, column);
        for (unsigned half = 0; half < 2; ++half) *of_rows[half] += rows[half][static_cast<unsigned>(k)] * y;
      }
    }
}

}  // namespace petaproof::testing

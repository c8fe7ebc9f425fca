// A checksum of C that its kernel makes of its own registers, as it stores them: what memory holds afterwards must
// have the same, or a store was lost, went elsewhere or was overwritten. The sum, modulo 2^64, of hash(index, bits)
// over all pairs of neighbours of a row, so that tiles may come in any order (kernels/verify/digest.hpp); in memory
// pair i is the i-th 32-bit word.
#pragma once

#include <cstdint>

#include "kernels/gemm/hopper/tiles.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof::hopper {

/// Of elements [row, column] and [row, column + 1]; 0 outside of C, where a tile may reach. n is even.
constexpr std::uint64_t checksum_of_word(GemmDims dims, int row, int column, std::uint32_t bits) {
  if (row >= dims.m || column >= dims.n) return 0;
  return digest_hash(
      (static_cast<std::uint64_t>(row) * static_cast<std::uint64_t>(dims.n) + static_cast<std::uint64_t>(column)) / 2,
      bits);
}

}  // namespace petaproof::hopper

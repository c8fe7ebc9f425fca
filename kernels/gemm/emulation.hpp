// FP64 put together from products of integers, as cuBLAS does it ("Floating Point Emulation", "Fixed-Point" in the
// documentation of cuBLAS 13.x, sections 1.5.2 to 1.5.3): every row of A and column of B is scaled to within -1 and
// 1, cut into slices of eight bits, and the slices are multiplied on INT8 tensor cores (the Ozaki scheme).
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/verify/gemm_check.hpp"

namespace petaproof {

/// The most bits of a mantissa that are kept; of data that need more the library computes the product in FP64 itself.
/// The library's own default where it chooses the bits ("1.5.3. Default Library Configurations"), set outright
/// because that may change, and the workspace with it.
inline constexpr std::int32_t emulation_most_bits = 79;

/// Of a mantissa of so many bits and its sign.
constexpr std::int64_t emulation_slices(std::int32_t mantissa_bits) {
  return (mantissa_bits + 1 + 7) / 8;
}

/// What the library needs to emulate a product for certain, in bytes; with less it may not emulate. The bound of
/// section 1.5.2.4, "Fixed-Point Workspace Requirements", for real operands, one product at a time and bits that the
/// library chooses: the slices, INT32 sums of up to 4 GiB for each 8,192 of K or, in their place, what choosing the
/// bits takes; a quarter more, and 128 MiB.
constexpr std::int64_t emulation_workspace(const GemmShape& shape) {
  const auto in_parts = [](std::int64_t extent, std::int64_t part) { return (extent + part - 1) / part; };
  const std::int64_t m = 1024 * in_parts(shape.m, 1024), n = 1024 * in_parts(shape.n, 1024);
  const std::int64_t k = 128 * in_parts(shape.k, 128), slices = emulation_slices(emulation_most_bits);
  const std::int64_t sums = std::min(4 * m * n * slices, std::int64_t{1} << 32) * in_parts(shape.k, 8192);
  const std::int64_t product = (m + n) * k * slices + 4 * (m + n) + sums;
  const std::int64_t choice = 4 * ((shape.m + shape.n) * in_parts(shape.k, 64) + shape.m * shape.n);
  const std::int64_t larger = std::max(product, choice);
  return larger + larger / 4 + (std::int64_t{128} << 20);
}

}  // namespace petaproof

// Checks what the loops of matrix instructions leave: sums, and how often each was made.
//
// How far a right sum may lie from the exact one. A sum takes n instructions, each of which adds k products to it.
// Tensor cores align the products and the sum to the largest of them and cut off what lies below the accumulator's
// last bit, for every k products or for each of several blocks of them (Fasi, Higham, Mikaitis, Pranesh, "Numerical
// behavior of NVIDIA tensor cores", PeerJ CS 7, 2021: blocks of 4 on V100, 8 on A100). With blocks of no fewer than
// 4, an instruction cuts off k products and at most k / 4 sums, each by less than u times the largest of them, where
// u is the accumulator's last bit relative to it: 2^-23 for FP32, 2^-13 for Hopper's FP8 (DeepSeek-AI, "DeepSeek-V3
// Technical Report", 2024, section 3.5.2: about 14 bits survive). What is largest is at most M, the largest magnitude
// of a partial sum plus the magnitudes of the products that one instruction adds. So
//
//     |error| <= n * (k + k / 4) * u * M
//
// outright: no statistics. FP64 rounds to nearest, which 2^-52 covers. Sums are short for that reason: the bound is
// 6e-5 of M for BF16, m16n8k16, and 8 % for FP8, where an element in a wrong place still errs by all of a typical
// one.
//
// Where all products are whole numbers and M is below 1 / u, nothing is cut off and the bound is 0: INT8 always, and
// every other format with the fill `integers`, products up to 9. Each case computes that as well, in the same kernel.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/peak/iterations.hpp"
#include "kernels/workload.hpp"

namespace petaproof::peak {

/// What one block computes: `tiles` independent products A * B, each summed over `steps` instructions that take the
/// slices of k in turn.
struct TileProduct {
  int tiles = 0;
  int rows = 0, columns = 0;
  int slices = 0;
  int slice_k = 0;  // products that one instruction adds to an element
  int steps = 0;
  double unit = 0;           // last bit of the accumulator
  std::vector<double> a;     // [tile][row][slice * slice_k], as encoded
  std::vector<double> b;     // [tile][column][slice * slice_k]
  bool b_is_shared = false;  // by all tiles: [column][...]

  int k() const { return slices * slice_k; }
  const double* row(int tile, int index) const { return &a[static_cast<std::size_t>((tile * rows + index) * k())]; }
  const double* column(int tile, int index) const {
    return &b[static_cast<std::size_t>(((b_is_shared ? 0 : tile) * columns + index) * k())];
  }
};

inline constexpr int most_slices = 4;

struct TileElement {
  double value = 0;
  double bound = 0;
};

/// The exact sum (in long double, whose error is far below any bound but 0, and none there) and its bound.
inline TileElement exact_element(const TileProduct& of, int tile, int row, int column) {
  const double *a = of.row(tile, row), *b = of.column(tile, column);
  std::array<long double, most_slices> sums{}, magnitudes{};
  bool whole = true;
  for (int s = 0; s < of.slices; ++s)
    for (int i = s * of.slice_k; i < (s + 1) * of.slice_k; ++i) {
      const long double product = static_cast<long double>(a[i]) * b[i];
      sums[static_cast<std::size_t>(s)] += product;
      magnitudes[static_cast<std::size_t>(s)] += std::abs(product);
      whole = whole && a[i] == std::nearbyint(a[i]) && b[i] == std::nearbyint(b[i]);
    }
  long double sum = 0, largest = 0;
  for (int step = 0; step < of.steps; ++step) {
    const auto s = static_cast<std::size_t>(step % of.slices);
    largest = std::max(largest, std::abs(sum) + magnitudes[s]);
    sum += sums[s];
  }
  const double cuts = of.steps * (of.slice_k + of.slice_k / 4.0);
  const bool exact = whole && static_cast<double>(largest) * of.unit < 1;
  return {static_cast<double>(sum), exact ? 0 : cuts * of.unit * static_cast<double>(largest)};
}

/// Where an element of a block's sums belongs.
struct TilePlace {
  int tile = 0, row = 0, column = 0;
};

/// How sums and counts lie in memory.
struct TileLayout {
  std::int64_t blocks = 0;
  std::int64_t iterations = 0;                                      // of all blocks together
  std::int64_t sums = 0;                                            // of a block
  std::int64_t threads = 0;                                         // of a block
  std::function<TilePlace(std::int64_t sum)> place;                 // of a block's sum by its index
  std::function<std::int64_t(std::int64_t thread, int n)> counted;  // index of the n-th sum that a thread counts
  int counted_sums = 0;                                             // by a thread
};

namespace detail {

template <typename Sum>
std::uint32_t low_bits_of(Sum x) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof x);
  return static_cast<std::uint32_t>(bits);
}

}  // namespace detail

/// Of the sums of a block, in their order in memory.
inline std::vector<TileElement> exact_elements(const TileProduct& product, const TileLayout& layout) {
  std::vector<TileElement> elements;
  for (std::int64_t i = 0; i < layout.sums; ++i) {
    const TilePlace place = layout.place(i);
    elements.push_back(exact_element(product, place.tile, place.row, place.column));
  }
  return elements;
}

/// Block 0's sums against the exact ones, every other block's against block 0's, bit by bit, and the counts of all
/// threads. Written so that NaN fails.
template <typename Sum>
Verification check_tiles(std::span<const TileElement> exact, const TileLayout& layout, std::span<const Sum> sums,
                         std::span<const std::uint32_t> counts) {
  double worst = 0;
  for (std::int64_t i = 0; i < layout.sums; ++i) {
    const TileElement& expected = exact[static_cast<std::size_t>(i)];
    const auto got = static_cast<double>(sums[static_cast<std::size_t>(i)]);
    const double error = std::abs(got - expected.value);
    const TilePlace place = layout.place(i);
    if (!(error <= expected.bound))
      return Verification::failed("tile " + std::to_string(place.tile) + ", element (" + std::to_string(place.row) +
                                  ", " + std::to_string(place.column) + "): expected " +
                                  std::to_string(expected.value) + " within " + std::to_string(expected.bound) +
                                  ", got " + std::to_string(got));
    if (expected.bound > 0) worst = std::max(worst, error / expected.bound);
  }
  for (std::int64_t block = 0; block < layout.blocks; ++block) {
    const Sum* of_block = &sums[static_cast<std::size_t>(block * layout.sums)];
    if (std::memcmp(of_block, sums.data(), static_cast<std::size_t>(layout.sums) * sizeof(Sum)) != 0)
      return Verification::failed("block " + std::to_string(block) +
                                  "'s sums differ from those of block 0, which computes the same");
    const std::int64_t iterations = iterations_of(layout.iterations, layout.blocks, block);
    for (std::int64_t thread = 0; thread < layout.threads; ++thread) {
      Affine iteration;
      for (int n = 0; n < layout.counted_sums; ++n)
        iteration = Affine{count_factor, detail::low_bits_of(of_block[layout.counted(thread, n)])}.after(iteration);
      if (counts[static_cast<std::size_t>(block * layout.threads + thread)] != repeated(iteration, iterations)(0))
        return Verification::failed("block " + std::to_string(block) + ", thread " + std::to_string(thread) +
                                    " did not make its sums " + std::to_string(iterations) + " times");
    }
  }
  return {.pass = true,
          .detail = "every sum of one block against exact ones, the others bit by bit against it, and every count",
          .elements_checked = layout.blocks * (layout.sums + layout.threads),
          .worst_error_over_bound = worst};
}

}  // namespace petaproof::peak

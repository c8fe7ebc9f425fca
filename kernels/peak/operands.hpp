// The operands of the loops of matrix instructions: made on the CPU, as numbers for the check and as the bits that
// the kernels load. The same for every block, so a few KiB.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "kernels/peak/fragments.hpp"
#include "kernels/peak/number_format.hpp"
#include "kernels/peak/tile.hpp"
#include "kernels/peak/tile_check.hpp"
#include "kernels/verify/fill.hpp"

namespace petaproof::peak {

/// Operands, what they give, and where: all but how many blocks and iterations.
struct TileProblem {
  TileProduct product;
  std::vector<unsigned char> operands;  // as mma_loop and wgmma_loop take them, A first
  TileLayout layout;
};

/// The accumulator's last bit, relative to the sum: tile_check.hpp.
constexpr double accumulator_unit(std::string_view precision) {
  return precision == "fp64" ? 0x1p-52 : precision == "fp8" ? 0x1p-13 : precision == "int8" ? 0x1p-31 : 0x1p-23;
}

namespace detail {

inline std::vector<double> filled(const NumberFormat& format, std::int64_t count, Fill fill, std::uint64_t seed,
                                  std::uint64_t stream) {
  std::vector<double> elements(static_cast<std::size_t>(count));
  fill_host(std::span<double>(elements), fill, seed, stream);
  for (double& element : elements) element = operand(format, element);
  return elements;
}

/// Fills A and B; dimensions and accumulator are there.
inline void fill_product(TileProduct& product, const NumberFormat& format, Fill fill, std::uint64_t seed,
                         std::uint64_t stream) {
  const std::int64_t k = product.k();
  product.a = filled(format, product.tiles * product.rows * k, fill, seed, 2 * stream);
  product.b =
      filled(format, (product.b_is_shared ? 1 : product.tiles) * product.columns * k, fill, seed, 2 * stream + 1);
}

inline void append(std::vector<unsigned char>& bytes, std::uint64_t bits, int count) {
  const std::size_t at = bytes.size();
  bytes.resize(at + static_cast<std::size_t>(count));
  std::memcpy(&bytes[at], &bits, static_cast<std::size_t>(count));  // little-endian, as GPUs are
}

}  // namespace detail

/// For mma_loop of `shape`; `warps` of a block, each with a tile of its own.
inline TileProblem mma_problem(const MmaShape& shape, std::string_view precision, int warps, Fill fill,
                               std::uint64_t seed, std::uint64_t stream) {
  const NumberFormat& format = number_format(precision);
  TileProblem problem;
  TileProduct& product = problem.product;
  product.tiles = warps;
  product.rows = mma_rows * shape.m;
  product.columns = mma_columns * shape.n;
  product.slices = mma_slices;
  product.slice_k = shape.k;
  product.steps = mma_steps;
  product.unit = accumulator_unit(precision);
  detail::fill_product(product, format, fill, seed, stream);

  const int register_bits = format.bits * shape.packed;
  const auto append_fragments = [&](int fragments, int registers, const auto& element) {
    for (int warp = 0; warp < warps; ++warp)
      for (int slice = 0; slice < mma_slices; ++slice)
        for (int fragment = 0; fragment < fragments; ++fragment)
          for (int r = 0; r < registers; ++r)
            for (int lane = 0; lane < 32; ++lane) {
              std::uint64_t bits = 0;
              for (int part = 0; part < shape.packed; ++part)
                bits |= encoded(format, element(warp, slice, fragment, lane, r, part)) << format.bits * part;
              detail::append(problem.operands, bits, register_bits / 8);
            }
  };
  append_fragments(mma_rows, shape.a_registers(), [&](int warp, int slice, int row, int lane, int r, int part) {
    const Place place = a_place(shape, lane, r, part);
    return product.row(warp, row * shape.m + place.row)[slice * shape.k + place.column];
  });
  append_fragments(mma_columns, shape.b_registers(), [&](int warp, int slice, int column, int lane, int r, int part) {
    const Place place = b_place(shape, lane, r, part);
    return product.column(warp, column * shape.n + place.column)[slice * shape.k + place.row];
  });

  constexpr int fragments = mma_rows * mma_columns;
  const int registers = shape.sums();
  TileLayout& layout = problem.layout;
  layout.sums = std::int64_t{warps} * fragments * registers * 32;
  layout.threads = 32 * warps;
  layout.place = [shape, registers](std::int64_t sum) {
    const int lane = static_cast<int>(sum % 32), r = static_cast<int>(sum / 32 % registers);
    const int fragment = static_cast<int>(sum / (32 * registers));  // of all warps
    const Place place = sum_place(lane, r);
    return TilePlace{fragment / fragments, fragment / mma_columns % mma_rows * shape.m + place.row,
                     fragment % mma_columns * shape.n + place.column};
  };
  layout.counted_sums = fragments;
  layout.counted = [registers](std::int64_t thread, int n) {
    return (thread / 32 * fragments + n) * registers * 32 + thread % 32;
  };
  return problem;
}

/// For wgmma_loop with `n` columns.
inline TileProblem wgmma_problem(int n, std::string_view precision, Fill fill, std::uint64_t seed,
                                 std::uint64_t stream) {
  const NumberFormat& format = number_format(precision);
  TileProblem problem;
  TileProduct& product = problem.product;
  product.tiles = wgmma_groups;
  product.rows = wgmma_m;
  product.columns = n;
  product.slices = wgmma_slices;
  product.slice_k = 8 * wgmma_k_bytes / format.bits;
  product.steps = wgmma_summed;
  product.unit = accumulator_unit(precision);
  product.b_is_shared = true;
  detail::fill_product(product, format, fill, seed, stream);
  for (const std::vector<double>* matrix : {&product.a, &product.b})
    for (const double element : *matrix) detail::append(problem.operands, encoded(format, element), format.bits / 8);

  const int registers = n / 2;
  TileLayout& layout = problem.layout;
  layout.sums = std::int64_t{wgmma_groups} * registers * 128;
  layout.threads = 128 * wgmma_groups;
  layout.place = [registers](std::int64_t sum) {
    const int thread = static_cast<int>(sum % 128), r = static_cast<int>(sum / 128 % registers);
    const Place place = wgmma_sum_place(thread, r);
    return TilePlace{static_cast<int>(sum / (std::int64_t{128} * registers)), place.row, place.column};
  };
  layout.counted_sums = (registers + wgmma_count_every - 1) / wgmma_count_every;
  layout.counted = [registers](std::int64_t thread, int n_th) {
    return (thread / 128 * registers + n_th * wgmma_count_every) * 128 + thread % 128;
  };
  return problem;
}

}  // namespace petaproof::peak

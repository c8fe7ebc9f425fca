// The kernel of peak/mma, apart from its instructions so that the unit tests can run its body on CPU threads.
#pragma once

#include <cstdint>

#include "kernels/peak/cuda/low_bits.cuh"
#include "kernels/peak/fragments.hpp"
#include "kernels/peak/iterations.hpp"
#include "kernels/peak/tile.hpp"

namespace petaproof::peak {

/// `a`: [warp][slice][row][register][lane]; `b`: [warp][slice][column][register][lane], the same for every block.
/// `sums`: [block][warp][row][column][register][lane]; `counts`: [block][thread].
///
/// Any number of warps.
///
/// I names shape and types and has multiply(d, a, b, c), d = a * b + c of one warp.
template <class I>
__global__ void __launch_bounds__(32 * mma_warps, 1)
    mma_loop(const typename I::Register* a, const typename I::Register* b, typename I::Sum* sums,
             std::uint32_t* counts, std::int64_t iterations) {
  using Register = typename I::Register;
  using Sum = typename I::Sum;
  constexpr int a_registers = I::shape.a_registers(), b_registers = I::shape.b_registers(),
                sum_registers = I::shape.sums();
  const int warp = static_cast<int>(threadIdx.x / 32), lane = static_cast<int>(threadIdx.x % 32);
  Register fa[mma_slices][mma_rows][a_registers], fb[mma_slices][mma_columns][b_registers];
#pragma unroll
  for (int slice = 0; slice < mma_slices; ++slice) {
#pragma unroll
    for (int row = 0; row < mma_rows; ++row) {
#pragma unroll
      for (int r = 0; r < a_registers; ++r)
        fa[slice][row][r] = a[(((warp * mma_slices + slice) * mma_rows + row) * a_registers + r) * 32 + lane];
    }
#pragma unroll
    for (int column = 0; column < mma_columns; ++column) {
#pragma unroll
      for (int r = 0; r < b_registers; ++r)
        fb[slice][column][r] =
            b[(((warp * mma_slices + slice) * mma_columns + column) * b_registers + r) * 32 + lane];
    }
  }

  Sum sum[mma_rows][mma_columns][sum_registers] = {};
  std::uint32_t count = 0;
#pragma unroll 1
  for (std::int64_t i = iterations_of(iterations, gridDim.x, blockIdx.x); i > 0; --i) {
#pragma unroll
    for (int step = 0; step < mma_steps; ++step) {
#pragma unroll
      for (int row = 0; row < mma_rows; ++row) {
#pragma unroll
        for (int column = 0; column < mma_columns; ++column) {
          constexpr Sum zero[sum_registers] = {};
          const int slice = step % mma_slices;
          I::multiply(sum[row][column], fa[slice][row], fb[slice][column], step == 0 ? zero : sum[row][column]);
        }
      }
    }
#pragma unroll
    for (int row = 0; row < mma_rows; ++row) {
#pragma unroll
      for (int column = 0; column < mma_columns; ++column) count = counted(count, low_bits(sum[row][column][0]));
    }
  }

  const std::int64_t first = (std::int64_t{blockIdx.x} * (blockDim.x / 32) + warp) * mma_rows;
#pragma unroll
  for (int row = 0; row < mma_rows; ++row) {
#pragma unroll
    for (int column = 0; column < mma_columns; ++column) {
#pragma unroll
      for (int r = 0; r < sum_registers; ++r)
        sums[(((first + row) * mma_columns + column) * sum_registers + r) * 32 + lane] = sum[row][column][r];
    }
  }
  counts[std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x] = count;
}

}  // namespace petaproof::peak

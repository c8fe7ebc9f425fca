// One sweep over arrays in device memory, 16 bytes a thread and access: copy, read, write and triad.
//
// Each thread issues several loads before it uses the first. By Little's law 4.8 TB/s at a latency of about 0.7 us
// want 25 KiB in flight on each of 132 multiprocessors, which 2048 threads reach with one load each only if none of
// them is ever between two loads.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/device/cuda/grid_stride.cuh"

namespace petaproof::cuda {

inline constexpr double triad_scale = 3.0;  // s in a = b + s * c; STREAM's own choice

/// The widest access that a thread has before Blackwell.
struct alignas(16) Pair {
  double x, y;
};
struct alignas(16) Words {
  unsigned long long x, y;
};

inline constexpr int loads_in_flight = 4;  // a thread

__global__ void copy_sweep(Pair* __restrict__ a, const Pair* __restrict__ b, std::size_t pairs) {
  const std::size_t step = stride();
  for (std::size_t i = first_item(); i < pairs; i += loads_in_flight * step) {
    Pair v[loads_in_flight] = {};
    for (int j = 0; j < loads_in_flight; ++j)
      if (i + j * step < pairs) v[j] = b[i + j * step];
    for (int j = 0; j < loads_in_flight; ++j)
      if (i + j * step < pairs) a[i + j * step] = v[j];
  }
}

__global__ void triad_sweep(Pair* __restrict__ a, const Pair* __restrict__ b, const Pair* __restrict__ c,
                            std::size_t pairs) {
  constexpr int rounds = loads_in_flight / 2;  // of two loads each
  const std::size_t step = stride();
  for (std::size_t i = first_item(); i < pairs; i += rounds * step) {
    Pair u[rounds] = {}, v[rounds] = {};
    for (int j = 0; j < rounds; ++j)
      if (i + j * step < pairs) {
        u[j] = b[i + j * step];
        v[j] = c[i + j * step];
      }
    for (int j = 0; j < rounds; ++j)
      if (i + j * step < pairs)
        a[i + j * step] = {fma(triad_scale, v[j].x, u[j].x), fma(triad_scale, v[j].y, u[j].y)};
  }
}

/// What element i of a swept array is written from: `values` holds one pair for each thread of a block, so that a
/// store costs no more than the store. Pair i of the array becomes values[i % block_threads].
__global__ void write_sweep(Pair* __restrict__ a, const Pair* __restrict__ values, std::size_t pairs) {
  const Pair mine = values[threadIdx.x];
  for (std::size_t i = first_item(); i < pairs; i += stride()) a[i] = mine;
}

/// sums[block]: of all 64-bit words that the block has read, modulo 2^64. Exact in any order, and any word that is
/// wrong, left out or read twice changes the total.
__global__ void read_sweep(unsigned long long* __restrict__ sums, const Words* __restrict__ b, std::size_t pairs) {
  const std::size_t step = stride();
  unsigned long long mine = 0;
  for (std::size_t i = first_item(); i < pairs; i += loads_in_flight * step) {
    Words v[loads_in_flight] = {};
    for (int j = 0; j < loads_in_flight; ++j)
      if (i + j * step < pairs) v[j] = b[i + j * step];
    for (int j = 0; j < loads_in_flight; ++j) mine += v[j].x + v[j].y;
  }
  for (int offset = 16; offset > 0; offset /= 2) mine += __shfl_down_sync(0xFFFFFFFFu, mine, offset);
  __shared__ unsigned long long of_warps[block_threads / 32];
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = mine;
  __syncthreads();
  if (threadIdx.x != 0) return;
  unsigned long long sum = 0;
  for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) sum += of_warps[warp];
  sums[blockIdx.x] = sum;
}

}  // namespace petaproof::cuda

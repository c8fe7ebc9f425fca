// The kernels behind GpuGemmEngine, apart from it so that the unit tests can run their bodies on CPU threads.
#pragma once

#include <cstdint>

#include "kernels/device/cuda/grid_stride.cuh"
#include "kernels/device/element.hpp"
#include "kernels/verify/double_double.hpp"
#include "kernels/verify/gemm_check.hpp"

namespace petaproof::cuda {

constexpr int warp = 32;

/// Specialised where a conversion is not implicit.
template <typename T>
__device__ double as_double(T x) {
  return x;
}

template <typename T>
__device__ double element_at(const T* data, std::int64_t index) {
  return as_double(data[index]);
}
__device__ inline double element_at(const E2m1Pair* data, std::int64_t index) {
  return e2m1_value(data[index / 2].bits >> index % 2 * 4 & 15u);
}

/// Factors of blocks of elements, 2^row_shift rows by 2^column_shift columns each. Shifts, since the GPU divides
/// 64-bit integers in software, and every element asks.
struct ViewOfScales {
  const float* data = nullptr;  // none: there are none
  std::int64_t row_stride = 0, column_stride = 0;
  int row_shift = 0, column_shift = 0;

  __device__ double at(std::int64_t i, std::int64_t j) const {
    return data[(i >> row_shift) * row_stride + (j >> column_shift) * column_stride];
  }
};

template <typename T>
struct View {
  const T* data;
  std::int64_t rows, columns, row_stride, column_stride;
  ViewOfScales scales = {};
  // exact: a scale has 24 bits, and an element that has one 4 or fewer
  __device__ double at(std::int64_t i, std::int64_t j) const {
    const double element = element_at(data, i * row_stride + j * column_stride);
    return scales.data ? element * scales.at(i, j) : element;
  }
};

// Four vectors side by side, as they travel between host and device.
struct WideLanes {
  DoubleDouble lane[gemm_lanes];
};

// Sums that a thread accumulates over a row, and what it multiplies with. The first is of products with four vectors,
// for T = double in double-double, else in double: products of two floats are exact there, and so are sums of
// integers.
template <typename T>
struct LaneSum {
  using In = WideLanes;
  using Out = WideLanes;
  WideLanes sum{};

  __device__ void add(double element, const WideLanes& factor) {
    for (int lane = 0; lane < gemm_lanes; ++lane) {
      DoubleDouble& s = sum.lane[lane];
      if constexpr (sizeof(T) == 8)
        s = s + factor.lane[lane] * element;
      else
        s.high = fma(element, factor.lane[lane].high, s.high);
    }
  }
  __device__ void add(const LaneSum& other) {
    for (int lane = 0; lane < gemm_lanes; ++lane) sum.lane[lane] = sum.lane[lane] + other.sum.lane[lane];
  }
  __device__ Out result() const { return sum; }
};

struct SquareSum {
  using In = double;
  using Out = double;
  double sum = 0;

  __device__ void add(double element, double factor) { sum = fma(element * element, factor, sum); }
  __device__ void add(const SquareSum& other) { sum += other.sum; }
  __device__ Out result() const { return sum; }
};

// One for each thread of the block. Raw bytes, since nothing in shared memory can have a constructor.
template <typename Sum>
__device__ Sum* shared_sums() {
  alignas(Sum) __shared__ unsigned char bytes[block_threads * sizeof(Sum)];
  return reinterpret_cast<Sum*>(bytes);
}

// Adds up the sums of `width` threads that are `stride` apart, into the first of them.
template <typename Sum>
__device__ void reduce(Sum* sums, int index, int width, int stride) {
  for (int half = width / 2; half > 0; half /= 2) {
    __syncthreads();
    if (index / stride < half) sums[index].add(sums[index + half * stride]);
  }
}

// Neighbours along a row lie side by side: one block a row, its threads read it together.
template <typename Sum, typename T>
__global__ void sum_rows_along(View<T> x, const typename Sum::In* v, typename Sum::Out* out) {
  Sum* sums = shared_sums<Sum>();
  for (std::int64_t i = blockIdx.x; i < x.rows; i += gridDim.x) {
    Sum mine;
    for (std::int64_t j = threadIdx.x; j < x.columns; j += block_threads) mine.add(x.at(i, j), v[j]);
    sums[threadIdx.x] = mine;
    reduce(sums, static_cast<int>(threadIdx.x), block_threads, 1);
    if (threadIdx.x == 0) out[i] = sums[0].result();
    __syncthreads();
  }
}

// Neighbours along a column lie side by side: a warp reads 32 rows together, and the block's eight warps share the
// columns.
template <typename Sum, typename T>
__global__ void sum_rows_across(View<T> x, const typename Sum::In* v, typename Sum::Out* out) {
  Sum* sums = shared_sums<Sum>();
  const int warps = block_threads / warp;
  for (std::int64_t first = std::int64_t{blockIdx.x} * warp; first < x.rows;
       first += std::int64_t{gridDim.x} * warp) {
    const std::int64_t i = first + threadIdx.x % warp;
    Sum mine;
    if (i < x.rows)
      for (std::int64_t j = threadIdx.x / warp; j < x.columns; j += warps) mine.add(x.at(i, j), v[j]);
    sums[threadIdx.x] = mine;
    reduce(sums, static_cast<int>(threadIdx.x), warps, warp);
    if (threadIdx.x < warp && i < x.rows) out[i] = sums[threadIdx.x].result();
    __syncthreads();
  }
}

struct Lines {
  std::int64_t which[gemm_lanes];
};

template <typename T>
__global__ void gather_rows(View<T> x, Lines lines, double* out) {
  for (auto j = static_cast<std::int64_t>(first_item()); j < x.columns; j += static_cast<std::int64_t>(stride()))
    for (int lane = 0; lane < gemm_lanes; ++lane) out[j * gemm_lanes + lane] = x.at(lines.which[lane], j);
}

}  // namespace petaproof::cuda

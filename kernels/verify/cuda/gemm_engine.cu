// needs: cuda
#include "kernels/verify/cuda/gemm_engine.hpp"

#include <cuda_bf16.h>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/verify/double_double.hpp"

namespace petaproof::cuda {
namespace {

constexpr int block_threads = 256;
constexpr int warp = 32;

__device__ double as_double(double x) {
  return x;
}
__device__ double as_double(float x) {
  return x;
}
__device__ double as_double(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

template <typename T>
struct View {
  const T* data;
  std::int64_t rows, columns, row_stride, column_stride;
  __device__ double at(std::int64_t i, std::int64_t j) const {
    return as_double(data[i * row_stride + j * column_stride]);
  }
};

// Four vectors side by side, as they travel between host and device.
struct WideLanes {
  DoubleDouble lane[gemm_lanes];
};

// Sums that a thread accumulates over a row, and what it multiplies with. The first is of products with four vectors,
// for T = double in double-double, else in double: products of two floats are exact there.
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
  __shared__ alignas(Sum) unsigned char bytes[block_threads * sizeof(Sum)];
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
  for (std::int64_t j = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; j < x.columns;
       j += gridDim.x * std::int64_t{blockDim.x})
    for (int lane = 0; lane < gemm_lanes; ++lane) out[j * gemm_lanes + lane] = x.at(lines.which[lane], j);
}

unsigned blocks(std::int64_t items, std::int64_t a_block) {
  constexpr std::int64_t most = 16384;
  const std::int64_t wanted = (items + a_block - 1) / a_block;
  return static_cast<unsigned>(wanted < most ? wanted : most);
}

template <typename T>
View<T> view(const DeviceMatrix& x) {
  return {static_cast<const T*>(x.data), x.rows, x.columns, x.row_stride, x.column_stride};
}

template <typename Sum, typename T>
void sum_rows(const DeviceMatrix& x, const typename Sum::In* v, typename Sum::Out* out, cudaStream_t stream) {
  if (x.column_stride == 1)
    sum_rows_along<Sum, T><<<blocks(x.rows, 1), block_threads, 0, stream>>>(view<T>(x), v, out);
  else
    sum_rows_across<Sum, T><<<blocks(x.rows, warp), block_threads, 0, stream>>>(view<T>(x), v, out);
  PETAPROOF_CUDA_LAUNCHED();
}

// Calls function(T{}) for the type in which the elements are stored.
template <typename Function>
void with_type(Element element, Function function) {
  switch (element) {
    case Element::fp64: return function(double{});
    case Element::fp32: return function(float{});
    case Element::bf16: return function(__nv_bfloat16{});
  }
}

}  // namespace

void* GpuGemmEngine::scratch(Buffer& buffer, std::size_t bytes) {
  if (buffer.bytes() < bytes) buffer = device_.allocate(bytes);
  return buffer.data();
}

LaneVector GpuGemmEngine::times(Matrix x, bool transposed, const LaneVector& v) {
  const DeviceMatrix m = matrix(x, transposed);
  PETAPROOF_INVARIANT(static_cast<std::int64_t>(v.size()) == m.columns);
  std::vector<WideLanes> in(v.size()), out(static_cast<std::size_t>(m.rows));
  for (std::size_t i = 0; i < v.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane) {
      const auto high = static_cast<double>(v[i][lane]);
      in[i].lane[lane] = {high, static_cast<double>(v[i][lane] - static_cast<long double>(high))};
    }
  auto* to = static_cast<WideLanes*>(scratch(out_, out.size() * sizeof(WideLanes)));
  device_.copy_from_host(scratch(in_, in.size() * sizeof(WideLanes)), in.data(), in.size() * sizeof(WideLanes));
  with_type(m.element, [&](auto type) {
    using T = decltype(type);
    sum_rows<LaneSum<T>, T>(m, in_.as<WideLanes>(), to, handle_of(device_.stream()));
  });
  device_.copy_to_host(out.data(), to, out.size() * sizeof(WideLanes));
  LaneVector result(out.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane)
      result[i][lane] = static_cast<long double>(out[i].lane[lane].high) + out[i].lane[lane].low;
  return result;
}

std::vector<double> GpuGemmEngine::squares_times(Matrix x, bool transposed, const std::vector<double>& v) {
  const DeviceMatrix m = matrix(x, transposed);
  PETAPROOF_INVARIANT(static_cast<std::int64_t>(v.size()) == m.columns);
  std::vector<double> out(static_cast<std::size_t>(m.rows));
  auto* to = static_cast<double*>(scratch(out_, out.size() * sizeof(double)));
  device_.copy_from_host(scratch(in_, v.size() * sizeof(double)), v.data(), v.size() * sizeof(double));
  with_type(m.element, [&](auto type) {
    sum_rows<SquareSum, decltype(type)>(m, in_.as<double>(), to, handle_of(device_.stream()));
  });
  device_.copy_to_host(out.data(), to, out.size() * sizeof(double));
  return out;
}

LaneVector GpuGemmEngine::lines(Matrix x, bool transposed, const std::array<std::int64_t, gemm_lanes>& which) {
  const DeviceMatrix m = matrix(x, transposed);
  Lines wanted;
  for (int lane = 0; lane < gemm_lanes; ++lane) wanted.which[lane] = which[lane];
  std::vector<double> out(static_cast<std::size_t>(m.columns * gemm_lanes));
  auto* to = static_cast<double*>(scratch(out_, out.size() * sizeof(double)));
  with_type(m.element, [&](auto type) {
    using T = decltype(type);
    gather_rows<T>
        <<<blocks(m.columns, block_threads), block_threads, 0, handle_of(device_.stream())>>>(view<T>(m), wanted, to);
    PETAPROOF_CUDA_LAUNCHED();
  });
  device_.copy_to_host(out.data(), to, out.size() * sizeof(double));
  LaneVector result(static_cast<std::size_t>(m.columns));
  for (std::size_t j = 0; j < result.size(); ++j)
    for (int lane = 0; lane < gemm_lanes; ++lane) result[j][lane] = out[j * gemm_lanes + lane];
  return result;
}

}  // namespace petaproof::cuda

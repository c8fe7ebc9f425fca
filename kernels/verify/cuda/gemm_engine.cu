// needs: cuda
#include "kernels/verify/cuda/gemm_engine.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/verify/cuda/gemm_sums.cuh"

namespace petaproof::cuda {

template <>
__device__ double as_double(__half x) {
  return __half2float(x);
}
template <>
__device__ double as_double(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

template <>
__device__ double as_double(__nv_fp8_e4m3 x) {
  return static_cast<float>(x);
}
template <>
__device__ double as_double(__nv_fp8_e5m2 x) {
  return static_cast<float>(x);
}

namespace {

unsigned blocks(std::int64_t items, std::int64_t a_block) {
  constexpr std::int64_t most = 16384;
  const std::int64_t wanted = (items + a_block - 1) / a_block;
  return static_cast<unsigned>(wanted < most ? wanted : most);
}

template <typename T>
View<T> view(const DeviceMatrix& x) {
  const DeviceScales& s = x.scales;
  return {static_cast<const T*>(x.data),
          x.rows,
          x.columns,
          x.row_stride,
          x.column_stride,
          {s.data, s.row_stride, s.column_stride, s.row_shift, s.column_shift}};
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
    case Element::fp16: return function(__half{});
    case Element::e4m3: return function(__nv_fp8_e4m3{});
    case Element::e5m2: return function(__nv_fp8_e5m2{});
    case Element::e2m1: return function(E2m1Pair{});
    case Element::int8: return function(std::int8_t{});
    case Element::int32: return function(std::int32_t{});
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
  const long double unit = m.unit();
  LaneVector result(out.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane)
      result[i][lane] = unit * (static_cast<long double>(out[i].lane[lane].high) + out[i].lane[lane].low);
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
  const double unit = m.unit();
  for (double& sum : out) sum *= unit * unit;
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
    for (int lane = 0; lane < gemm_lanes; ++lane) result[j][lane] = m.unit() * out[j * gemm_lanes + lane];
  return result;
}

}  // namespace petaproof::cuda

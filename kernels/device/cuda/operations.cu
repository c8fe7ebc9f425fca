// needs: cuda
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp4.h>
#include <cuda_fp8.h>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/operations.cuh"
#include "kernels/device/cuda/operations.hpp"

namespace petaproof::cuda {

template <>
__device__ __nv_bfloat16 stored(float x) {
  return __float2bfloat16_rn(x);
}

template <>
__device__ __half stored(float x) {
  return __float2half_rn(x);
}

// To nearest; beyond the largest number that is the result.
template <>
__device__ __nv_fp8_e4m3 stored(float x) {
  return __nv_fp8_e4m3(x / static_cast<float>(unit_of(Element::e4m3)));
}

template <>
__device__ __nv_fp8_e5m2 stored(float x) {
  return __nv_fp8_e5m2(x / static_cast<float>(unit_of(Element::e5m2)));
}

// To nearest even; beyond the largest number that is the result.
template <>
__device__ E2m1Pair stored_pair(float first, float second) {
  const auto bits = [](float x) {
    return __nv_cvt_float_to_fp4(x / static_cast<float>(unit_of(Element::e2m1)), __NV_E2M1, cudaRoundNearest);
  };
  return {static_cast<unsigned char>((bits(first) & 15) | (bits(second) & 15) << 4)};
}

namespace {

template <typename T, typename Stored>
void fill_as(void* data, std::size_t count, Fill how, std::uint64_t seed, std::uint64_t stream_number,
             cudaStream_t stream) {
  const std::size_t blocks = (count + elements_per_block<T> - 1) / elements_per_block<T>;
  fill_kernel<T>
      <<<blocks_for(blocks), block_threads, 0, stream>>>(static_cast<Stored*>(data), count, how, seed, stream_number);
  PETAPROOF_CUDA_LAUNCHED();
}

void fill_e2m1(void* data, std::size_t count, Fill how, std::uint64_t seed, std::uint64_t stream_number,
               cudaStream_t stream) {
  PETAPROOF_INVARIANT(count % 2 == 0);
  fill_pairs_kernel<float><<<blocks_for(count / elements_per_block<float> + 1), block_threads, 0, stream>>>(
      static_cast<E2m1Pair*>(data), count, how, seed, stream_number);
  PETAPROOF_CUDA_LAUNCHED();
}

}  // namespace

bool can_run_kernels() {
  cudaFuncAttributes attributes{};
  const cudaError_t status = cudaFuncGetAttributes(&attributes, digest_kernel);
  if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
    cudaGetLastError();  // handled
    return false;
  }
  PETAPROOF_CUDA(status);
  return true;
}

void fill(Element element, void* data, std::int64_t count, Fill how, std::uint64_t seed, std::uint64_t stream_number,
          cudaStream_t stream) {
  const auto n = static_cast<std::size_t>(count);
  switch (element) {
    case Element::fp64: return fill_as<double, double>(data, n, how, seed, stream_number, stream);
    case Element::fp32: return fill_as<float, float>(data, n, how, seed, stream_number, stream);
    case Element::bf16: return fill_as<float, __nv_bfloat16>(data, n, how, seed, stream_number, stream);
    case Element::fp16: return fill_as<float, __half>(data, n, how, seed, stream_number, stream);
    case Element::e4m3: return fill_as<float, __nv_fp8_e4m3>(data, n, how, seed, stream_number, stream);
    case Element::e5m2: return fill_as<float, __nv_fp8_e5m2>(data, n, how, seed, stream_number, stream);
    case Element::e2m1: return fill_e2m1(data, n, how, seed, stream_number, stream);
    case Element::int8: return fill_as<std::int8_t, std::int8_t>(data, n, how, seed, stream_number, stream);
    case Element::int32: break;
  }
  PETAPROOF_INVARIANT(!"INT32 holds results, never operands");
}

void add_digest(const void* data, std::size_t bytes, std::uint64_t* sum, cudaStream_t stream) {
  static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
  digest_kernel<<<blocks_for((bytes + 7) / 8), block_threads, 0, stream>>>(
      static_cast<const unsigned char*>(data), bytes, reinterpret_cast<unsigned long long*>(sum));
  PETAPROOF_CUDA_LAUNCHED();
}

}  // namespace petaproof::cuda

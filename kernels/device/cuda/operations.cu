// needs: cuda
#include <cuda_bf16.h>

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/verify/digest.hpp"
#include "kernels/verify/distribution.hpp"

namespace petaproof::cuda {
namespace {

constexpr int block_threads = 256;
// Enough blocks to fill any GPU of today several times over; the loops stride over the rest.
constexpr std::size_t max_blocks = 8192;

unsigned blocks_for(std::size_t items) {
  const std::size_t blocks = (items + block_threads - 1) / block_threads;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks < max_blocks ? blocks : max_blocks);
}

__device__ std::size_t first_item() {
  return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ std::size_t stride() {
  return std::size_t{gridDim.x} * blockDim.x;
}

__device__ void store(double* to, double x) {
  *to = x;
}
__device__ void store(float* to, float x) {
  *to = x;
}
__device__ void store(__nv_bfloat16* to, float x) {
  *to = __float2bfloat16_rn(x);
}

// Elements are made as T and stored as Stored.
template <typename T, typename Stored>
__global__ void fill_kernel(Stored* data, std::size_t count, Fill how, std::uint64_t seed,
                            std::uint64_t stream_number) {
  constexpr std::size_t n = elements_per_block<T>;
  for (std::size_t block = first_item(); block * n < count; block += stride()) {
    T elements[n];
    make_elements(how, philox(seed, stream_number, block), elements);
    for (std::size_t i = 0; i < n && block * n + i < count; ++i) store(data + block * n + i, elements[i]);
  }
}

template <typename T, typename Stored>
void fill_as(void* data, std::size_t count, Fill how, std::uint64_t seed, std::uint64_t stream_number,
             cudaStream_t stream) {
  const std::size_t blocks = (count + elements_per_block<T> - 1) / elements_per_block<T>;
  fill_kernel<T>
      <<<blocks_for(blocks), block_threads, 0, stream>>>(static_cast<Stored*>(data), count, how, seed, stream_number);
  PETAPROOF_CUDA_LAUNCHED();
}

// One atomic per warp: the sum is commutative, so any order gives the same digest.
__global__ void digest_kernel(const unsigned char* data, std::size_t bytes, unsigned long long* sum) {
  const std::size_t words = (bytes + 7) / 8;
  unsigned long long mine = 0;
  for (std::size_t i = first_item(); i < words; i += stride()) {
    std::uint64_t word = 0;
    if (8 * i + 8 <= bytes)
      word = reinterpret_cast<const std::uint64_t*>(data)[i];
    else  // the last word, padded with zeros
      for (std::size_t b = 8 * i; b < bytes; ++b) word |= std::uint64_t{data[b]} << 8 * (b - 8 * i);
    mine += digest_hash(i, word);
  }
  for (int offset = 16; offset > 0; offset /= 2) mine += __shfl_down_sync(0xFFFFFFFFu, mine, offset);
  if (threadIdx.x % 32 == 0) atomicAdd(sum, mine);
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
  }
}

void add_digest(const void* data, std::size_t bytes, std::uint64_t* sum, cudaStream_t stream) {
  static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
  digest_kernel<<<blocks_for((bytes + 7) / 8), block_threads, 0, stream>>>(
      static_cast<const unsigned char*>(data), bytes, reinterpret_cast<unsigned long long*>(sum));
  PETAPROOF_CUDA_LAUNCHED();
}

}  // namespace petaproof::cuda

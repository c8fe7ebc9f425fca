// needs: cuda
#include "collectives/nccl/pattern.hpp"
#include "collectives/pattern.hpp"
#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/grid_stride.cuh"

namespace petaproof::cuda {
namespace {

__global__ void fill_kernel(float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot, int rank) {
  for (std::size_t i = first_item(); i < count; i += stride()) data[i] = pattern_value(seed, slot, i, rank);
}

__global__ void compare_kernel(const float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot,
                               const std::int32_t* sums, int ranks, Mismatch* mismatch) {
  for (std::size_t i = first_item(); i < count; i += stride()) {
    // as bits: a NaN equals nothing, and -0 is not what integers add up to
    if (__float_as_uint(data[i]) == __float_as_uint(pattern_sum(sums, ranks, seed, slot, i))) continue;
    note_mismatch(mismatch, i);
  }
}

}  // namespace

void fill_pattern(float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot, int rank,
                  cudaStream_t stream) {
  fill_kernel<<<blocks_for(count), block_threads, 0, stream>>>(data, count, seed, slot, rank);
  PETAPROOF_CUDA_LAUNCHED();
}

void compare_pattern_sum(const float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot,
                         const std::int32_t* sums, int ranks, Mismatch* mismatch, cudaStream_t stream) {
  compare_kernel<<<blocks_for(count), block_threads, 0, stream>>>(data, count, seed, slot, sums, ranks, mismatch);
  PETAPROOF_CUDA_LAUNCHED();
}

}  // namespace petaproof::cuda

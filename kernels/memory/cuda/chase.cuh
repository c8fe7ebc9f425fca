// The kernels behind memory/latency, apart from it so that the unit tests can run their bodies on CPU threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/cuda/grid_stride.cuh"

namespace petaproof::cuda {

/// At memory + i * stride: the address of line next[i].
__global__ void link_lines(char* memory, const std::uint32_t* next, std::size_t lines, std::size_t stride_bytes) {
  for (std::size_t i = first_item(); i < lines; i += stride())
    *reinterpret_cast<char**>(memory + i * stride_bytes) = memory + next[i] * stride_bytes;
}

/// What lies at `at`, in global memory. Spelled out since the compiler cannot know which memory it is and would have
/// a generic load, which finds that out first; a plain one, which any cache may serve.
__device__ inline const char* next_address(const char* at) {
#ifdef __CUDA_ARCH__
  const char* next;
  asm("ld.global.u64 %0, [%1];" : "=l"(next) : "l"(at));
  return next;
#else
  return *reinterpret_cast<const char* const*>(at);
#endif
}

/// One thread. A step is one load and nothing else: what is stored is the very address of the next.
__global__ void chase_lines(const char* start, std::int64_t loads, const char* memory, std::size_t stride_bytes,
                            unsigned long long* end) {
  const char* at = start;
  for (std::int64_t i = loads; i > 0; --i) at = next_address(at);
  *end = static_cast<unsigned long long>(at - memory) / stride_bytes;
}

}  // namespace petaproof::cuda

// One-dimensional grids whose threads stride over the items: any number of items, and a grid that fills any GPU.
#pragma once

#include <cstddef>

namespace petaproof::cuda {

inline constexpr int block_threads = 256;

/// For `items`, one a thread. Bounded: enough blocks to fill any GPU of today several times over.
inline unsigned blocks_for(std::size_t items) {
  constexpr std::size_t most = 8192;
  const std::size_t blocks = (items + block_threads - 1) / block_threads;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks < most ? blocks : most);
}

/// A thread's first item, and how far it is to its next.
__device__ inline std::size_t first_item() {
  return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ inline std::size_t stride() {
  return std::size_t{gridDim.x} * blockDim.x;
}

}  // namespace petaproof::cuda

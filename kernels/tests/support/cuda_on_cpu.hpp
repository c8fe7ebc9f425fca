// Runs the body of a CUDA kernel on CPU threads, one for each of a block, one block after the other: for the index
// arithmetic of kernels that no GPU is at hand for. Include it before the kernel's header; not for nvcc.
//
// Knows what our plain kernels use: the built-in indices, __shared__, __syncthreads, warp shuffles that all threads
// of a block reach together, and atomics. Says nothing about speed, alignment or races between blocks.
#pragma once

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#define PETAPROOF_CUDA_ON_CPU  // for headers that host code includes too
#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)

namespace petaproof::testing {

struct Index {
  unsigned x = 0;
};

inline thread_local Index thread_index, block_index, block_dim, grid_dim;
inline std::barrier<>* block_barrier = nullptr;
inline std::vector<unsigned long long> shuffled;

template <typename Body>
void on_cpu(unsigned blocks, unsigned threads, const Body& body) {
  std::barrier<> barrier(threads);
  block_barrier = &barrier;
  shuffled.assign(threads, 0);
  for (unsigned block = 0; block < blocks; ++block) {
    std::vector<std::jthread> all;
    for (unsigned thread = 0; thread < threads; ++thread)
      all.emplace_back([&, block, thread] {
        thread_index.x = thread;
        block_index.x = block;
        block_dim.x = threads;
        grid_dim.x = blocks;
        body();
      });
  }
}

}  // namespace petaproof::testing

#define threadIdx ::petaproof::testing::thread_index
#define blockIdx ::petaproof::testing::block_index
#define blockDim ::petaproof::testing::block_dim
#define gridDim ::petaproof::testing::grid_dim

inline void __syncthreads() {
  petaproof::testing::block_barrier->arrive_and_wait();
}

inline unsigned long long __shfl_down_sync(unsigned, unsigned long long value, int offset) {
  const unsigned me = threadIdx.x;
  petaproof::testing::shuffled[me] = value;
  __syncthreads();
  const unsigned from = me + static_cast<unsigned>(offset);
  const bool in_warp = from / 32 == me / 32 && from < blockDim.x;
  const unsigned long long result = in_warp ? petaproof::testing::shuffled[from] : value;
  __syncthreads();
  return result;
}

template <typename T>
T atomicAdd(T* to, T value) {
  return std::atomic_ref<T>(*to).fetch_add(value);
}
template <typename T>
T atomicMin(T* to, T value) {
  std::atomic_ref<T> cell(*to);
  T before = cell.load();
  while (value < before && !cell.compare_exchange_weak(before, value)) {
  }
  return before;
}

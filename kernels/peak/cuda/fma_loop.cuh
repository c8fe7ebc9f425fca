// The kernel of peak/fma, apart from it so that the unit tests can run its body on CPU threads.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/peak/fma_chain.hpp"

namespace petaproof::peak {

/// `starts`, `addends`: [chain][thread], the same for every block, so that all blocks of equally many iterations must
/// have equal results. `ends`: [block][chain][thread]. Any number of threads.
template <typename T>
__global__ void __launch_bounds__(fma_threads, 1)
    fma_loop(const T* starts, const T* addends, T* ends, std::int64_t iterations) {
  T x[fma_chains], c[fma_chains];
#pragma unroll
  for (int chain = 0; chain < fma_chains; ++chain) {
    x[chain] = starts[chain * blockDim.x + threadIdx.x];
    c[chain] = addends[chain * blockDim.x + threadIdx.x];
  }
#pragma unroll 1
  for (std::int64_t i = iterations_of(iterations, gridDim.x, blockIdx.x); i > 0; --i) {
#pragma unroll
    for (int step = 0; step < fma_steps; ++step) {
#pragma unroll
      for (int chain = 0; chain < fma_chains; ++chain) x[chain] = std::fma(x[chain], x[chain], c[chain]);
    }
  }
#pragma unroll
  for (int chain = 0; chain < fma_chains; ++chain)
    ends[(std::int64_t{blockIdx.x} * fma_chains + chain) * blockDim.x + threadIdx.x] = x[chain];
}

}  // namespace petaproof::peak

// The data of collectives/pattern.hpp, made and checked on a GPU. All is enqueued on `stream`.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "kernels/verify/cuda/mismatch.hpp"

namespace petaproof::cuda {

/// What rank `rank` contributes: data[i] = pattern_value(seed, slot, i, rank).
void fill_pattern(float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot, int rank,
                  cudaStream_t stream);

/// Adds to *mismatch (device memory, initialised) each element that is not, bit for bit, the sum over `ranks` ranks;
/// a NaN is none, and neither is a zero of the wrong sign. `sums`: PatternSum's table, in device memory.
void compare_pattern_sum(const float* data, std::size_t count, std::uint64_t seed, std::uint64_t slot,
                         const std::int32_t* sums, int ranks, Mismatch* mismatch, cudaStream_t stream);

}  // namespace petaproof::cuda

// Kernels that every CUDA workload needs: filling operands and digesting results. All are enqueued on `stream`.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/device/element.hpp"
#include "kernels/workload.hpp"

namespace petaproof::cuda {

/// Whether this build has machine code, or PTX that the driver can compile, for the current device.
bool can_run_kernels();

/// As fill_host: element i depends on (fill, seed, stream_number, i) alone, so any GPU with any number of threads
/// makes the same data. The last bits of normal data may differ from the host's (another logarithm).
/// BF16, FP16, FP8 and FP4 elements are those of FP32 over unit_of(element), rounded to nearest. Of FP4 `count` is
/// even.
void fill(Element element, void* data, std::int64_t count, Fill fill, std::uint64_t seed, std::uint64_t stream_number,
          cudaStream_t stream);

/// Adds the digest of verify/digest.hpp, less its term for the length, to *sum (device memory).
void add_digest(const void* data, std::size_t bytes, std::uint64_t* sum, cudaStream_t stream);

}  // namespace petaproof::cuda

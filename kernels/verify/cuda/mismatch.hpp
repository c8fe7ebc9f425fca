// What a kernel that compares results element by element finds, and how it travels.
#pragma once

#include "kernels/device/device.hpp"

namespace petaproof::cuda {

struct Mismatch {
  unsigned long long count = 0;
  unsigned long long first = ~0ull;  // lowest index
};

#if defined(__CUDACC__) || defined(PETAPROOF_CUDA_ON_CPU)  // the latter by the unit tests
__device__ inline void note_mismatch(Mismatch* mismatch, unsigned long long index) {
  atomicAdd(&mismatch->count, 1ull);
  atomicMin(&mismatch->first, index);
}
#endif

/// What `compare`, which enqueues such a kernel on the device's stream, finds. `scratch` is kept for the next time.
template <typename Compare>
Mismatch find_mismatches(Device& device, Buffer& scratch, const Compare& compare) {
  if (scratch.bytes() == 0) scratch = device.allocate(sizeof(Mismatch));
  Mismatch found;
  device.copy_from_host(scratch.data(), &found, sizeof found);
  compare(scratch.as<Mismatch>());
  device.copy_to_host(&found, scratch.data(), sizeof found);
  return found;
}

}  // namespace petaproof::cuda

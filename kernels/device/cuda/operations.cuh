// The kernels behind operations.hpp, apart from it so that the unit tests can run their bodies on CPU threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/cuda/grid_stride.cuh"
#include "kernels/verify/digest.hpp"
#include "kernels/verify/distribution.hpp"

namespace petaproof::cuda {

/// Specialised where a conversion is not implicit.
template <typename Stored, typename T>
__device__ Stored stored(T x) {
  return x;
}

// Elements are made as T and stored as Stored.
template <typename T, typename Stored>
__global__ void fill_kernel(Stored* data, std::size_t count, Fill how, std::uint64_t seed,
                            std::uint64_t stream_number) {
  constexpr std::size_t n = elements_per_block<T>;
  for (std::size_t block = first_item(); block * n < count; block += stride()) {
    T elements[n] = {};
    make_elements(how, philox(seed, stream_number, block), elements);
    for (std::size_t i = 0; i < n && block * n + i < count; ++i) data[block * n + i] = stored<Stored>(elements[i]);
  }
}

/// Two elements in a byte; specialised where a conversion is needed.
template <typename Packed, typename T>
__device__ Packed stored_pair(T first, T second);

// `count` is even.
template <typename T, typename Packed>
__global__ void fill_pairs_kernel(Packed* data, std::size_t count, Fill how, std::uint64_t seed,
                                  std::uint64_t stream_number) {
  constexpr std::size_t n = elements_per_block<T>;
  static_assert(n % 2 == 0);
  for (std::size_t block = first_item(); block * n < count; block += stride()) {
    T elements[n] = {};
    make_elements(how, philox(seed, stream_number, block), elements);
    for (std::size_t i = 0; i < n && block * n + i < count; i += 2)
      data[(block * n + i) / 2] = stored_pair<Packed>(elements[i], elements[i + 1]);
  }
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

}  // namespace petaproof::cuda

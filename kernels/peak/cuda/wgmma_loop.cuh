// The kernel of peak/wgmma.
#pragma once

#include <cstdint>

#include "kernels/device/cuda/ptx.cuh"
#include "kernels/device/cuda/wgmma.cuh"
#include "kernels/peak/cuda/low_bits.cuh"
#include "kernels/peak/cuda/wgmma_instructions.cuh"
#include "kernels/peak/fragments.hpp"
#include "kernels/peak/iterations.hpp"
#include "kernels/peak/tile.hpp"

namespace petaproof::peak {

/// Bytes along k of a row of A or a column of B: all slices, one row of a swizzled atom.
inline constexpr int wgmma_row_bytes = wgmma_slices * wgmma_k_bytes;
static_assert(wgmma_row_bytes == swizzle_row_bytes);

/// Of dynamic shared memory: A of both warpgroups and B, and what it takes to begin at an atom.
constexpr int wgmma_shared_bytes(int n) {
  return (wgmma_groups * wgmma_m + n) * swizzle_row_bytes + swizzle_atom_bytes;
}

/// Chunks of 16 bytes: which of the rows, and where in its row.
PETAPROOF_EVERYWHERE constexpr int shared_offset(int chunk) {
  constexpr int chunks = swizzle_row_bytes / 16;
  return swizzled(chunk / chunks, chunk % chunks);
}

/// `operands`: rows of wgmma_row_bytes, first A's of both warpgroups, then B's columns, n of them; the same for every
/// block. `sums`: [block][warpgroup][register][thread of the warpgroup]; `counts`: [block][thread]. `keep` is 0: sums
/// are not kept where one starts anew. A constant in its place would show the assembler that three of four sums are
/// never read, and it drops such instructions, volatile or not.
template <class I, bool a_in_registers>
__global__ void __launch_bounds__(wgmma_threads, 1)
    wgmma_loop(const uint4* operands, typename I::Sum* sums, std::uint32_t* counts, std::int64_t iterations,
               int keep) {
  extern __shared__ unsigned char dynamic[];
  const auto unaligned = static_cast<std::uint32_t>(__cvta_generic_to_shared(dynamic));
  const std::uint32_t shared = (unaligned + swizzle_atom_bytes - 1) / swizzle_atom_bytes * swizzle_atom_bytes;
  unsigned char* const base = dynamic + (shared - unaligned);
  constexpr int rows_of_a = wgmma_groups * wgmma_m, chunks = (rows_of_a + I::n) * swizzle_row_bytes / 16;
  for (int chunk = static_cast<int>(threadIdx.x); chunk < chunks; chunk += wgmma_threads)
    *reinterpret_cast<uint4*>(base + shared_offset(chunk)) = operands[chunk];
  cuda::ptx::publish_to_async_proxy();
  __syncthreads();

  const int group = static_cast<int>(threadIdx.x / 128), thread = static_cast<int>(threadIdx.x % 128);
  const std::uint64_t descriptor_a = wgmma::k_major_descriptor(shared + group * wgmma_m * swizzle_row_bytes);
  const std::uint64_t descriptor_b = wgmma::k_major_descriptor(shared + rows_of_a * swizzle_row_bytes);
  std::uint32_t a[wgmma_slices][4];
  if constexpr (a_in_registers) {
#pragma unroll
    for (int slice = 0; slice < wgmma_slices; ++slice) {
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        const BytePlace place = wgmma_a_place(thread, r);
        const int byte = (group * wgmma_m + place.row) * wgmma_row_bytes + slice * wgmma_k_bytes + place.byte;
        a[slice][r] = reinterpret_cast<const std::uint32_t*>(operands)[byte / 4];
      }
    }
  }

  typename I::Sum sum[I::sums] = {};
  std::uint32_t count = 0;
#pragma unroll 1
  for (std::int64_t i = iterations_of(iterations, gridDim.x, blockIdx.x); i > 0; --i) {
    cuda::ptx::wgmma_fence();
#pragma unroll
    for (int step = 0; step < wgmma_steps; ++step) {
      const int slice = step % wgmma_slices;
      const std::uint64_t further = slice * wgmma_k_bytes / 16;  // of a descriptor's address
      const int add = step % wgmma_summed == 0 ? keep : 1;
      if constexpr (a_in_registers)
        I::multiply(sum, a[slice], descriptor_b + further, add);
      else
        I::multiply(sum, descriptor_a + further, descriptor_b + further, add);
    }
    cuda::ptx::wgmma_commit();
    cuda::ptx::wgmma_wait<0>();
    I::changed(sum);
#pragma unroll
    for (int r = 0; r < I::sums; r += wgmma_count_every) count = counted(count, low_bits(sum[r]));
  }

  const std::int64_t first = (std::int64_t{blockIdx.x} * wgmma_groups + group) * I::sums;
#pragma unroll
  for (int r = 0; r < I::sums; ++r) sums[(first + r) * 128 + thread] = sum[r];
  counts[std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x] = count;
}

}  // namespace petaproof::peak

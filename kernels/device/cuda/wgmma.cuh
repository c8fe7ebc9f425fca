// Hopper's matrix instruction, wgmma: a warpgroup multiplies matrices in shared memory into its registers.
#pragma once

#include <cstdint>

#include "kernels/device/cuda/wgmma_text.cuh"

namespace petaproof::cuda::ptx {

/// Before the first wgmma, and wherever registers of a sum were touched in between: earlier accesses come first.
__device__ inline void wgmma_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

/// Makes a group of the wgmmas since the last call.
__device__ inline void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Waits until all but the latest `pending` groups are complete. Their sums must not be touched before the last is.
template <int pending>
__device__ inline void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

/// For the compiler: the sums are other ones from here on, so no use of them may move up before this.
template <int count>
__device__ inline void sums_changed(float (&sums)[count]) {
#pragma unroll
  for (int i = 0; i < count; ++i) asm volatile("" : "+f"(sums[i])::"memory");
}
/// And that registers of A were those that it was given until here.
template <int count>
__device__ inline void operands_read(std::uint32_t (&a)[count][4]) {
#pragma unroll
  for (int i = 0; i < count; ++i) {
#pragma unroll
    for (int r = 0; r < 4; ++r) asm volatile("" : "+r"(a[i][r])::"memory");
  }
}

/// d[64 x 256] = A[64 x 16] * B[16 x 256], plus d if `accumulate`; BF16, FP32 sums. A is K-major, B MN-major (rows of
/// n), both by descriptors. Asynchronous, as those below: see wgmma_wait.
__device__ inline void wgmma_m64n256k16_bf16(float (&d)[128], std::uint64_t a, std::uint64_t b, bool accumulate) {
  const int add = static_cast<int>(accumulate);
  PETAPROOF_WGMMA_ASM(SHARED, 256, "f", "k16.f32.bf16.bf16", ", 1, 1, 0, 1", "l"(a));
}

/// d[64 x 128] = A[64 x 16] * B[16 x 128]; both K-major (rows of k).
__device__ inline void wgmma_k_major_bf16(float (&d)[64], std::uint64_t a, std::uint64_t b, bool accumulate) {
  const int add = static_cast<int>(accumulate);
  PETAPROOF_WGMMA_ASM(SHARED, 128, "f", "k16.f32.bf16.bf16", ", 1, 1, 0, 0", "l"(a));
}

/// d[64 x n] += A[64 x 16] * B[16 x n], n = 128 or 64: A in registers, laid out as two neighbouring groups of 8
/// columns of sums are (wgmma_layout.hpp, a_position), B MN-major. The registers must not change before the wait.
__device__ inline void wgmma_add_mn_major_bf16(float (&d)[64], const std::uint32_t (&a)[4], std::uint64_t b) {
  constexpr int add = 1;
  PETAPROOF_WGMMA_ASM(REGISTERS, 128, "f", "k16.f32.bf16.bf16", ", 1, 1, 1", "r"(a[0]), "r"(a[1]), "r"(a[2]),
                      "r"(a[3]));
}
__device__ inline void wgmma_add_mn_major_bf16(float (&d)[32], const std::uint32_t (&a)[4], std::uint64_t b) {
  constexpr int add = 1;
  PETAPROOF_WGMMA_ASM(REGISTERS, 64, "f", "k16.f32.bf16.bf16", ", 1, 1, 1", "r"(a[0]), "r"(a[1]), "r"(a[2]),
                      "r"(a[3]));
}

}  // namespace petaproof::cuda::ptx

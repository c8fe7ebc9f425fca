// wgmma of every type that peak/wgmma measures, as types for wgmma_loop. PTX ISA 9.7, "wgmma.mma_async"; A and B
// K-major.
#pragma once

#include <cstdint>

#include "kernels/device/cuda/wgmma_text.cuh"
#include "kernels/peak/fragments.hpp"

namespace petaproof::peak {

// shared_tail, registers_tail: signs of A and B where there are any, and for 16-bit types that neither is transposed
// (A in registers cannot be).
#define PETAPROOF_WGMMA(NAME, SumType, columns, element_bytes, types, S, shared_tail, registers_tail)                \
  struct NAME {                                                                                                      \
    using Sum = SumType;                                                                                             \
    static constexpr int n = columns;                                                                                \
    static constexpr int k = wgmma_k_bytes / element_bytes;                                                          \
    static constexpr int sums = n / 2; /* registers of a thread: 64 n over the 128 of a warpgroup */                 \
    __device__ static void multiply(Sum (&d)[sums], std::uint64_t a, std::uint64_t b, int add) {                     \
      PETAPROOF_WGMMA_ASM(SHARED, columns, S, types, shared_tail, "l"(a));                                           \
    }                                                                                                                \
    __device__ static void multiply(Sum (&d)[sums], const std::uint32_t (&a)[4], std::uint64_t b, int add) {         \
      PETAPROOF_WGMMA_ASM(REGISTERS, columns, S, types, registers_tail, "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3])); \
    }                                                                                                                \
    /* For the compiler: the sums are other ones from here on, so that it reads none of them before. */              \
    __device__ static void changed(Sum (&d)[sums]) {                                                                 \
      _Pragma("unroll") for (Sum & sum : d) asm volatile("" : "+" S(sum)::"memory");                                 \
    }                                                                                                                \
  }

PETAPROOF_WGMMA(WgmmaTf32N256, float, 256, 4, "k8.f32.tf32.tf32", "f", ", 1, 1", ", 1, 1");
PETAPROOF_WGMMA(WgmmaBf16N256, float, 256, 2, "k16.f32.bf16.bf16", "f", ", 1, 1, 0, 0", ", 1, 1, 0");
PETAPROOF_WGMMA(WgmmaFp16N256, float, 256, 2, "k16.f32.f16.f16", "f", ", 1, 1, 0, 0", ", 1, 1, 0");
PETAPROOF_WGMMA(WgmmaFp8N256, float, 256, 1, "k32.f32.e4m3.e4m3", "f", ", 1, 1", ", 1, 1");
PETAPROOF_WGMMA(WgmmaInt8N256, std::int32_t, 256, 1, "k32.s32.s8.s8", "r", "", "");
PETAPROOF_WGMMA(WgmmaTf32N128, float, 128, 4, "k8.f32.tf32.tf32", "f", ", 1, 1", ", 1, 1");
PETAPROOF_WGMMA(WgmmaBf16N128, float, 128, 2, "k16.f32.bf16.bf16", "f", ", 1, 1, 0, 0", ", 1, 1, 0");
PETAPROOF_WGMMA(WgmmaFp16N128, float, 128, 2, "k16.f32.f16.f16", "f", ", 1, 1, 0, 0", ", 1, 1, 0");
PETAPROOF_WGMMA(WgmmaFp8N128, float, 128, 1, "k32.f32.e4m3.e4m3", "f", ", 1, 1", ", 1, 1");
PETAPROOF_WGMMA(WgmmaInt8N128, std::int32_t, 128, 1, "k32.s32.s8.s8", "r", "", "");

#undef PETAPROOF_WGMMA

}  // namespace petaproof::peak

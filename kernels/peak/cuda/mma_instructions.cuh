// mma.sync of every shape that peak/mma measures, as types for mma_loop. PTX ISA 9.7, "mma"; A by row, B by column.
#pragma once

#include <cstdint>

#include "kernels/peak/fragments.hpp"

namespace petaproof::peak {

// A block of assembly for each number of registers (of A, B and D), with the letters of operands (R) and sums (S). It
// is volatile: the compiler must not notice that one product is made many times.
#define PETAPROOF_MMA_112(text, R, S)                  \
  asm volatile(text " {%0, %1}, {%2}, {%3}, {%4, %5};" \
               : "=" S(d[0]), "=" S(d[1])              \
               : R(a[0]), R(b[0]), S(c[0]), S(c[1]))
#define PETAPROOF_MMA_214(text, R, S)                                       \
  asm volatile(text " {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};" \
               : "=" S(d[0]), "=" S(d[1]), "=" S(d[2]), "=" S(d[3])         \
               : R(a[0]), R(a[1]), R(b[0]), S(c[0]), S(c[1]), S(c[2]), S(c[3]))
#define PETAPROOF_MMA_424(text, R, S)                                                      \
  asm volatile(text " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};" \
               : "=" S(d[0]), "=" S(d[1]), "=" S(d[2]), "=" S(d[3])                        \
               : R(a[0]), R(a[1]), R(a[2]), R(a[3]), R(b[0]), R(b[1]), S(c[0]), S(c[1]), S(c[2]), S(c[3]))
#define PETAPROOF_MMA_844(text, R, S)                                                                               \
  asm volatile(text                                                                                                 \
               " {%0, %1, %2, %3}, {%4, %5, %6, %7, %8, %9, %10, %11}, {%12, %13, %14, %15}, "                      \
               "{%16, %17, %18, %19};"                                                                              \
               : "=" S(d[0]), "=" S(d[1]), "=" S(d[2]), "=" S(d[3])                                                 \
               : R(a[0]), R(a[1]), R(a[2]), R(a[3]), R(a[4]), R(a[5]), R(a[6]), R(a[7]), R(b[0]), R(b[1]), R(b[2]), \
                 R(b[3]), S(c[0]), S(c[1]), S(c[2]), S(c[3]))

// `least`: compute capability that has the instruction, as in __CUDA_ARCH__; code for older ones must not contain it,
// and the workload does not launch it there.
#define PETAPROOF_MMA(NAME, RegisterType, SumType, m, n, k, packed, least, registers, text, R, S) \
  struct NAME {                                                                                   \
    using Register = RegisterType;                                                                \
    using Sum = SumType;                                                                          \
    static constexpr MmaShape shape{m, n, k, packed};                                             \
    static constexpr int least_capability = least;                                                \
    __device__ static void multiply(Sum* d, const Register* a, const Register* b, const Sum* c) { \
      PETAPROOF_MMA_FROM_##least(PETAPROOF_MMA_##registers("mma.sync.aligned." text, R, S));      \
    }                                                                                             \
  }
#define PETAPROOF_MMA_FROM_800(code) code
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
#define PETAPROOF_MMA_FROM_900(code) code
#else
#define PETAPROOF_MMA_FROM_900(code) __trap()
#endif

PETAPROOF_MMA(MmaFp64M8N8K4, double, double, 8, 8, 4, 1, 800, 112, "m8n8k4.row.col.f64.f64.f64.f64", "d", "d");
PETAPROOF_MMA(MmaFp64M16N8K4, double, double, 16, 8, 4, 1, 900, 214, "m16n8k4.row.col.f64.f64.f64.f64", "d", "d");
PETAPROOF_MMA(MmaFp64M16N8K8, double, double, 16, 8, 8, 1, 900, 424, "m16n8k8.row.col.f64.f64.f64.f64", "d", "d");
PETAPROOF_MMA(MmaFp64M16N8K16, double, double, 16, 8, 16, 1, 900, 844, "m16n8k16.row.col.f64.f64.f64.f64", "d", "d");

PETAPROOF_MMA(MmaTf32M16N8K4, std::uint32_t, float, 16, 8, 4, 1, 800, 214, "m16n8k4.row.col.f32.tf32.tf32.f32", "r",
              "f");
PETAPROOF_MMA(MmaTf32M16N8K8, std::uint32_t, float, 16, 8, 8, 1, 800, 424, "m16n8k8.row.col.f32.tf32.tf32.f32", "r",
              "f");
PETAPROOF_MMA(MmaBf16M16N8K8, std::uint32_t, float, 16, 8, 8, 2, 800, 214, "m16n8k8.row.col.f32.bf16.bf16.f32", "r",
              "f");
PETAPROOF_MMA(MmaBf16M16N8K16, std::uint32_t, float, 16, 8, 16, 2, 800, 424, "m16n8k16.row.col.f32.bf16.bf16.f32",
              "r", "f");
PETAPROOF_MMA(MmaFp16M16N8K8, std::uint32_t, float, 16, 8, 8, 2, 800, 214, "m16n8k8.row.col.f32.f16.f16.f32", "r",
              "f");
PETAPROOF_MMA(MmaFp16M16N8K16, std::uint32_t, float, 16, 8, 16, 2, 800, 424, "m16n8k16.row.col.f32.f16.f16.f32", "r",
              "f");
PETAPROOF_MMA(MmaInt8M8N8K16, std::uint32_t, std::int32_t, 8, 8, 16, 4, 800, 112, "m8n8k16.row.col.s32.s8.s8.s32",
              "r", "r");
PETAPROOF_MMA(MmaInt8M16N8K16, std::uint32_t, std::int32_t, 16, 8, 16, 4, 800, 214, "m16n8k16.row.col.s32.s8.s8.s32",
              "r", "r");
PETAPROOF_MMA(MmaInt8M16N8K32, std::uint32_t, std::int32_t, 16, 8, 32, 4, 800, 424, "m16n8k32.row.col.s32.s8.s8.s32",
              "r", "r");

#undef PETAPROOF_MMA
#undef PETAPROOF_MMA_FROM_800
#undef PETAPROOF_MMA_FROM_900
#undef PETAPROOF_MMA_112
#undef PETAPROOF_MMA_214
#undef PETAPROOF_MMA_424
#undef PETAPROOF_MMA_844

}  // namespace petaproof::peak

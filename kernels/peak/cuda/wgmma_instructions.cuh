// wgmma of every type that peak/wgmma measures, as types for wgmma_loop. PTX ISA 9.7, "wgmma.mma_async"; A and B
// K-major.
#pragma once

#include <cstdint>

#include "kernels/peak/fragments.hpp"

namespace petaproof::peak {

// The registers of a sum of 64 x 256 or 64 x 128, as operands and in the text, where operands are numbered.
#define PETAPROOF_8_SUMS(S, i)                                                                                       \
  "+" S(d[i]), "+" S(d[i + 1]), "+" S(d[i + 2]), "+" S(d[i + 3]), "+" S(d[i + 4]), "+" S(d[i + 5]), "+" S(d[i + 6]), \
      "+" S(d[i + 7])
#define PETAPROOF_64_SUMS(S, i)                                                                                 \
  PETAPROOF_8_SUMS(S, i), PETAPROOF_8_SUMS(S, i + 8), PETAPROOF_8_SUMS(S, i + 16), PETAPROOF_8_SUMS(S, i + 24), \
      PETAPROOF_8_SUMS(S, i + 32), PETAPROOF_8_SUMS(S, i + 40), PETAPROOF_8_SUMS(S, i + 48),                    \
      PETAPROOF_8_SUMS(S, i + 56)
#define PETAPROOF_SUMS_128(S) PETAPROOF_64_SUMS(S, 0)
#define PETAPROOF_SUMS_256(S) PETAPROOF_64_SUMS(S, 0), PETAPROOF_64_SUMS(S, 64)
#define PETAPROOF_SUMS_TEXT_128                                                      \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"           \
  " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31," \
  " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47," \
  " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}"
#define PETAPROOF_SUMS_TEXT_256                                                                  \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"                       \
  " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"             \
  " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"             \
  " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63,"             \
  " %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79,"             \
  " %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95,"             \
  " %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111," \
  " %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}"
// Behind them: A's descriptor or registers, B's descriptor, and whether to add to the sum (predicate p).
#define PETAPROOF_SHARED_TEXT_128 ", %64, %65, p"
#define PETAPROOF_SHARED_ADD_128 "%66"
#define PETAPROOF_REGISTERS_TEXT_128 ", {%64, %65, %66, %67}, %68, p"
#define PETAPROOF_REGISTERS_ADD_128 "%69"
#define PETAPROOF_SHARED_TEXT_256 ", %128, %129, p"
#define PETAPROOF_SHARED_ADD_256 "%130"
#define PETAPROOF_REGISTERS_TEXT_256 ", {%128, %129, %130, %131}, %132, p"
#define PETAPROOF_REGISTERS_ADD_256 "%133"

#define PETAPROOF_WGMMA_ASM(WHERE, n, S, types, tail, ...)                            \
  asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, " PETAPROOF_##WHERE##_ADD_##n    \
               ", 0;\n\t"                                                             \
               "wgmma.mma_async.sync.aligned.m64n" #n types                           \
               " " PETAPROOF_SUMS_TEXT_##n PETAPROOF_##WHERE##_TEXT_##n tail ";\n\t}" \
               : PETAPROOF_SUMS_##n(S)                                                \
               : __VA_ARGS__, "l"(b), "r"(add))

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
#undef PETAPROOF_WGMMA_ASM
#undef PETAPROOF_8_SUMS
#undef PETAPROOF_64_SUMS
#undef PETAPROOF_SUMS_128
#undef PETAPROOF_SUMS_256
#undef PETAPROOF_SUMS_TEXT_128
#undef PETAPROOF_SUMS_TEXT_256
#undef PETAPROOF_SHARED_TEXT_128
#undef PETAPROOF_SHARED_TEXT_256
#undef PETAPROOF_SHARED_ADD_128
#undef PETAPROOF_SHARED_ADD_256
#undef PETAPROOF_REGISTERS_TEXT_128
#undef PETAPROOF_REGISTERS_TEXT_256
#undef PETAPROOF_REGISTERS_ADD_128
#undef PETAPROOF_REGISTERS_ADD_256

}  // namespace petaproof::peak

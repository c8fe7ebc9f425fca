// The text of wgmma m64nNkK, for N of 64, 128 and 256: a sum is N / 2 registers of each thread, and an instruction's
// operands are numbered, so the text differs with N. PTX ISA 9.7, "wgmma.mma_async".
//
// PETAPROOF_WGMMA_ASM(WHERE, n, S, types, tail, a...) multiplies into the array `d` of n / 2 registers of constraint S,
// "f" or "r". A is in SHARED memory, by its descriptor, or in four REGISTERS, and comes last, as asm operands; B is in
// shared memory by descriptor `b`; int `add` says whether to add to the sum. `types` begins with k: "k16.f32...";
// `tail` has the signs of A and B, and for 16-bit types whether A (in shared memory) and B are MN-major.
#pragma once

// The registers of a sum, as operands and in the text.
#define PETAPROOF_8_SUMS(S, i)                                                                                       \
  "+" S(d[i]), "+" S(d[i + 1]), "+" S(d[i + 2]), "+" S(d[i + 3]), "+" S(d[i + 4]), "+" S(d[i + 5]), "+" S(d[i + 6]), \
      "+" S(d[i + 7])
#define PETAPROOF_32_SUMS(S, i) \
  PETAPROOF_8_SUMS(S, i), PETAPROOF_8_SUMS(S, i + 8), PETAPROOF_8_SUMS(S, i + 16), PETAPROOF_8_SUMS(S, i + 24)
#define PETAPROOF_64_SUMS(S, i) PETAPROOF_32_SUMS(S, i), PETAPROOF_32_SUMS(S, i + 32)
#define PETAPROOF_SUMS_64(S) PETAPROOF_32_SUMS(S, 0)
#define PETAPROOF_SUMS_128(S) PETAPROOF_64_SUMS(S, 0)
#define PETAPROOF_SUMS_256(S) PETAPROOF_64_SUMS(S, 0), PETAPROOF_64_SUMS(S, 64)
#define PETAPROOF_SUMS_TEXT_64                                             \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15," \
  " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}"
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
#define PETAPROOF_SHARED_TEXT_64 ", %32, %33, p"
#define PETAPROOF_SHARED_ADD_64 "%34"
#define PETAPROOF_REGISTERS_TEXT_64 ", {%32, %33, %34, %35}, %36, p"
#define PETAPROOF_REGISTERS_ADD_64 "%37"
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

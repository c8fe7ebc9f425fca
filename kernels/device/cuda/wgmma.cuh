// Hopper's matrix instruction, wgmma: a warpgroup multiplies matrices in shared memory into its registers.
#pragma once

#include <cstdint>

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
  for (float& sum : sums) asm volatile("" : "+f"(sum)::"memory");
}

/// sums[64 x 256] = A[64 x 16] * B[16 x 256], plus sums if `accumulate`; BF16, FP32 sums. A is K-major, B MN-major
/// (rows of n), both by descriptors. Asynchronous: see wgmma_wait.
__device__ inline void wgmma_m64n256k16_bf16(float (&sums)[128], std::uint64_t a, std::uint64_t b, bool accumulate) {
#define PETAPROOF_8_SUMS(i)                                                                                     \
  "+f"(sums[i]), "+f"(sums[i + 1]), "+f"(sums[i + 2]), "+f"(sums[i + 3]), "+f"(sums[i + 4]), "+f"(sums[i + 5]), \
      "+f"(sums[i + 6]), "+f"(sums[i + 7])
#define PETAPROOF_32_SUMS(i) \
  PETAPROOF_8_SUMS(i), PETAPROOF_8_SUMS(i + 8), PETAPROOF_8_SUMS(i + 16), PETAPROOF_8_SUMS(i + 24)
  // after the descriptors: accumulate, signs of A and B, whether A and B are transposed, that is MN-major
  asm volatile(
      "{\n\t"
      ".reg .pred p;\n\t"
      "setp.ne.b32 p, %130, 0;\n\t"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      " %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
      " %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
      " %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
      " %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
      "%128, %129, p, 1, 1, 0, 1;\n\t"
      "}"
      : PETAPROOF_32_SUMS(0), PETAPROOF_32_SUMS(32), PETAPROOF_32_SUMS(64), PETAPROOF_32_SUMS(96)
      : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)));
#undef PETAPROOF_32_SUMS
#undef PETAPROOF_8_SUMS
}

}  // namespace petaproof::cuda::ptx

// What a precision of a matrix product means: how operands and result are stored and lie, and where a kernel may
// round.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device/device.hpp"
#include "kernels/device/element.hpp"
#include "kernels/gemm/scaling.hpp"
#include "kernels/verify/bounds.hpp"
#include "kernels/verify/gemm_check.hpp"
#include "kernels/verify/gemm_layout.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

struct GemmPrecision {
  std::string_view name;
  Element a, b, c;
  GemmRounding rounding;
  /// Unless another is asked for: nn, and for operands of a byte tn, as a linear layer holds its weights, since that
  /// is the one layout in which every library multiplies them.
  GemmLayout layout = layout_nn;
  /// N, along which C is contiguous, must be a multiple of the first; K, and what else the operands are contiguous
  /// along, of the second.
  std::int64_t n_multiple = 1, k_multiple = 1;
  /// Compute capability, as major * 10 + minor, from which GPUs have it.
  int least_capability = 80;

  /// Put together from products of a narrower type: its rate says nothing about the units that it is named after.
  bool is_emulated = false;
  /// Of both operands, where the format has scales of its own.
  std::optional<BlockScales> scales = {};

  /// FP8 alone has two ways to sum: see GemmRounding::promoted.
  constexpr bool has_fast_accumulation() const { return rounding.promoted > 0; }
  /// Whether one scale for each tensor is only one way to scale it.
  constexpr bool has_scalings() const { return is_fp8(a) && !scales; }
  /// `rounding`, or what is left of it where the sum is never promoted, or after every block, whose sum is scaled in
  /// FP32.
  constexpr GemmRounding rounding_with(bool fast_accumulation, const GemmScaling& scaling = scaling_by_tensor) const {
    GemmRounding result = rounding;
    if (fast_accumulation) result.promoted = 0;
    if (has_scalings() && scaling.of_blocks()) result.promoted = scaling.a->elements;
    return result;
  }
};

inline constexpr GemmRounding fp8_rounding{
    .accumulator = aligned_roundoff, .aligns = true, .promoted = 512, .result = 0x1p-8};

/// Blackwell's tensor cores cut each product, which they scale themselves where a block has a scale, off 25 fraction
/// bits below the largest (FP8 and MXFP8, tcgen05 kinds f8f6f4 and mxf8f6f4) or 35 (NVFP4, mxf4nvf4), add them
/// exactly, and cut the sum off to FP32 (arXiv:2511.10909 and its simulator, github.com/microsoft/MMA-Sim, classes
/// tcgen05mma and tcgen05mma_block_scale): what FP32's own last place loses is the larger part.
inline constexpr GemmRounding blackwell_rounding{.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-8};

/// The precisions in which GPUs multiply; the accumulator is FP64 for fp64, INT32 for int8, else FP32, of which FP8's
/// tensor cores before Blackwell fill 13 bits of the mantissa.
inline constexpr GemmPrecision gemm_precisions[] = {
    // tensor or not: FP64 units round every step to nearest
    {"fp64", Element::fp64, Element::fp64, Element::fp64, {.accumulator = 0x1p-53}},
    // vector units: no tensor core multiplies FP32 without narrowing it first
    {"fp32", Element::fp32, Element::fp32, Element::fp32, {.accumulator = 0x1p-24}},
    // FP32 in memory; tensor cores read ten bits of each mantissa
    {"tf32",
     Element::fp32,
     Element::fp32,
     Element::fp32,
     {.accumulator = 0x1p-24, .truncates = true, .operand = 0x1p-10}},
    {"bf16",
     Element::bf16,
     Element::bf16,
     Element::bf16,
     {.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-8}},
    {"fp16",
     Element::fp16,
     Element::fp16,
     Element::fp16,
     {.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-11, .result_least = 0x1p-25}},
    // cuBLASLt multiplies FP8 (cuBLAS documentation 13.x, cublasLtMatmul(), "To use tensor- or block-scaled FP8
    // kernels") with both operands contiguous along K and 16-byte alignment of everything ("Tensor Core Usage"): K in
    // multiples of 16, N of BF16 results in multiples of 8, M in any. Both operands in e5m2 are in no table of it.
    {"fp8", Element::e4m3, Element::e4m3, Element::bf16, fp8_rounding, layout_tn, 8, 16, 89},
    {"fp8_e4m3_e5m2", Element::e4m3, Element::e5m2, Element::bf16, fp8_rounding, layout_tn, 8, 16, 89},
    {"fp8_e5m2_e4m3", Element::e5m2, Element::e4m3, Element::bf16, fp8_rounding, layout_tn, 8, 16, 89},
    // Exact: products of at most 2^14 summed up to K = 2^16 stay below 2^31. What cuBLASLt asks of regular layouts
    // (cublasLtMatmul(), "To use IMMA kernels", 1): both operands contiguous along K, its m and k (our N
    // and K) and all leading dimensions multiples of 4.
    {"int8", Element::int8, Element::int8, Element::int32, {}, layout_tn, 4, 4},
    // OCP's MX: e4m3, a power of two for every 32 elements along K, of which there are whole blocks
    {.name = "mxfp8",
     .a = Element::e4m3,
     .b = Element::e4m3,
     .c = Element::bf16,
     .rounding = blackwell_rounding,
     .layout = layout_tn,
     .n_multiple = 8,
     .k_multiple = 32,
     .least_capability = 100,
     .scales = scales_mxfp8},
    // NVIDIA's: e2m1, an e4m3 for every 16 elements along K. Rows of 16 bytes are 32 elements.
    {.name = "nvfp4",
     .a = Element::e2m1,
     .b = Element::e2m1,
     .c = Element::bf16,
     .rounding = blackwell_rounding,
     .layout = layout_tn,
     .n_multiple = 8,
     .k_multiple = 32,
     .least_capability = 100,
     .scales = scales_nvfp4},
    // FP64 in memory, multiplied as fixed-point slices on integer tensor cores, with as many bits as make it no less
    // exact than FP64 (emulation.hpp): the same bound holds, as bounds.hpp derives for fixed point.
    {"fp64_emulated",
     Element::fp64,
     Element::fp64,
     Element::fp64,
     {.accumulator = 0x1p-53},
     layout_nn,
     1,
     1,
     80,
     true},
};

/// The bytes of A, B and C.
constexpr std::int64_t operand_bytes(const GemmPrecision& precision, const GemmShape& shape) {
  return bytes_of(precision.a, shape.m * shape.k) + bytes_of(precision.b, shape.k * shape.n) +
         bytes_of(precision.c, shape.m * shape.n);
}

/// "flops", or of integers "ops", and "bytes" of operands and result, with `scale_bytes` of scales: what a product of
/// few rows is read by.
std::vector<Quantity> gemm_work(const GemmPrecision& precision, const GemmShape& shape, std::int64_t scale_bytes = 0);

/// Why no library multiplies this shape in this precision, layout and scaling; empty if one may. Scales of blocks of
/// 128 need M in multiples of four, as of N (cuBLAS documentation 13.x, 3.1.4.5.1, "Scaling factors layouts").
std::optional<std::string> misaligned(const GemmPrecision& precision, const GemmShape& shape,
                                      const GemmLayout& layout, const GemmScaling& scaling = scaling_by_tensor);

/// Why no GPU multiplies operands of this precision as they lie: cuBLASLt takes INT8 and FP4 in layout tn alone
/// (cuBLAS documentation 13.x, cublasLtMatmul(), the requirements of IMMA and FP4 kernels).
std::optional<std::string> wrong_layout(const GemmPrecision& precision, const GemmLayout& layout);

/// Why no GPU adds up products of operands that are scaled so: the sums of blocks of 128 leave the tensor cores to be
/// scaled, so that none is fast (PyTorch refuses it too: aten/src/ATen/cuda/CUDABlas.cpp, get_scale_mode).
std::optional<std::string> wrong_scaling(const GemmScaling& scaling, bool fast_accumulation);

/// What a GPU must be to multiply in this precision, layout and scaling, where those of `capability`, as major * 10 +
/// minor, do not (cuBLAS documentation 13.x): it is older than the first with the precision; it takes FP8, with
/// scales of blocks or without, in tn alone, as Ada (8.9), Hopper (9.0) and Blackwell GeForce (12.x) do
/// (cublasLtMatmul(), the requirements of FP8 kernels); or it is no Hopper, which alone has blocks of 128 (3.1.4,
/// "Scaling Mode Support Overview": 9.0).
std::optional<std::string> gemm_needs(const GemmPrecision& precision, const GemmLayout& layout,
                                      const GemmScaling& scaling, int capability);

/// What products of this GPU are checked within: rounding_with(), but for FP8 where sums_fp8_in_fp32(), however they
/// are asked for.
GemmRounding rounding_on(const DeviceFacts& gpu, const GemmPrecision& precision, bool fast_accumulation,
                         const GemmScaling& scaling);

}  // namespace petaproof

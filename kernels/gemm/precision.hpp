// What a precision of a matrix product means: how operands and result are stored, and where a kernel may round.
#pragma once

#include <string_view>

#include "kernels/device/element.hpp"
#include "kernels/verify/bounds.hpp"

namespace petaproof {

struct GemmPrecision {
  std::string_view name;
  Element element;  // of A, B and C
  GemmRounding rounding;
};

/// The precisions in which GPUs multiply; the accumulator is FP64 for fp64, else FP32.
inline constexpr GemmPrecision gemm_precisions[] = {
    // tensor or not: FP64 units round every step to nearest
    {"fp64", Element::fp64, {.accumulator = 0x1p-53}},
    // vector units: no tensor core multiplies FP32 without narrowing it first
    {"fp32", Element::fp32, {.accumulator = 0x1p-24}},
    // FP32 in memory; tensor cores read ten bits of each mantissa
    {"tf32", Element::fp32, {.accumulator = 0x1p-24, .truncates = true, .operand = 0x1p-10}},
    {"bf16", Element::bf16, {.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-8}},
    {"fp16", Element::fp16, {.accumulator = 0x1p-24, .truncates = true, .result = 0x1p-11, .result_least = 0x1p-25}},
};

}  // namespace petaproof

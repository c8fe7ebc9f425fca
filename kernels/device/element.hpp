// The number formats in which operands and results are stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace petaproof {

/// FP8 is NVIDIA's and OCP's pair: e4m3 without infinities, up to 448, and e5m2, up to 57,344.
enum class Element { fp64, fp32, bf16, fp16, e4m3, e5m2, int8, int32 };

constexpr std::int64_t size_of(Element element) {
  switch (element) {
    case Element::fp64: return 8;
    case Element::fp32:
    case Element::int32: return 4;
    case Element::bf16:
    case Element::fp16: return 2;
    case Element::e4m3:
    case Element::e5m2:
    case Element::int8: return 1;
  }
  return 0;
}

constexpr bool is_fp8(Element element) {
  return element == Element::e4m3 || element == Element::e5m2;
}

/// What an element stands for is this times what is stored. FP8 tensors carry such a scale, one for the whole tensor;
/// ours puts normal data, of standard deviation 64 as stored, into the middle of e4m3's range: 7 standard deviations
/// to its largest number, 12 powers of two to its smallest normal one. A power of two, so that scaling never rounds.
constexpr double unit_of(Element element) {
  return is_fp8(element) ? 0x1p-6 : 1;
}

}  // namespace petaproof

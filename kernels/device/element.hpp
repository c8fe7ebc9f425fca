// The number formats in which operands and results are stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace petaproof {

/// FP8 is NVIDIA's and OCP's pair: e4m3 without infinities, up to 448, and e5m2, up to 57,344. FP4 is e2m1: 0, 0.5,
/// 1, 1.5, 2, 3, 4, 6 and their negatives, two in a byte, the first in its low half.
enum class Element { fp64, fp32, bf16, fp16, e4m3, e5m2, e2m1, int8, int32 };

constexpr std::int64_t bits_of(Element element) {
  switch (element) {
    case Element::fp64: return 64;
    case Element::fp32:
    case Element::int32: return 32;
    case Element::bf16:
    case Element::fp16: return 16;
    case Element::e4m3:
    case Element::e5m2:
    case Element::int8: return 8;
    case Element::e2m1: return 4;
  }
  return 0;
}

constexpr std::int64_t bytes_of(Element element, std::int64_t count) {
  return (bits_of(element) * count + 7) / 8;
}

/// Two e2m1.
struct E2m1Pair {
  unsigned char bits;
};

/// Of the four bits of an e2m1.
constexpr double e2m1_value(unsigned bits) {
  const int exponent = static_cast<int>(bits >> 1 & 3), half = static_cast<int>(bits & 1);
  const double size = exponent == 0 ? 0.5 * half : (1 + 0.5 * half) * (1 << exponent) / 2;
  return (bits & 8) != 0 ? -size : size;
}

constexpr bool is_fp8(Element element) {
  return element == Element::e4m3 || element == Element::e5m2;
}

/// What an element stands for is this times what is stored. FP8 tensors carry such a scale, one for the whole tensor;
/// ours puts normal data, of standard deviation 64 as stored, into the middle of e4m3's range: 7 standard deviations
/// to its largest number, 12 powers of two to its smallest normal one. A power of two, so that scaling never rounds.
/// FP4 always has scales of blocks, and this only says how it is filled: a standard deviation of 2 as stored, so that
/// its largest number, 6, is three of them.
constexpr double unit_of(Element element) {
  return is_fp8(element) ? 0x1p-6 : element == Element::e2m1 ? 0.5 : 1;
}

}  // namespace petaproof

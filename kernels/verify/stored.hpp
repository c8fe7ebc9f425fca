// Numbers as they are stored, on the host: FP32, BF16 and FP16 by their bits, whatever the CPU has of them.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/device/element.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// Half a unit in the last place of a number of size 1; 0 where nothing is rounded.
constexpr double roundoff_of(Element element) {
  switch (element) {
    case Element::bf16: return 0x1p-8;
    case Element::fp16: return 0x1p-11;
    case Element::fp32: return 0x1p-24;
    default: return 0;
  }
}

/// To nearest, ties to even; NaN stays NaN.
constexpr std::uint16_t bf16_bits(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (x != x) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}
constexpr float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// To nearest, ties to even, subnormal numbers too; infinite from 65,520 on.
constexpr std::uint16_t fp16_bits(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint32_t>(bits >> 16 & 0x8000);
  const std::uint32_t size = bits & 0x7FFFFFFF;
  if (size > 0x7F800000) return static_cast<std::uint16_t>(sign | 0x7E00);   // NaN
  if (size >= 0x477FF000) return static_cast<std::uint16_t>(sign | 0x7C00);  // rounds to 65,536
  if (size < 0x38800000) {  // below 2^-14: adding 0.5 leaves 2^-24, FP16's least step, as the last place
    const float shifted = std::bit_cast<float>(size) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000));
  }
  const std::uint32_t rounded = size + 0xFFF + (size >> 13 & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}
constexpr float from_fp16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3FF;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000 | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float size = static_cast<float>(fraction) * 0x1p-24f;
  return sign != 0 ? -size : size;
}

/// Element `i` of host memory that holds `element`: FP32, BF16 or FP16.
inline float load(Element element, const void* data, std::int64_t i) {
  if (element == Element::fp32) return static_cast<const float*>(data)[i];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(data)[i];
  return element == Element::bf16 ? from_bf16(bits) : from_fp16(bits);
}
inline void store(Element element, void* data, std::int64_t i, float x) {
  if (element == Element::fp32)
    static_cast<float*>(data)[i] = x;
  else
    static_cast<std::uint16_t*>(data)[i] = element == Element::bf16 ? bf16_bits(x) : fp16_bits(x);
}

/// `x` as it is after having been stored.
constexpr float rounded_to(Element element, float x) {
  if (element == Element::bf16) return from_bf16(bf16_bits(x));
  return element == Element::fp16 ? from_fp16(fp16_bits(x)) : x;
}

/// Fills `count` elements with one of the input distributions, each rounded as it is stored.
void fill_stored(Element element, void* data, std::int64_t count, Fill fill, std::uint64_t seed,
                 std::uint64_t stream);

}  // namespace petaproof

// Numbers as they are stored, by their bits, whatever the processor has of them: FP32, BF16, FP16 and e4m3.
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
    case Element::e4m3: return 0x1p-4;
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

/// To nearest, ties to even, subnormal numbers too; 448 beyond that, as tensors are converted.
constexpr std::uint8_t e4m3_bits(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint32_t>(bits >> 24 & 0x80);
  const std::uint32_t size = bits & 0x7FFFFFFF;
  if (size > 0x7F800000) return static_cast<std::uint8_t>(sign | 0x7F);   // NaN
  if (size >= 0x43E00000) return static_cast<std::uint8_t>(sign | 0x7E);  // 448
  if (size < 0x3C800000) {  // below 2^-6: adding 2^14 leaves 2^-9, e4m3's least step, as the last place
    const float shifted = std::bit_cast<float>(size) + 0x1p14f;
    return static_cast<std::uint8_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x46800000));
  }
  const std::uint32_t rounded = size + 0x7FFFF + (size >> 20 & 1);
  return static_cast<std::uint8_t>(sign | ((rounded - 0x3C000000) >> 20));
}
constexpr float from_e4m3(std::uint8_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x80u} << 24, exponent = bits >> 3 & 15, fraction = bits & 7;
  if (exponent == 15 && fraction == 7) return std::bit_cast<float>(sign | 0x7FC00000);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 120) << 23 | fraction << 20);
  const float size = static_cast<float>(fraction) * 0x1p-9f;
  return sign != 0 ? -size : size;
}

inline constexpr float e4m3_unit = static_cast<float>(unit_of(Element::e4m3));

/// What element `i` of host memory stands for that holds `element`: FP32, BF16, FP16 or e4m3 in unit_of() it.
inline float load(Element element, const void* data, std::int64_t i) {
  if (element == Element::fp32) return static_cast<const float*>(data)[i];
  if (element == Element::e4m3) return e4m3_unit * from_e4m3(static_cast<const std::uint8_t*>(data)[i]);
  const std::uint16_t bits = static_cast<const std::uint16_t*>(data)[i];
  return element == Element::bf16 ? from_bf16(bits) : from_fp16(bits);
}
inline void store(Element element, void* data, std::int64_t i, float x) {
  if (element == Element::fp32)
    static_cast<float*>(data)[i] = x;
  else if (element == Element::e4m3)
    static_cast<std::uint8_t*>(data)[i] = e4m3_bits(x / e4m3_unit);
  else
    static_cast<std::uint16_t*>(data)[i] = element == Element::bf16 ? bf16_bits(x) : fp16_bits(x);
}

/// `x` as it is after having been stored.
constexpr float rounded_to(Element element, float x) {
  if (element == Element::bf16) return from_bf16(bf16_bits(x));
  if (element == Element::e4m3) return e4m3_unit * from_e4m3(e4m3_bits(x / e4m3_unit));
  return element == Element::fp16 ? from_fp16(fp16_bits(x)) : x;
}

/// Fills `count` elements with one of the input distributions, each rounded as it is stored.
void fill_stored(Element element, void* data, std::int64_t count, Fill fill, std::uint64_t seed,
                 std::uint64_t stream);

}  // namespace petaproof

// The number formats that tensor cores read, as bits: encoding to nearest even, saturating, and decoding.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace petaproof::peak {

/// A sign, `exponent_bits` and `fraction_bits`, with subnormal numbers; FP8 E4M3 has NaN where others have infinities
/// and uses the rest of the highest exponent (Micikevicius et al., "FP8 Formats for Deep Learning", 2022).
/// exponent_bits 0: a whole number in two's complement.
struct NumberFormat {
  std::string_view name;
  int bits = 0;  // as stored: TF32 is FP32 whose last 13 bits are not read
  int exponent_bits = 0;
  int fraction_bits = 0;
  double largest = 0;
};

inline constexpr NumberFormat number_formats[] = {
    {"fp64", 64, 11, 52, 1.7976931348623157e308},
    {"tf32", 32, 8, 10, 0x1.FFCp127},
    {"bf16", 16, 8, 7, 0x1.FEp127},
    {"fp16", 16, 5, 10, 65504},
    {"fp8", 8, 4, 3, 448},  // E4M3
    {"int8", 8, 0, 0, 127},
};

constexpr const NumberFormat& number_format(std::string_view name) {
  for (const NumberFormat& format : number_formats)
    if (format.name == name) return format;
  return number_formats[0];
}

namespace detail {

constexpr int bias_of(const NumberFormat& format) {
  return (1 << (format.exponent_bits - 1)) - 1;
}

}  // namespace detail

/// The number of the format nearest to `x`, ties to even, saturating.
inline double rounded(const NumberFormat& format, double x) {
  if (format.exponent_bits == 0) return std::fmin(std::fmax(std::nearbyint(x), -format.largest), format.largest);
  if (x == 0 || format.fraction_bits == 52) return x;
  const int least = 1 - detail::bias_of(format);  // exponent of the smallest normal number
  const int exponent = std::max(std::ilogb(x), least);
  const double unit = std::ldexp(1.0, exponent - format.fraction_bits);
  return std::fmin(std::fmax(unit * std::nearbyint(x / unit), -format.largest), format.largest);
}

/// Of a number that the format has; in the lowest `format.bits` bits.
inline std::uint64_t encoded(const NumberFormat& format, double x) {
  if (format.exponent_bits == 0) return static_cast<std::uint8_t>(static_cast<std::int8_t>(x));
  const int bias = detail::bias_of(format);
  const std::uint64_t sign = std::signbit(x) ? 1 : 0;
  std::uint64_t exponent = 0, fraction = 0;
  if (x != 0) {
    const int power = std::max(std::ilogb(x), 1 - bias);
    const auto scaled = static_cast<std::uint64_t>(
        std::abs(std::ldexp(x, format.fraction_bits - power)));  // exact: the format has it
    const std::uint64_t hidden = std::uint64_t{1} << format.fraction_bits;
    exponent = scaled >= hidden ? static_cast<std::uint64_t>(power + bias) : 0;
    fraction = scaled & (hidden - 1);
  }
  const std::uint64_t packed = (sign << format.exponent_bits | exponent) << format.fraction_bits | fraction;
  return packed << (format.bits - 1 - format.exponent_bits - format.fraction_bits);
}

/// An element of a fill as an operand: small whole numbers (zeros too) as they are, the others of INT8 scaled so that
/// normal data uses all bits, N(0, 48^2), and rarely saturates.
inline double operand(const NumberFormat& format, double element) {
  const bool whole = element == std::nearbyint(element);
  return rounded(format, format.exponent_bits == 0 && !whole ? 48 * element : element);
}

}  // namespace petaproof::peak

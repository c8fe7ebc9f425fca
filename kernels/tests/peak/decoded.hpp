// What the bits of a number format stand for, by the definitions of the formats and not by our own description of
// them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace petaproof::testing {

inline double decoded(std::string_view format, std::uint64_t code) {
  const auto float_of = [](std::uint64_t bits) {
    const auto low = static_cast<std::uint32_t>(bits);
    float x;
    std::memcpy(&x, &low, sizeof x);
    return static_cast<double>(x);
  };
  if (format == "fp64") {
    double x;
    std::memcpy(&x, &code, sizeof x);
    return x;
  }
  if (format == "tf32") return float_of(code & ~std::uint64_t{0x1FFF});
  if (format == "bf16") return float_of(code << 16);
  if (format == "int8") return static_cast<std::int8_t>(code);
  const bool fp16 = format == "fp16";
  const double sign = (code >> (fp16 ? 15 : 7)) != 0 ? -1 : 1;
  const int exponent = static_cast<int>(fp16 ? code >> 10 & 31 : code >> 3 & 15);
  const int fraction = static_cast<int>(fp16 ? code & 1023 : code & 7);
  if (fp16 ? exponent == 31 : exponent == 15 && fraction == 7) return std::numeric_limits<double>::quiet_NaN();
  const double unit = fp16 ? 0x1p-24 : 0x1p-9;  // the smallest subnormal number
  const int hidden = fp16 ? 1024 : 8;
  return sign * unit * (exponent == 0 ? fraction : std::ldexp(hidden + fraction, exponent - 1));
}

}  // namespace petaproof::testing

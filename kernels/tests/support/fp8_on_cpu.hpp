// FP8 as Hopper's tensor cores multiply it, and Blackwell's, on the CPU: what kernels/verify/bounds.hpp derives its
// bound from.
//
// One step takes the sum so far and 32 products; each is shifted to the largest exponent among them, a product's
// being the sum of its factors' exponents, and cut off towards zero below 13 fraction bits; they are added exactly,
// and the result is cut to 13 fraction bits. Blackwell's keep 25, and cut the result to FP32's 23 (arXiv:2511.10909,
// and the authors' simulator, github.com/microsoft/MMA-Sim: classes wgmma and tcgen05mma).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace petaproof::testing {

/// A format of 8 bits: explicit bits of the mantissa, exponent of the smallest normal number, largest number.
struct Fp8Format {
  int mantissa;
  int least_exponent;
  float most;

  /// To nearest even, subnormals included, saturating.
  float round(float x) const {
    if (x == 0) return 0;
    const float unit = std::ldexp(1.0f, exponent(x) - mantissa);
    return std::clamp(std::nearbyint(x / unit) * unit, -most, most);
  }
  /// Of a subnormal number that of the smallest normal one.
  int exponent(float x) const { return std::max(std::ilogb(x), least_exponent); }
};

inline constexpr Fp8Format e4m3{3, -6, 448};
inline constexpr Fp8Format e5m2{2, -14, 57344};

struct Fp8Sums {
  int step = 32;                         // products of one step; 16 on Ada
  std::int64_t promote = 0;              // products after which the sum is added to one in FP32; 0: never
  int product_bits = 13, sum_bits = 13;  // of the fraction

  /// The sum of a_k * b_k, before it is stored.
  float operator()(std::span<const float> a, const Fp8Format& of_a, std::span<const float> b,
                   const Fp8Format& of_b) const {
    const std::size_t part = promote > 0 ? static_cast<std::size_t>(promote) : a.size();
    float total = 0;
    for (std::size_t begin = 0; begin < a.size(); begin += part) {
      double sum = 0;
      const std::size_t end = std::min(begin + part, a.size());
      for (std::size_t at = begin; at < end; at += static_cast<std::size_t>(step)) {
        const std::size_t count = std::min(static_cast<std::size_t>(step), end - at);
        sum = one_step(sum, a.subspan(at, count), of_a, b.subspan(at, count), of_b);
      }
      total += static_cast<float>(sum);
    }
    return total;
  }

  double one_step(double sum, std::span<const float> a, const Fp8Format& of_a, std::span<const float> b,
                  const Fp8Format& of_b) const {
    constexpr int none = -10000;
    int largest = sum == 0 ? none : std::ilogb(sum);
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != 0 && b[i] != 0) largest = std::max(largest, of_a.exponent(a[i]) + of_b.exponent(b[i]));
    if (largest == none) return 0;
    const double unit = std::ldexp(1.0, largest - product_bits);
    const auto cut = [](double x, double to) { return std::trunc(x / to) * to; };
    double result = cut(sum, unit);
    for (std::size_t i = 0; i < a.size(); ++i) result += cut(double{a[i]} * b[i], unit);
    return result == 0 ? 0 : cut(result, std::ldexp(1.0, std::ilogb(result) - sum_bits));
  }
};

inline constexpr Fp8Sums blackwell_sums{.product_bits = 25, .sum_bits = 23};

}  // namespace petaproof::testing

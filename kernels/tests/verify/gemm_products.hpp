// Products in the precision that a test asks for, operands rounded to it first, and the check of them.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "support/host_check.hpp"
#include "verify/gemm_operands.hpp"

namespace petaproof::testing {

/// The product with each product and sum rounded to Accumulator, the operands first passed through `round`.
template <typename Accumulator, typename T>
std::vector<T> product(const Operands<T>& o, std::type_identity_t<T (*)(T)> round = [](T x) { return x; }) {
  const auto [m, n, k] = o.shape;
  std::vector<T> c;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      Accumulator sum = 0;
      for (std::int64_t p = 0; p < k; ++p)
        sum += static_cast<Accumulator>(round(o.a[static_cast<std::size_t>(i * k + p)])) *
               static_cast<Accumulator>(round(o.b[static_cast<std::size_t>(p * n + j)]));
      c.push_back(static_cast<T>(sum));
    }
  return c;
}

template <typename T>
Verification check(const Operands<T>& o, const std::vector<T>& c, std::uint64_t seed = 1) {
  return HostCheck<T>(o.shape, o.a, o.b, seed).check(c);
}

/// Keeps `bits` explicit bits of a float's mantissa; the rest is cut off, after `add` was added to it.
template <int bits, std::uint32_t add>
float shortened(float x) {
  constexpr std::uint32_t dropped = (1u << (23 - bits)) - 1;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) + add) & ~dropped);
}
inline constexpr auto tf32 = shortened<10, 0x1000>;  // to nearest
inline constexpr auto tf32_truncated = shortened<10, 0>;
inline constexpr auto bf16 = shortened<7, 0x8000>;  // to nearest

/// To nearest, subnormals and infinity included, as the CPU itself converts.
inline float fp16(float x) {
  return static_cast<float>(static_cast<_Float16>(x));
}

}  // namespace petaproof::testing

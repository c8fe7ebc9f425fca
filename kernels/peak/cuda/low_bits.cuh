// The low 32 bits of a sum, for counting (iterations.hpp); on CPU threads too.
#pragma once

#include <cstdint>
#include <cstring>

namespace petaproof::peak {

#ifdef __CUDACC__
__device__ inline std::uint32_t low_bits(std::int32_t x) {
  return static_cast<std::uint32_t>(x);
}
__device__ inline std::uint32_t low_bits(float x) {
  return __float_as_uint(x);
}
__device__ inline std::uint32_t low_bits(double x) {
  return static_cast<std::uint32_t>(__double2loint(x));
}
#else
template <typename Sum>
std::uint32_t low_bits(Sum x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);  // the first bytes are the low ones
  return bits;
}
#endif

}  // namespace petaproof::peak

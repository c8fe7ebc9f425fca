// The input distributions as pure functions of one Philox block, for host and device code alike.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "kernels/verify/random.hpp"
#include "kernels/workload.hpp"

#ifdef __CUDACC__
#define PETAPROOF_HOST_DEVICE __host__ __device__
#else
#define PETAPROOF_HOST_DEVICE
#endif

namespace petaproof {

// One Philox block makes 4 elements, or 2 doubles, so that every mantissa bit is random.
template <typename T>
inline constexpr std::size_t elements_per_block = sizeof(T) == 8 ? 2 : 4;

// Steps of a normal INT8 operand per standard deviation. A quantised tensor stretches its data over the type's range,
// and so does this: 7.6 bits of entropy of the 8 there are, every bit set in half of the elements, and less than one
// element in a hundred beyond +-127, where it saturates. Fewer steps would leave the upper bits copies of the sign.
inline constexpr float int8_steps = 48;

namespace detail {

// Uniform in (0, 1), never an end point: Box-Muller takes the logarithm.
PETAPROOF_HOST_DEVICE inline double unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}
PETAPROOF_HOST_DEVICE inline float unit(std::uint32_t bits) {
  return (static_cast<float>(bits >> 9) + 0.5f) * 0x1p-23f;
}

// Box-Muller: two independent N(0, 1) from two uniforms.
PETAPROOF_HOST_DEVICE inline void normal_pair(float u, float v, float* out) {
  const float radius = std::sqrt(-2 * std::log(u));
  const float angle = 2 * std::numbers::pi_v<float> * v;
  out[0] = radius * std::cos(angle);
  out[1] = radius * std::sin(angle);
}

// Fills the mantissa bits that a float lacks with random ones: a factor of 1 +- 2^-24. Half the time of Box-Muller
// in double precision, and the distribution is the same to seven digits.
PETAPROOF_HOST_DEVICE inline double lengthened(float value, std::uint32_t bits) {
  return value * (1 + (static_cast<double>(bits) - 0x1p31) * 0x1p-55);
}

PETAPROOF_HOST_DEVICE inline void normals(const PhiloxBlock& r, float* out) {
  normal_pair(unit(r[0]), unit(r[1]), out);
  normal_pair(unit(r[2]), unit(r[3]), out + 2);
}
PETAPROOF_HOST_DEVICE inline void normals(const PhiloxBlock& r, double* out) {
  float pair[2];
  normal_pair(unit(r[0]), unit(r[1]), pair);
  out[0] = lengthened(pair[0], r[2]);
  out[1] = lengthened(pair[1], r[3]);
}

PETAPROOF_HOST_DEVICE inline void uniforms(const PhiloxBlock& r, double* out) {
  out[0] = 2 * unit(r[0], r[1]) - 1;
  out[1] = 2 * unit(r[2], r[3]) - 1;
}
PETAPROOF_HOST_DEVICE inline void uniforms(const PhiloxBlock& r, float* out) {
  for (std::size_t i = 0; i < 4; ++i) out[i] = 2 * unit(r[i]) - 1;
}

PETAPROOF_HOST_DEVICE inline void normals(const PhiloxBlock& r, std::int8_t* out) {
  float normal[4];
  normals(r, normal);
  for (std::size_t i = 0; i < 4; ++i) {
    const float steps = std::rint(int8_steps * normal[i]);
    out[i] = static_cast<std::int8_t>(steps < -127 ? -127 : steps > 127 ? 127 : steps);
  }
}
// All 256 values.
PETAPROOF_HOST_DEVICE inline void uniforms(const PhiloxBlock& r, std::int8_t* out) {
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::int8_t>(static_cast<int>(r[i] >> 24) - 128);
}

template <typename T>
PETAPROOF_HOST_DEVICE void integers(const PhiloxBlock& r, T* out) {
  for (std::size_t i = 0; i < elements_per_block<T>; ++i) out[i] = static_cast<T>(static_cast<int>(r[i] % 7) - 3);
}

}  // namespace detail

/// The elements that one block gives: elements_per_block<T> of them.
template <typename T>
PETAPROOF_HOST_DEVICE void make_elements(Fill fill, const PhiloxBlock& block, T* out) {
  switch (fill) {
    case Fill::normal: return detail::normals(block, out);
    case Fill::uniform: return detail::uniforms(block, out);
    case Fill::integers: return detail::integers(block, out);
    case Fill::zeros:
      for (std::size_t i = 0; i < elements_per_block<T>; ++i) out[i] = 0;
  }
}

}  // namespace petaproof

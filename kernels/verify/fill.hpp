// Fills host memory with one of the input distributions.
//
// `normal` is the only one that a claim accepts. Data with few toggling bits (zeros, small integers) draws less
// power, so a GPU clocks higher on it: a measured flattery, not a speed-up.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/workload.hpp"

namespace petaproof {

/// Element i depends on (fill, seed, stream, i) alone. normal: N(0, 1); uniform: [-1, 1); integers: -3 .. 3.
/// INT8: normal is N(0, 48^2), rounded and saturated at +-127; uniform is all of -128 .. 127.
/// `stream` separates operands and slots.
void fill_host(std::span<float> data, Fill fill, std::uint64_t seed, std::uint64_t stream);
void fill_host(std::span<double> data, Fill fill, std::uint64_t seed, std::uint64_t stream);
void fill_host(std::span<std::int8_t> data, Fill fill, std::uint64_t seed, std::uint64_t stream);

}  // namespace petaproof

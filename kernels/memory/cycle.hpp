// A random cycle through all places of a working set, for chasing pointers: each load says where the next one goes,
// so that no two overlap, and in no order that a prefetcher could guess.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "kernels/verify/random.hpp"

namespace petaproof {

/// next[i] is the place after i. Sattolo's algorithm (1986): Fisher and Yates's shuffle, but no place is ever swapped
/// with itself, which leaves one cycle through all places; every such cycle is equally likely, but for the bias of a
/// remainder of 64 random bits, below 2^-32. A shuffle that is only random would fall apart into cycles, and a chase
/// would see the part of the memory that its own covers.
constexpr void make_cycle(std::span<std::uint32_t> next, std::uint64_t seed) {
  for (std::size_t i = 0; i < next.size(); ++i) next[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = next.size(); i-- > 1;) {
    const PhiloxBlock random = philox(seed, 0, i);
    const std::uint64_t bits = std::uint64_t{random[0]} << 32 | random[1];
    std::swap(next[i], next[bits % i]);
  }
}

/// Where `steps` steps from `place` lead.
constexpr std::uint32_t follow(std::span<const std::uint32_t> next, std::uint32_t place, std::int64_t steps) {
  for (std::int64_t i = 0; i < steps; ++i) place = next[place];
  return place;
}

/// Whether next visits every place before it comes back to the first.
constexpr bool is_one_cycle(std::span<const std::uint32_t> next) {
  std::uint32_t place = 0;
  for (std::size_t steps = 1; steps <= next.size(); ++steps) {
    if (next[place] >= next.size()) return false;
    place = next[place];
    if (place == 0) return steps == next.size();
  }
  return false;
}

}  // namespace petaproof

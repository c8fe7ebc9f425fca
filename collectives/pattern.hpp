// Data whose reduction is exactly predictable, so that a collective is checked bit for bit.
//
// Element i of rank r is a small integer, a function of (seed, slot, i) shifted by the rank. Sums of integers below
// 2^24 are exact in FP32 in any order, so every algorithm must give the same bits, and any rank can compute the
// expected value alone. Values differ between neighbours and ranks: a wrong offset, a missing or doubled rank and a
// swapped chunk all show. Everything here but PatternSum's table is constexpr and so callable from device code too.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/verify/digest.hpp"

namespace petaproof {

/// |value| <= 2^10, so that a sum over up to 2^13 ranks stays exact in FP32 (below 2^24).
inline constexpr int max_pattern_ranks = 1 << 13;

namespace detail {

inline constexpr std::int32_t pattern_bases = 1024;

// Two random integers of an element, each of 10 bits. `base` is mixed with the rank. `common` is the same on all
// ranks: over a power of two of ranks each bit of what depends on the rank is set as often as not whatever the base,
// so that on 1024 ranks the sum would be one constant, and a wrong offset would not show.
struct PatternElement {
  std::int32_t base;
  std::int32_t common;
};

constexpr PatternElement pattern_element(std::uint64_t seed, std::uint64_t slot, std::uint64_t index) {
  const std::uint64_t hash = digest_hash(seed, digest_hash(slot, index));
  return {static_cast<std::int32_t>(hash >> 54), static_cast<std::int32_t>(hash >> 44 & 1023) - pattern_bases / 2};
}

// 37 is coprime with 1024, so that no two of 1024 ranks contribute the same.
constexpr std::int32_t pattern_integer(std::int32_t base, int rank) {
  return (base ^ ((rank * 37 + 11) % pattern_bases)) - pattern_bases / 2;
}

}  // namespace detail

/// What rank `rank` contributes at `index`.
constexpr float pattern_value(std::uint64_t seed, std::uint64_t slot, std::uint64_t index, int rank) {
  const detail::PatternElement element = detail::pattern_element(seed, slot, index);
  return static_cast<float>(detail::pattern_integer(element.base, rank) + element.common);
}

/// The exact sum over ranks 0 .. ranks-1 at an element; `sums` is PatternSum's table, of the same number of ranks.
constexpr float pattern_sum(const std::int32_t* sums, int ranks, std::uint64_t seed, std::uint64_t slot,
                            std::uint64_t index) {
  const detail::PatternElement element = detail::pattern_element(seed, slot, index);
  return static_cast<float>(sums[element.base] + ranks * element.common);
}

/// That sum, with its table: what depends on the rank has 1024 bases, and one entry for each says it all.
class PatternSum {
 public:
  explicit PatternSum(int ranks) : ranks_(ranks), sums_(detail::pattern_bases) {
    for (std::int32_t base = 0; base < detail::pattern_bases; ++base) {
      std::int64_t sum = 0;
      for (int rank = 0; rank < ranks; ++rank) sum += detail::pattern_integer(base, rank);
      sums_[static_cast<std::size_t>(base)] = static_cast<std::int32_t>(sum);
    }
  }

  float at(std::uint64_t seed, std::uint64_t slot, std::uint64_t index) const {
    return pattern_sum(sums_.data(), ranks_, seed, slot, index);
  }
  /// To be copied to a device.
  const std::vector<std::int32_t>& table() const { return sums_; }

 private:
  std::int32_t ranks_;
  std::vector<std::int32_t> sums_;
};

}  // namespace petaproof

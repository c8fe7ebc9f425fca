// Data whose reduction is exactly predictable, so that a collective is checked bit for bit.
//
// Element i of rank r is a small integer, a function of (seed, slot, i) shifted by the rank. Sums of integers below
// 2^24 are exact in FP32 in any order, so every algorithm must give the same bits, and any rank can compute the
// expected value alone. Values differ between neighbours and ranks: a wrong offset, a missing or doubled rank and a
// swapped chunk all show.
#pragma once

#include <cstdint>

#include "kernels/verify/random.hpp"

namespace petaproof {

/// |value| <= 2^10, so that a sum over up to 2^13 ranks stays exact in FP32 (below 2^24).
inline constexpr int max_pattern_ranks = 1 << 13;

namespace detail {
constexpr std::int32_t pattern_base(std::uint64_t seed, std::uint64_t slot, std::uint64_t index) {
  const PhiloxBlock block = philox(seed, slot, index / 4);
  return static_cast<std::int32_t>(block[index % 4] >> 22);  // 10 bits: 0 .. 1023
}
// Coprime with 1024 and different for every rank up to 1024, so that ranks' values do not repeat each other.
constexpr std::int32_t pattern_shift(int rank) { return (rank * 37 + 11) % 1024; }
}  // namespace detail

/// What rank `rank` contributes at `index`.
constexpr float pattern_value(std::uint64_t seed, std::uint64_t slot, std::uint64_t index, int rank) {
  return static_cast<float>((detail::pattern_base(seed, slot, index) ^ detail::pattern_shift(rank)) - 512);
}

/// The exact sum over ranks 0 .. ranks-1, without a loop over ranks: bit b of (base ^ shift_r) is that of shift_r
/// where base has a 0 and its complement where base has a 1, so it is enough to know how many shifts have bit b set.
class PatternSum {
 public:
  explicit PatternSum(int ranks) : ranks_(ranks) {
    for (int rank = 0; rank < ranks; ++rank)
      for (int bit = 0; bit < 10; ++bit) set_[bit] += detail::pattern_shift(rank) >> bit & 1;
  }

  float at(std::uint64_t seed, std::uint64_t slot, std::uint64_t index) const {
    const std::int32_t base = detail::pattern_base(seed, slot, index);
    std::int64_t sum = -std::int64_t{512} * ranks_;
    for (int bit = 0; bit < 10; ++bit) {
      const std::int64_t count = (base >> bit & 1) != 0 ? ranks_ - set_[bit] : set_[bit];
      sum += count << bit;
    }
    return static_cast<float>(sum);
  }

 private:
  int ranks_;
  std::int64_t set_[10] = {};
};

}  // namespace petaproof

// How a loop's iterations are dealt to blocks and, afterwards, counted.
//
// The work of a launch must be known from the parameters alone, yet fill any GPU evenly: so the parameter is the sum
// of the iterations of all blocks, one block runs on each multiprocessor, and blocks differ by one iteration at most.
//
// Matrix loops start their sums anew several times an iteration, or they would grow until additions changed nothing.
// Such a sum does not tell how often it was made. A counter beside it does: h = h * odd + bits for some registers of
// the sums at the end of each iteration, modulo 2^32. It is an affine map of h, whose power the check computes
// directly.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define PETAPROOF_EVERYWHERE __host__ __device__
#else
#define PETAPROOF_EVERYWHERE
#endif

namespace petaproof::peak {

/// Of `total` iterations, those of block `block` of `blocks`: the first ones have the remainder.
PETAPROOF_EVERYWHERE constexpr std::int64_t iterations_of(std::int64_t total, std::int64_t blocks,
                                                          std::int64_t block) {
  return total / blocks + (block < total % blocks ? 1 : 0);
}

/// Odd, so that no count is lost modulo 2^32 (2^32 over the golden ratio, as in Knuth's multiplicative hashing).
inline constexpr std::uint32_t count_factor = 0x9E3779B1u;

/// One register of one sum, at the end of an iteration.
PETAPROOF_EVERYWHERE constexpr std::uint32_t counted(std::uint32_t count, std::uint32_t bits) {
  return count * count_factor + bits;
}

/// h -> factor * h + addend, modulo 2^32.
struct Affine {
  std::uint32_t factor = 1;
  std::uint32_t addend = 0;

  /// This one after `first`.
  constexpr Affine after(Affine first) const { return {factor * first.factor, factor * first.addend + addend}; }
  constexpr std::uint32_t operator()(std::uint32_t h) const { return factor * h + addend; }
};

/// `step`, `times` times, by squaring.
constexpr Affine repeated(Affine step, std::int64_t times) {
  Affine result;
  for (; times > 0; times /= 2) {
    if (times % 2 == 1) result = step.after(result);
    step = step.after(step);
  }
  return result;
}

}  // namespace petaproof::peak

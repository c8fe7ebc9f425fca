// The chain that peak/fma measures, x = x * x + c, and the operands it starts from; for host and device alike.
//
// Why this chain. It is one fused multiply-add a step, each step needs the one before, and for c in [-2, 1/4] the
// interval |x| <= 2 maps into itself. For c close to -2 it is chaotic (Collet and Eckmann, "Iterated Maps on the
// Interval as Dynamical Systems", 1980): values never settle, so that every multiplication has new operands with
// random mantissas, as in a matrix product of normal data, and one step more or less, or one wrong bit, changes all
// that follows. Multiply-adds with fixed factors would converge, draw less power and forget how often they ran.
// FP32 has so few numbers that a chain comes back to where it was: after 1,600 steps in the median, and 4 % of chains
// within 50.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/peak/iterations.hpp"

namespace petaproof::peak {

/// No value of a chain is larger. If |x| <= 2 then x * x + c <= 4 + c <= 2 and >= c >= -2 for c = -2; for other c the
/// bound is smaller, (1 + sqrt(1 - 4c)) / 2. Rounding is monotone, and the bounds -2 and 2 are numbers.
inline constexpr double chain_bound = 2;

/// x of a chain from an element of the fill: its mantissa is kept, and it is brought within 15/8, well inside the
/// interval of every c below. Whole numbers, so zeros too, give -1, 0 or 1, whose chains stay whole.
template <typename T>
T chain_start(T element) {
  if (element == std::nearbyint(element)) return element > 0 ? T{1} : element < 0 ? T{-1} : T{0};
  while (std::abs(element) > T{1.875}) element /= 4;
  return element;
}

/// c of a chain: in (-1.985, -1.8125], between the period-3 window that ends at -1.75 and the end of the interval, by
/// the element's mantissa; 0 or -2 for whole numbers.
template <typename T>
T chain_addend(T element) {
  if (element == std::nearbyint(element)) return element == 0 ? T{0} : T{-2};
  int exponent = 0;
  const T mantissa = 2 * std::abs(std::frexp(element, &exponent));  // [1, 2)
  return -std::fma(mantissa - 1, T{0.171875}, T{1.8125});
}

/// Chains of a thread, multiply-adds a chain and iteration, threads of a block.
///
/// Enough to be bound by issue and nothing else: a multiprocessor of compute capability 8.0 to 10.0 has four
/// schedulers that issue one warp instruction a cycle; an FP32 multiply-add takes a slot each cycle at most and its
/// result 4 cycles (CUDA C++ Programming Guide, "Arithmetic Instructions": 64 or 128 results a cycle and
/// multiprocessor for FP32, 32 or 64 for FP64 on 8.0 and 9.0; "Multiprocessor Level": 4 cycles). So 4 of them in
/// flight a scheduler would do, and FP64, slower to issue, needs fewer even at several times the latency; 16 warps
/// with 8 chains have 32. The loop's own instructions are 3 or 4 beside 512: below 1 % of FP32's issue slots, none of
/// FP64's, which has every second free.
inline constexpr int fma_chains = 8;
inline constexpr int fma_steps = 64;
inline constexpr int fma_threads = 512;

}  // namespace petaproof::peak

// Bus bandwidth: how fast the busiest link must have been, so that collectives of any size and rank count can be held
// against one hardware figure.
//
// For an operation on n ranks with message size S in time t: algbw = S / t, busbw = algbw * factor. The factor is
// the number of times a byte must cross a rank's link, whatever the algorithm: in an all-reduce every rank must send
// and receive the (n-1)/n of the result that it does not own twice (reduce-scatter, then all-gather). Derivation:
// NVIDIA nccl-tests, doc/PERFORMANCE.md. In-network reduction (NVLS, SHARP) moves fewer bytes, so busbw may exceed
// the wire there.
#pragma once

#include <cstdint>

namespace petaproof {

/// 2 (n-1) / n; S is the size of one rank's buffer.
constexpr double all_reduce_bus_factor(int ranks) {
  return 2.0 * (ranks - 1) / ranks;
}

/// (n-1) / n; S is the size of the whole result, n times what a rank contributes: every rank must receive the (n-1)/n
/// that is not its own, once.
constexpr double all_gather_bus_factor(int ranks) {
  return static_cast<double>(ranks - 1) / ranks;
}

/// (n-1) / n; S is the size of one rank's input, n times what a rank keeps: an all-gather run backwards, in which every
/// rank must send the (n-1)/n that others keep, once.
constexpr double reduce_scatter_bus_factor(int ranks) {
  return all_gather_bus_factor(ranks);
}

/// (n-1) / n; S is the size of one rank's buffer, of which the n-th that it sends to itself crosses no link.
constexpr double all_to_all_bus_factor(int ranks) {
  return all_gather_bus_factor(ranks);
}

/// 1, whatever n > 1: every rank but the root must receive all S bytes, and the root must send them at least once.
constexpr double broadcast_bus_factor(int ranks) {
  return ranks > 1 ? 1.0 : 0.0;
}

/// 1: a broadcast run backwards; what all ranks hold must reach the root as S bytes of result.
constexpr double reduce_bus_factor(int ranks) {
  return broadcast_bus_factor(ranks);
}

}  // namespace petaproof

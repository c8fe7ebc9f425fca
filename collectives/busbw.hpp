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

}  // namespace petaproof

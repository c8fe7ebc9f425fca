// What kernels share whose blocks stay on a multiprocessor from start to end and keep a ring of slices in flight in
// its shared memory: plain arithmetic, for kernels and for the tests that go through it.
#pragma once

#include <cstdint>

#include "kernels/device/wgmma_layout.hpp"

namespace petaproof {

constexpr int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

/// The base of a block's shared memory is not promised to be aligned as swizzled tiles must be.
constexpr std::uint32_t align_shared(std::uint32_t address) {
  constexpr std::uint32_t alignment = wgmma::swizzle_atom_bytes;
  return (address + alignment - 1) / alignment * alignment;
}
/// Most that a thread block may have on compute capability 9.0.
inline constexpr std::uint32_t most_shared_bytes = 227 * 1024;

/// A place in a ring of stages: both sides go round it slice by slice, across tiles. `parity` is that of the phase of
/// barrier "full" that completes when this round's slice has arrived; of "empty", the phase before completes when the
/// round before has been read. So the loader waits for empty at parity ^ 1, which on a fresh barrier passes at once:
/// the phase before the first counts as complete.
template <int stages>
struct RingPosition {
  int stage = 0;
  std::uint32_t parity = 0;

  constexpr void advance() {
    if (++stage == stages) {
      stage = 0;
      parity ^= 1;
    }
  }
};

}  // namespace petaproof

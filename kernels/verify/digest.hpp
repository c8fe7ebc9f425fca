// A digest of a result that does not depend on the order in which its elements are visited: the sum, modulo 2^64,
// of hash(index, bits) over all 64-bit words. So a GPU can compute it with any number of threads, and GPUs of one
// kind that were given one case must agree bit for bit.
//
// A sum and not an XOR, and the index inside the hash: two equal errors cancel in an XOR, and two swapped tiles
// leave any sum over bare bits unchanged.
#pragma once

#include <cstddef>
#include <cstdint>

namespace petaproof {

/// SplitMix64's finaliser over both words; a bijection of `bits` for every index.
constexpr std::uint64_t digest_hash(std::uint64_t index, std::uint64_t bits) {
  std::uint64_t z = bits + 0x9E3779B97F4A7C15u * (index + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// Of host memory; the last word is padded with zeros and the length is hashed too.
std::uint64_t digest_host(const void* data, std::size_t bytes);

}  // namespace petaproof

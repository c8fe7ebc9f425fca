#include "kernels/verify/digest.hpp"

#include <cstring>

namespace petaproof {

std::uint64_t digest_host(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const std::byte*>(data);
  const std::size_t words = bytes / 8;
  std::uint64_t sum = digest_hash(~std::uint64_t{0}, bytes);
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word;
    std::memcpy(&word, at + 8 * i, 8);
    sum += digest_hash(i, word);
  }
  if (bytes % 8 != 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at + 8 * words, bytes % 8);
    sum += digest_hash(words, word);
  }
  return sum;
}

}  // namespace petaproof

#include "kernels/verify/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>
#include <vector>

namespace petaproof {
namespace {

std::uint64_t digest_of(const auto& data) {
  return digest_host(data.data(), data.size() * sizeof data[0]);
}

std::vector<std::uint64_t> words(std::size_t count) {
  std::vector<std::uint64_t> data(count);
  for (std::size_t i = 0; i < count; ++i) data[i] = digest_hash(i, 42);
  return data;
}

// The first outputs of SplitMix64 from state 0, as its author publishes them.
TEST(Digest, HashIsSplitMix64) {
  EXPECT_EQ(digest_hash(0, 0), 0xE220A8397B1DCDAF);
  EXPECT_EQ(digest_hash(1, 0), 0x6E789E6AA1B965F4);
  EXPECT_EQ(digest_hash(2, 0), 0x06C45D188009454F);
}

// What lets a GPU add in any order, and two devices compare.
TEST(Digest, IsASumOverWordsInAnyOrder) {
  const auto data = words(100);
  std::uint64_t backwards = digest_hash(~std::uint64_t{0}, 800);
  for (std::size_t i = 100; i-- > 0;) backwards += digest_hash(i, data[i]);
  EXPECT_EQ(digest_of(data), backwards);
}

TEST(Digest, SwappedElementsShow) {
  auto data = words(64);
  const auto before = digest_of(data);
  std::swap(data[3], data[40]);
  EXPECT_NE(digest_of(data), before);
  // halves of one word too: FP32 neighbours
  data = words(64);
  data[5] = data[5] << 32 | data[5] >> 32;
  EXPECT_NE(digest_of(data), before);
}

TEST(Digest, TwoEqualFlipsDoNotCancel) {
  const auto before = words(64);
  auto after = before;
  after[7] ^= 1u << 20;
  after[31] ^= 1u << 20;
  const auto exclusive_or = [](const auto& data) {
    return std::accumulate(data.begin(), data.end(), std::uint64_t{0}, std::bit_xor<>());
  };
  ASSERT_EQ(exclusive_or(before), exclusive_or(after)) << "this is the error that an XOR misses";
  EXPECT_NE(digest_of(before), digest_of(after));
}

TEST(Digest, EqualAndOppositeErrorsDoNotCancel) {
  auto data = words(64);
  const auto before = digest_of(data);
  data[7] += 1000;
  data[31] -= 1000;
  EXPECT_NE(digest_of(data), before);
}

TEST(Digest, EveryBitOfEveryByteCounts) {
  for (std::size_t size : {8, 13, 16, 17}) {
    std::vector<std::uint8_t> data(size, 0xA5);
    std::set<std::uint64_t> seen{digest_of(data)};
    for (std::size_t byte = 0; byte < size; ++byte)
      for (int bit = 0; bit < 8; ++bit) {
        data[byte] = static_cast<std::uint8_t>(data[byte] ^ 1 << bit);
        EXPECT_TRUE(seen.insert(digest_of(data)).second) << size << " " << byte << " " << bit;
        data[byte] = static_cast<std::uint8_t>(data[byte] ^ 1 << bit);
      }
  }
}

// A last word is padded with zeros, so that only the length tells it from one that ends in zeros.
TEST(Digest, LengthCounts) {
  std::set<std::uint64_t> seen;
  const std::vector<std::uint8_t> zeros(32);
  for (std::size_t size = 0; size <= zeros.size(); ++size)
    EXPECT_TRUE(seen.insert(digest_host(zeros.data(), size)).second) << size;
}

TEST(Digest, DoesNotNeedAlignment) {
  std::vector<std::uint8_t> data(65);
  std::iota(data.begin(), data.end(), std::uint8_t{0});
  std::vector<std::uint8_t> shifted(data.begin() + 1, data.end());
  EXPECT_EQ(digest_host(data.data() + 1, 64), digest_of(shifted));
}

}  // namespace
}  // namespace petaproof

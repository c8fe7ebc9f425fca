#include "kernels/memory/cycle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "kernels/memory/chase.hpp"

namespace petaproof {
namespace {

template <std::size_t n>
constexpr bool makes_one_cycle(std::uint64_t seed) {
  std::array<std::uint32_t, n> next{};
  make_cycle(next, seed);
  return is_one_cycle(next);
}
static_assert(makes_one_cycle<1>(1) && makes_one_cycle<2>(1) && makes_one_cycle<3>(7) && makes_one_cycle<257>(42));
// and what is none
static_assert(!is_one_cycle(std::array<std::uint32_t, 2>{0, 1}));
static_assert(!is_one_cycle(std::array<std::uint32_t, 4>{1, 0, 3, 2}));
static_assert(!is_one_cycle(std::array<std::uint32_t, 3>{1, 1, 0}));
static_assert(!is_one_cycle(std::array<std::uint32_t, 2>{2, 0}));

TEST(Cycle, IsOneWhateverSizeAndSeed) {
  for (std::size_t n = 1; n < 200; ++n)
    for (std::uint64_t seed : {1u, 2u, 99u}) {
      std::vector<std::uint32_t> next(n);
      make_cycle(next, seed);
      ASSERT_TRUE(is_one_cycle(next)) << n << " places, seed " << seed;
    }
  std::vector<std::uint32_t> large(1 << 18);
  make_cycle(large, 5);
  EXPECT_TRUE(is_one_cycle(large));
}

// Of four places there are 3! = 6 cycles. 6000 draws: each 1000 times, give or take five standard deviations of 29.
TEST(Cycle, EveryCycleIsEquallyLikely) {
  std::map<std::vector<std::uint32_t>, int> counts;
  for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
    std::vector<std::uint32_t> next(4);
    make_cycle(next, seed);
    ++counts[next];
  }
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [cycle, count] : counts) EXPECT_NEAR(count, 1000, 145);
}

// A prefetcher looks for a constant distance between loads.
TEST(Cycle, HasNoUsualDistance) {
  std::vector<std::uint32_t> next(4096);
  make_cycle(next, 1);
  std::map<std::int64_t, int> distances;
  for (std::size_t i = 0; i < next.size(); ++i) ++distances[std::int64_t{next[i]} - static_cast<std::int64_t>(i)];
  EXPECT_LT(std::ranges::max_element(distances, {}, [](const auto& entry) { return entry.second; })->second, 12);
}

TEST(Cycle, FollowedOnceRoundComesBack) {
  std::vector<std::uint32_t> next(100);
  make_cycle(next, 1);
  EXPECT_EQ(follow(next, 3, 0), 3u);
  EXPECT_EQ(follow(next, 3, 1), next[3]);
  EXPECT_EQ(follow(next, 3, 100), 3u);
  EXPECT_NE(follow(next, 3, 99), 3u);
}

TEST(Chase, StretchesCoverASmallSetAndOverflowTheCacheInALargeOne) {
  static_assert(chase_slots(100, 1000, 128, 1 << 20) == 1);  // many times round in one launch
  static_assert(chase_slots(1000, 1000, 128, 1 << 20) == 1);
  static_assert(chase_slots(1001, 1000, 128, 1 << 20) == 2);
  // 50 MiB of cache in lines of 128: 4 x 409,600 lines, in stretches of 2^18 that is 6.25, and one more than
  // overflows
  static_assert(chase_slots(1 << 23, 1 << 18, 128, 50 << 20) == 8);
  for (std::int64_t cache : {1 << 16, 1 << 20, 50 << 20})
    for (std::int64_t loads : {1, 1000, 1 << 18}) {
      const std::int64_t lines = 1 << 24;  // 2 GiB
      const std::int64_t touched = std::min(chase_slots(lines, loads, 128, cache) * loads, lines) * 128;
      EXPECT_GE(touched, 4 * cache) << loads << " loads, " << cache << " bytes of cache";
    }
}

}  // namespace
}  // namespace petaproof

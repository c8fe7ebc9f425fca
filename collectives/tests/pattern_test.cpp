#include "collectives/pattern.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace petaproof {
namespace {

constexpr std::uint64_t seed = 11;
constexpr std::uint64_t slot = 3;

float value(std::uint64_t index, int rank) {
  return pattern_value(seed, slot, index, rank);
}

TEST(Pattern, ValuesAreSmallIntegers) {
  float low = 0, high = 0;
  for (std::uint64_t i = 0; i < 4096; ++i)
    for (int rank : {0, 1, 7, 1023, max_pattern_ranks - 1}) {
      const float x = value(i, rank);
      ASSERT_EQ(x, static_cast<float>(static_cast<int>(x)));
      low = std::min(low, x);
      high = std::max(high, x);
    }
  // so that the sum of 2^13 of them stays below 2^24
  EXPECT_GE(low, -1024);
  EXPECT_LE(high, 1024);
  EXPECT_LT(low, -256);
  EXPECT_GT(high, 256);
}

TEST(Pattern, TheSumIsThatOfALoopOverRanks) {
  for (int ranks = 1; ranks <= 64; ++ranks) {
    const PatternSum sum(ranks);
    for (std::uint64_t i = 0; i < 300; ++i) {
      std::int64_t exact = 0;
      float in_float = 0, backwards = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        exact += static_cast<std::int64_t>(value(i, rank));
        in_float += value(i, rank);
        backwards += value(i, ranks - 1 - rank);
      }
      ASSERT_EQ(sum.at(seed, slot, i), static_cast<float>(exact)) << ranks << " ranks, element " << i;
      // any order gives these bits: a ring's, a tree's
      ASSERT_EQ(in_float, static_cast<float>(exact));
      ASSERT_EQ(backwards, static_cast<float>(exact));
    }
  }
}

TEST(Pattern, TheSumOverTheMostRanksIsExactInFloat) {
  const PatternSum sum(max_pattern_ranks);
  for (std::uint64_t i = 0; i < 50; ++i) {
    float in_float = 0;
    std::int64_t exact = 0;
    for (int rank = 0; rank < max_pattern_ranks; ++rank) {
      in_float += value(i, rank);
      exact += static_cast<std::int64_t>(value(i, rank));
    }
    ASSERT_EQ(static_cast<std::int64_t>(in_float), exact);
    ASSERT_EQ(sum.at(seed, slot, i), in_float);
  }
}

// What device code calls, at compile time here: were it not constexpr, a GPU could not run it.
static_assert(pattern_value(seed, slot, 7, 1) != pattern_value(seed, slot, 8, 1));

TEST(Pattern, TheTableServesOutsideOfItsClass) {
  for (int ranks : {1, 2, 7, 1000, max_pattern_ranks}) {
    const PatternSum sum(ranks);
    for (std::uint64_t i :
         {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{1} << 31, (std::uint64_t{1} << 38) + 3}) {
      std::int64_t exact = 0;
      for (int rank = 0; rank < ranks; ++rank) exact += static_cast<std::int64_t>(value(i, rank));
      EXPECT_EQ(pattern_sum(sum.table().data(), ranks, seed, slot, i), static_cast<float>(exact)) << ranks;
    }
  }
}

// A rank that is missing, or counted for another, changes the sum: no two contribute alike.
TEST(Pattern, RanksContributeDifferentValues) {
  std::set<float> values;
  for (int rank = 0; rank < 1024; ++rank) values.insert(value(5, rank));
  EXPECT_EQ(values.size(), 1024u);
}

// Of four ranks the outer two counted twice and the inner two not at all: what a tree that pairs wrongly
// gives.
TEST(Pattern, TwoRanksCountedForTwoOthersShow) {
  int unseen = 0;
  for (std::uint64_t i = 0; i < 1000; ++i)
    if (value(i, 0) + value(i, 3) == value(i, 1) + value(i, 2)) ++unseen;
  EXPECT_LT(unseen, 300);
}

// Values are random in 1024 or more: neighbours are equal once in a thousand at most, whatever the number of
// ranks.
int equal_neighbours(auto at, std::uint64_t distance = 1) {
  int equal = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) equal += at(i) == at(i + distance) ? 1 : 0;
  return equal;
}

TEST(Pattern, NeighboursDiffer) {
  for (int rank : {0, 1, 500}) EXPECT_LT(equal_neighbours([=](auto i) { return value(i, rank); }), 40);
}

// A wrong offset and a swapped chunk must show in the result, at the sizes of real clusters above all.
TEST(Pattern, NeighboursInTheSumDifferOnAnyNumberOfRanks) {
  for (int ranks : {1, 2, 3, 4, 7, 8, 16, 64, 100, 512, 1000, 1024, 2048, 4096, 8192}) {
    const PatternSum sum(ranks);
    EXPECT_LT(equal_neighbours([&](auto i) { return sum.at(seed, slot, i); }), 40) << ranks << " ranks";
    EXPECT_LT(equal_neighbours([&](auto i) { return sum.at(seed, slot, i); }, 1 << 20), 40) << ranks << " ranks";
  }
}

TEST(Pattern, SlotsAndSeedsDiffer) {
  int same_slot = 0, same_seed = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    same_slot += pattern_value(seed, 0, i, 0) == pattern_value(seed, 1, i, 0) ? 1 : 0;
    same_seed += pattern_value(1, slot, i, 0) == pattern_value(2, slot, i, 0) ? 1 : 0;
  }
  EXPECT_LT(same_slot, 40);
  EXPECT_LT(same_seed, 40);
}

// Slot s at element i + 1 is not slot s + 1 at element i, nor the like for seeds: a stale neighbour would
// pass.
TEST(Pattern, SlotsAreNotShiftedCopiesOfEachOther) {
  int slots = 0, seeds = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    slots += pattern_value(seed, 0, i + 1, 0) == pattern_value(seed, 1, i, 0) ? 1 : 0;
    seeds += pattern_value(1, slot, i + 1, 0) == pattern_value(2, slot, i, 0) ? 1 : 0;
  }
  EXPECT_LT(slots, 40);
  EXPECT_LT(seeds, 40);
}

}  // namespace
}  // namespace petaproof

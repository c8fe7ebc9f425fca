#include "harness/judge/contiguity.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <numeric>
#include <vector>

#include "harness/tests/expect_error.hpp"
#include "harness/tests/judge/population.hpp"

namespace petaproof::judge {
namespace {

std::vector<std::int64_t> block_of(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> positions(count);
  std::iota(positions.begin(), positions.end(), first);
  return positions;
}

TEST(Contiguity, ChancesAreThoseOfAllDraws) {
  // every way to draw 4 of 12
  constexpr std::int64_t nodes = 12;
  std::vector<Contiguity> all;
  for (unsigned set = 0; set < 1u << nodes; ++set) {
    if (std::popcount(set) != 4) continue;
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i < nodes; ++i)
      if (set >> i & 1) positions.push_back(i);
    all.push_back(contiguity_of(positions, nodes));
  }
  ASSERT_EQ(all.size(), 495u);
  double runs = 0;
  for (const Contiguity& one : all) {
    int fewer = 0, shorter = 0;
    for (const Contiguity& other : all) {
      fewer += other.runs <= one.runs ? 1 : 0;
      shorter += other.span <= one.span ? 1 : 0;
    }
    EXPECT_NEAR(one.p_runs, fewer / 495.0, 1e-12);
    EXPECT_NEAR(one.p_span, shorter / 495.0, 1e-12);
    runs += static_cast<double>(one.runs);
  }
  EXPECT_NEAR(all.front().expected_runs, runs / 495, 1e-12);
}

TEST(Contiguity, WhatASchedulerHandsOutIsABlock) {
  EXPECT_TRUE(contiguity_of(block_of(200, 32), 500).block());
  EXPECT_TRUE(contiguity_of(block_of(0, 400), 500).block());
  EXPECT_TRUE(contiguity_of(block_of(9'000, 59), 12'500).block());
  std::vector<std::int64_t> racks;  // four whole racks of eight, far apart
  for (const std::int64_t first : {16, 128, 240, 480})
    for (const std::int64_t one : block_of(first, 8)) racks.push_back(one);
  EXPECT_TRUE(contiguity_of(racks, 500).block());
  std::vector<std::int64_t> holes;  // every other node of a corner
  for (std::int64_t i = 0; i < 64; i += 2) holes.push_back(100 + i);
  const Contiguity corner = contiguity_of(holes, 500);
  EXPECT_EQ(corner.runs, 32);
  EXPECT_EQ(corner.span, 63);
  EXPECT_TRUE(corner.block());
  EXPECT_TRUE(contiguity_of(block_of(0, 3), 111).block());
  EXPECT_FALSE(contiguity_of(block_of(0, 3), 110).block());
}

TEST(Contiguity, WhatHasNoOtherWayIsNone) {
  EXPECT_EQ(contiguity_of(block_of(0, 500), 500).p_value, 1);
  EXPECT_EQ(contiguity_of(block_of(7, 1), 500).p_value, 1);
  EXPECT_EQ(contiguity_of(block_of(0, 1), 1).p_value, 1);
  EXPECT_FALSE(contiguity_of(block_of(0, 2), 500).block());
}

TEST(Contiguity, ARandomDrawIsSuspectedAsOftenAsStated) {
  Random random(17);
  for (const auto& [count, nodes] : {std::pair{32, 500}, {250, 500}, {59, 12'500}}) {
    int tenths = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto drawn = random.draw(static_cast<std::size_t>(count), static_cast<std::size_t>(nodes));
      if (contiguity_of(std::vector<std::int64_t>(drawn.begin(), drawn.end()), nodes).p_value < .1) ++tenths;
    }
    EXPECT_LE(tenths, 230) << count;  // 10 % of 2000 and more than two standard deviations
  }
}

TEST(Contiguity, RefusesWhatCannotBe) {
  const auto refused = [](const std::vector<std::int64_t>& positions) {
    EXPECT_FALSE(error_of(Domain::config, [&] { contiguity_of(positions, 500); }).empty());
  };
  refused({});
  refused({500});
  refused({-1, 3});
  refused({3, 7, 3});
}

}  // namespace
}  // namespace petaproof::judge

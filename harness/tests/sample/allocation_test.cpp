// How many nodes each pod gets, against every possible way to share them out.
#include "harness/sample/allocation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace petaproof::sample {
namespace {

using Counts = std::vector<std::int64_t>;

std::int64_t sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

// Squared distance from exact proportion, times the square of all nodes so that it is an integer.
std::int64_t distance(const Counts& pods, const Counts& shares) {
  const std::int64_t all = sum(pods), size = sum(shares);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const std::int64_t apart = shares[i] * all - size * pods[i];
    total += apart * apart;
  }
  return total;
}

// The least distance of all ways to draw `size` nodes, none beyond its pod.
std::int64_t least_distance(const Counts& pods, std::int64_t size) {
  std::int64_t least = INT64_MAX;
  Counts shares(pods.size());
  const std::function<void(std::size_t, std::int64_t)> place = [&](std::size_t at, std::int64_t left) {
    if (at == pods.size()) {
      if (left == 0) least = std::min(least, distance(pods, shares));
      return;
    }
    for (shares[at] = 0; shares[at] <= std::min(left, pods[at]); ++shares[at]) place(at + 1, left - shares[at]);
  };
  place(0, size);
  return least;
}

// All lists of up to four pods of up to seven nodes, and a few odd ones.
std::vector<Counts> cases() {
  std::vector<Counts> result{{50, 1}, {1, 50}, {40, 3, 2, 1}, {9, 9, 9}, {100, 100, 1, 1, 1}};
  for (std::int64_t a = 1; a <= 7; ++a)
    for (std::int64_t b = 0; b <= 7; ++b)
      for (std::int64_t c = 0; c <= 5; ++c)
        for (std::int64_t d = 0; d <= 3; ++d) {
          Counts pods;
          for (const std::int64_t nodes : {a, b, c, d})
            if (nodes > 0) pods.push_back(nodes);
          result.push_back(pods);
        }
  return result;
}

TEST(Allocation, IsProportionalAndTouchesEveryPod) {
  for (const Counts& pods : cases())
    for (std::int64_t size = 0; size <= sum(pods); ++size) {
      const Counts shares = allocate(pods, size);
      ASSERT_EQ(sum(shares), size);
      const std::int64_t floor = size >= two_of_each(pods) ? 2 : size >= std::ssize(pods) ? 1 : 0;
      bool floor_binds = false;
      for (std::size_t i = 0; i < pods.size(); ++i) {
        ASSERT_LE(shares[i], pods[i]);
        ASSERT_GE(shares[i], std::min(floor, pods[i])) << "pod " << i << " of " << pods.size() << ", size " << size;
        floor_binds = floor_binds || size * pods[i] < std::min(floor, pods[i]) * sum(pods);
      }
      if (!floor_binds && pods.size() <= 4) {
        ASSERT_EQ(distance(pods, shares), least_distance(pods, size));
      }
    }
}

TEST(Allocation, AboveTheFloorIsProportionalAmongThemselves) {
  EXPECT_EQ(allocate({100, 100, 1, 1, 1}, 23), (Counts{10, 10, 1, 1, 1}));
  EXPECT_EQ(allocate({300, 100, 4}, 18), (Counts{12, 4, 2}));
}

TEST(Allocation, EqualRemaindersGoToTheEarlierPod) {
  EXPECT_EQ(allocate({9, 9, 9}, 7), (Counts{3, 2, 2}));
  EXPECT_EQ(allocate({9, 9, 9}, 8), (Counts{3, 3, 2}));
}

TEST(Allocation, FloorsFallWhereThereAreTooFewNodes) {
  EXPECT_EQ(allocate({50, 3, 3}, 6), (Counts{2, 2, 2}));  // two of each
  EXPECT_EQ(allocate({50, 3, 3}, 5), (Counts{3, 1, 1}));  // one of each
  EXPECT_EQ(allocate({50, 3, 3}, 2), (Counts{2, 0, 0}));  // no longer all of them
  EXPECT_EQ(two_of_each({50, 1, 3}), 5);
}

TEST(Allocation, AMillionNodesDoNotOverflow) {
  const Counts shares = allocate({999'999, 1}, 500'000);
  EXPECT_EQ(shares, (Counts{499'999, 1}));
}

}  // namespace
}  // namespace petaproof::sample

#include "collectives/busbw.hpp"

#include <gtest/gtest.h>

namespace petaproof {
namespace {

TEST(Busbw, AllReduceFactor) {
  EXPECT_EQ(all_reduce_bus_factor(2), 1);
  EXPECT_DOUBLE_EQ(all_reduce_bus_factor(3), 4.0 / 3);
  EXPECT_EQ(all_reduce_bus_factor(4), 1.5);
  EXPECT_EQ(all_reduce_bus_factor(8), 1.75);
  EXPECT_EQ(all_reduce_bus_factor(1), 0);  // nothing crosses a link
}

// The formula against a ring that counts: n - 1 steps of reduce-scatter and as many of all-gather, in each of
// which a rank sends one n-th of the buffer.
TEST(Busbw, IsWhatARingSends) {
  for (int ranks = 2; ranks <= 64; ++ranks) {
    double sent = 0;
    for (int pass = 0; pass < 2; ++pass)
      for (int step = 1; step < ranks; ++step) sent += 1.0 / ranks;
    EXPECT_NEAR(all_reduce_bus_factor(ranks), sent, 1e-12) << ranks;
  }
}

// The others against what has to arrive, or leave, byte by byte, with n bytes per rank's block.
TEST(Busbw, IsWhatMustCrossALink) {
  for (int ranks = 2; ranks <= 64; ++ranks) {
    int received = 0;  // by one rank, in blocks of an n-th of S
    for (int peer = 0; peer < ranks; ++peer) received += peer == 0 ? 0 : 1;
    const double share = static_cast<double>(received) / ranks;
    EXPECT_DOUBLE_EQ(all_gather_bus_factor(ranks), share) << ranks;
    EXPECT_DOUBLE_EQ(reduce_scatter_bus_factor(ranks), share) << ranks;
    EXPECT_DOUBLE_EQ(all_to_all_bus_factor(ranks), share) << ranks;
    EXPECT_DOUBLE_EQ(all_reduce_bus_factor(ranks), 2 * share) << ranks;  // one after the other
    EXPECT_EQ(broadcast_bus_factor(ranks), 1) << ranks;
    EXPECT_EQ(reduce_bus_factor(ranks), 1) << ranks;
  }
  EXPECT_EQ(all_gather_bus_factor(1), 0);
  EXPECT_EQ(broadcast_bus_factor(1), 0);
}

}  // namespace
}  // namespace petaproof

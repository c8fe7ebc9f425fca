#include "harness/project/reach.hpp"

#include <gmock/gmock.h>

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t mib = 1 << 20;

// What published data span is reached, to the last of their points.
TEST(Reach, WhatWasPublishedIsReached) {
  EXPECT_EQ(why_beyond(collective_reach(), 128, 8192), "");
  EXPECT_EQ(why_beyond(training_reach(2, true), 32, 2048), "");
  EXPECT_EQ(why_beyond(hpl_reach(), 4096, 14400), "");
}

TEST(Reach, BeyondItNothingIs) {
  EXPECT_THAT(why_beyond(collective_reach(), 128, 8193), HasSubstr("128 to 8,192 GPUs"));
  EXPECT_THAT(why_beyond(hpl_reach(), 32, 100'000'000),
              HasSubstr("100000000 GPUs are 3.125e+06 times the 32 that were measured, and at most 4 times"));
  EXPECT_NE(why_beyond(training_reach(5, false), 32, 2049), "");
}

TEST(Reach, OneCountOfTrainingShowsNoTrend) {
  EXPECT_EQ(why_beyond(training_reach(1, false), 64, 1024), "");
  EXPECT_THAT(why_beyond(training_reach(1, false), 64, 1025), HasSubstr("only one count"));
  EXPECT_EQ(why_beyond(training_reach(1, true), 64, 256), "");
  EXPECT_THAT(why_beyond(training_reach(1, true), 64, 257), HasSubstr("8 bits"));
}

TEST(Reach, MessageSizes) {
  EXPECT_EQ(why_beyond_sizes(16 * mib, 1024 * mib, 64 * mib), "");
  for (const std::int64_t bytes : {16 * mib, 1024 * mib})
    EXPECT_EQ(why_beyond_sizes(16 * mib, 1024 * mib, bytes), "");
  for (const std::int64_t bytes : {16 * mib - 1, 1024 * mib + 1})
    EXPECT_THAT(why_beyond_sizes(16 * mib, 1024 * mib, bytes), HasSubstr("from 16777216 to 1073741824 bytes"));
  EXPECT_EQ(why_beyond_sizes(64 * mib, 64 * mib, 64 * mib), "");
  EXPECT_THAT(why_beyond_sizes(64 * mib, 64 * mib, 128 * mib), HasSubstr("one message size"));
}

}  // namespace
}  // namespace petaproof::project

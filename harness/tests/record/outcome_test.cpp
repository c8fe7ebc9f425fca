#include "harness/record/outcome.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json record(const std::string& id, const std::string& disposition) {
  return {{"case_id", id}, {"disposition", disposition}};
}

TEST(Coverage, AllPassed) {
  const Coverage coverage = coverage_of({"a", "b"}, {record("b", "pass"), record("a", "pass")});
  EXPECT_TRUE(coverage.complete());
  EXPECT_FALSE(coverage.any_failed());
  EXPECT_EQ(coverage.sentence(), "2 of 2 cases passed");
}

TEST(Coverage, MissingIsNeverAPass) {
  const Coverage coverage = coverage_of({"a", "b"}, {record("a", "pass")});
  EXPECT_FALSE(coverage.complete());
  EXPECT_THAT(coverage.missing, ElementsAre("b"));
  EXPECT_EQ(coverage.sentence(), "1 of 2 cases passed: 1 missing");
}

TEST(Coverage, WhatIsNotAPass) {
  for (const char* bad : {"fail_verify", "fail_run", "invalid", "timeout"}) {
    EXPECT_TRUE(coverage_of({"a"}, {record("a", bad)}).any_failed()) << bad;
    EXPECT_TRUE(coverage_of({"a"}, {record("a", bad)}).complete()) << bad;
  }
  for (const char* open : {"skipped", "not_supported"}) {
    EXPECT_FALSE(coverage_of({"a"}, {record("a", open)}).any_failed()) << open;
    EXPECT_FALSE(coverage_of({"a"}, {record("a", open)}).complete()) << open;
  }
}

// Otherwise a provider could run until it passes and hand in the last run.
TEST(Coverage, AFailureOutweighsALaterPass) {
  EXPECT_TRUE(coverage_of({"a"}, {record("a", "fail_verify"), record("a", "pass")}).any_failed());
  EXPECT_TRUE(coverage_of({"a"}, {record("a", "pass"), record("a", "timeout")}).any_failed());
}

TEST(Coverage, AMeasurementOutweighsNone) {
  EXPECT_TRUE(coverage_of({"a"}, {record("a", "skipped"), record("a", "pass")}).complete());
  EXPECT_TRUE(coverage_of({"a"}, {record("a", "pass"), record("a", "not_supported")}).complete());
}

}  // namespace
}  // namespace petaproof

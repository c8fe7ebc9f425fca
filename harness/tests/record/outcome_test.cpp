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

json predicted(const std::string& id) {
  json one = record(id, "not_supported");
  one["predicted"] = "H100 has no fp4";
  return one;
}

TEST(Coverage, WhatTheHardwareFilePredictedIsNotCountedOver) {
  const Coverage coverage = coverage_of({"a", "b", "c"}, {record("a", "pass"), predicted("b"), predicted("c")});
  EXPECT_TRUE(coverage.complete());
  EXPECT_FALSE(coverage.any_failed());
  EXPECT_EQ(coverage.sentence(), "1 of 1 cases passed: 2 not for this GPU (predicted)");
  const json said = to_json(coverage);
  EXPECT_EQ(said["planned"], 3);
  EXPECT_EQ(said["predicted"], 2);
  EXPECT_EQ(said["by_disposition"], (json{{"pass", 1}, {"not_supported", 2}}));
  EXPECT_EQ(said["complete"], true);
}

TEST(Coverage, APredictionExcusesNothingElse) {
  const auto with = [](const json& other) { return coverage_of({"a", "b"}, {predicted("a"), other}); };
  EXPECT_FALSE(with(record("b", "skipped")).complete());
  EXPECT_FALSE(with(record("c", "pass")).complete()) << "b is missing";
  EXPECT_EQ(with(record("b", "not_supported")).sentence(),
            "0 of 1 cases passed: 1 not_supported, 1 not for this GPU (predicted)");
  EXPECT_FALSE(with(record("b", "not_supported")).complete());
  EXPECT_TRUE(with(record("b", "fail_run")).any_failed());
}

TEST(Coverage, OfNothingButPredictionsIsNotComplete) {
  const Coverage coverage = coverage_of({"a"}, {predicted("a")});
  EXPECT_FALSE(coverage.complete());
  EXPECT_EQ(coverage.sentence(), "0 of 0 cases passed: 1 not for this GPU (predicted)");
}

TEST(Coverage, OnlyNotSupportedIsPredicted) {
  for (const char* other : {"pass", "fail_verify", "fail_run", "invalid", "timeout", "skipped"}) {
    json edited = predicted("a");
    edited["disposition"] = other;
    EXPECT_EQ(coverage_of({"a"}, {edited}).predicted, 0u) << other;
    EXPECT_EQ(disposition_text(edited), other);
  }
  EXPECT_EQ(disposition_text(predicted("a")), "not_supported (predicted)");
  EXPECT_EQ(disposition_text(record("a", "not_supported")), "not_supported");
}

// Two runs of one plan, on GPUs of two models or with a library missing in one.
TEST(Coverage, WhatAnotherRunFoundOutweighsAPrediction) {
  for (const char* other : {"pass", "fail_verify", "skipped", "not_supported"})
    for (const auto& both : {std::vector{predicted("a"), record("a", other)}, {record("a", other), predicted("a")}}) {
      const Coverage coverage = coverage_of({"a"}, both);
      EXPECT_EQ(coverage.predicted, 0u) << other;
      EXPECT_EQ(coverage.by_disposition, (std::map<std::string, std::size_t>{{other, 1}}));
    }
}

}  // namespace
}  // namespace petaproof

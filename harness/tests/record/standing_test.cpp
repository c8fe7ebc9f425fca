#include "harness/record/standing.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"

namespace petaproof {
namespace {

using ::testing::HasSubstr;

RecordFacts sound() {
  return {.backend = "cuda"};
}

TEST(Standing, ASoundRecordCounts) {
  EXPECT_TRUE(standing_of(sound()).counts());
  EXPECT_EQ(standing_of(sound()).because, "");
}

TEST(Standing, EachObjectionHasItsReasonAndTheFirstIsTold) {
  const std::vector<std::tuple<Objection, void (*)(RecordFacts&), const char*>> spoils{
      {Objection::fill, [](RecordFacts& f) { f.fill = "zeros"; }, "fill zeros"},
      {Objection::unverified, [](RecordFacts& f) { f.verified = false; }, "verified"},
      {Objection::contradiction, [](RecordFacts& f) { f.contradiction = "it contradicts itself"; },
       "contradicts itself"},
      {Objection::disposition, [](RecordFacts& f) { f.disposition = "invalid"; }, "disposition invalid"},
      {Objection::emulated, [](RecordFacts& f) { f.emulated = true; }, "narrower products"},
      {Objection::issue_rate, [](RecordFacts& f) { f.issue_rate = true; }, "no kernel"},
      {Objection::gpu_shared, [](RecordFacts& f) { f.gpu_shared = true; }, "gpu_shared"},
      {Objection::told_twice, [](RecordFacts& f) { f.told_twice = "a copy of x"; }, "a copy of x"},
      {Objection::run, [](RecordFacts& f) { f.run_fault = "corrupted"; }, "its run: corrupted"},
      {Objection::origin, [](RecordFacts& f) { f.origin = "imported"; }, "imported: only what a run measured"},
      {Objection::backend, [](RecordFacts& f) { f.backend = "host"; }, "host backend"},
  };
  RecordFacts all = sound();  // with every one after it too
  for (const auto& [objection, spoil, reason] : spoils) {
    RecordFacts one = sound();
    spoil(one);
    spoil(all);
    for (const RecordFacts& facts : {one, all}) {
      EXPECT_EQ(standing_of(facts).objection, objection) << reason;
      EXPECT_THAT(standing_of(facts).because, HasSubstr(reason));
    }
  }
}

TEST(Standing, WhatALineSays) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, 1);
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 10;
  outcome.verification = {.pass = true, .elements_checked = 10};
  Case one;
  one.workload = "gemm/cublaslt";
  nlohmann::json record = make_record(
      one,
      {.run_id = "r", .sequence = 0, .begin_utc = "2026-01-31T00:00:00.000Z", .end_utc = "2026-01-31T00:01:00.000Z"},
      {"cuda", true, false, {{"flops", "FLOP", 100}}}, {report_of(outcome, 0, "n0", "gpu")}, {});
  EXPECT_TRUE(standing_of(facts_of(record)).counts());
  record["notes"]["emulated"] = "no";
  EXPECT_TRUE(standing_of(facts_of(record)).counts());
  record["notes"]["emulated"] = "yes";
  EXPECT_EQ(standing_of(facts_of(record)).objection, Objection::emulated);
  record["notes"] = nlohmann::json::object();
  for (const nlohmann::json& verification :
       {nlohmann::json(nullptr), nlohmann::json{{"pass", false}, {"elements_checked", 10}},
        nlohmann::json{{"pass", true}, {"elements_checked", 0}}}) {
    record["verification"] = verification;
    EXPECT_EQ(standing_of(facts_of(record)).objection, Objection::unverified);
  }
  nlohmann::json edited = record;
  edited["rates"][0]["sum_over_devices"] = 12;
  EXPECT_EQ(standing_of(facts_of(edited)).objection, Objection::contradiction);
  record["workload"] = "peak/mma";
  EXPECT_EQ(standing_of(facts_of(record)).objection, Objection::issue_rate);
  record["backend"] = nullptr;
  EXPECT_EQ(standing_of(facts_of(record)).objection, Objection::backend);
}

TEST(Standing, NoRateIsTooFast) {
  EXPECT_FALSE(is_too_fast(67, 67));
  EXPECT_TRUE(is_too_fast(67.1, 67));
  EXPECT_TRUE(is_too_fast(std::nan(""), 67));
  EXPECT_FALSE(is_too_fast(1e9, std::numeric_limits<double>::infinity()));
}

}  // namespace
}  // namespace petaproof

// A record as a run writes it holds together; each single edit of it is found.
#include "harness/record/consistency.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A rank that needs about `seconds` for each of 3 x 5 launches, with a clock of its own.
RankReport report(int rank, double seconds) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = {seconds, 1.1 * seconds, 0.9 * seconds, seconds, seconds};
  outcome.measurement.launches_per_sample = 3;
  outcome.measurement.window_seconds = 15.1 * seconds;
  outcome.measurement.clock = ClockReading{1.5e9 / seconds, 1e-4, 132};
  outcome.verification = {
      .pass = true, .detail = "every element", .elements_checked = 5, .worst_error_over_bound = 0.5};
  outcome.digests = {1};
  return report_of(outcome, rank, "n" + std::to_string(rank / 2), "gpu");
}

const RecordFrame frame{
    .run_id = "r", .sequence = 0, .begin_utc = "2026-01-31T23:59:50.000Z", .end_utc = "2026-02-01T00:00:30.500Z"};

json kernel() {
  const WorkloadFacts facts{"cuda", true, false, {{"flops", "FLOP", 100}, {"bytes", "B", 7}}};
  return make_record(Case{}, frame, facts, {report(0, 1), report(1, 1.3), report(2, 0.7)}, {});
}

json collective() {
  const WorkloadFacts facts{"cuda", true, true, {{"busbw", "B", 150}, {"algbw", "B", 100}}};
  return make_record(Case{}, frame, facts, {report(0, 1), report(1, 1.3)}, {1.3, 1.5, 1.2, 1.3, 1.3});
}

TEST(Consistency, WhatARunWritesHoldsTogether) {
  EXPECT_EQ(contradiction_in(kernel()), "");
  EXPECT_EQ(contradiction_in(collective()), "");
  EXPECT_EQ(contradiction_in(json::parse(kernel().dump())), "") << "nor does writing and reading it change that";
}

// One GPU alone sends nothing over a bus, at 0 B/s.
TEST(Consistency, ARateOf0IsOne) {
  const WorkloadFacts facts{"cuda", true, true, {{"busbw", "B", 0}, {"algbw", "B", 100}}};
  EXPECT_EQ(contradiction_in(make_record(Case{}, frame, facts, {report(0, 1)}, {1, 1.1, 0.9, 1, 1})), "");
}

TEST(Consistency, WhatFailedSupportsNothingAndIsNotAsked) {
  json failed = kernel();
  failed["disposition"] = "fail_verify";
  failed["rates"][0]["sum_over_devices"] = 1e9;
  EXPECT_EQ(contradiction_in(failed), "");
}

struct Edit {
  const char* pointer;
  json value;
  const char* said;
};

void expect_found(const json& record, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    json edited = record;
    ASSERT_TRUE(edited.contains(json::json_pointer(edit.pointer))) << edit.pointer;
    edited[json::json_pointer(edit.pointer)] = edit.value;
    EXPECT_THAT(contradiction_in(edited), HasSubstr(edit.said)) << edit.pointer << " " << edit.value.dump();
  }
}

double times(const json& record, const char* pointer, double factor) {
  return factor * record[json::json_pointer(pointer)].get<double>();
}

TEST(Consistency, TotalsAreThoseOfTheColumns) {
  const json one = kernel();
  std::vector<Edit> edits;
  for (const auto& [pointer, said] : {std::pair{"/rates/0/value", "its rate is"},
                                      {"/rates/0/sum_over_devices", "its sum of rates is"},
                                      {"/rates/1/sum_over_devices", "its sum of rates is"},
                                      {"/rates/0/synchronous", "its rate over the longest window is"},
                                      {"/seconds_per_launch/mean", "its time of a launch is"},
                                      {"/telemetry/clock_megahertz", "its clock is"},
                                      {"/verification/worst_error_over_bound", "its worst error"}})
    for (const double factor : {1.2, 0.9999}) edits.push_back({pointer, times(one, pointer, factor), said});
  expect_found(one, edits);
}

TEST(Consistency, ColumnsAreThoseOfTheRanks) {
  const json one = kernel();
  expect_found(one, {{"/per_rank/rate/1", 1e3, "of rank 1 the rate is"},
                     {"/per_rank/rate/1", -1, "of rank 1 a rate"},
                     {"/per_rank/rate/1", nullptr, "lacks"},
                     {"/per_rank/rate", nullptr, "entries of rate"},
                     {"/per_rank/seconds_mean/2", 0.5, "of rank 2"},
                     {"/per_rank/seconds_q1/0", 1.2, "quartiles"},
                     {"/per_rank/seconds_min/0", 1.01, "quartiles"},
                     {"/per_rank/launches/0", 16, "launches are 16"},
                     {"/per_rank/launches/0", 0, "number of launches is none"},
                     {"/per_rank/window_seconds/0", 14, "launches take 15"},
                     {"/per_rank/window_seconds/0", 300, "rate over the longest window"},
                     {"/per_rank/window_seconds/0", -300, "is none"},
                     {"/per_rank/rank/1", 0, "rank 0 twice"},
                     {"/per_rank/host", {"n0", "n0"}, "3 ranks, and 2 entries of host"},
                     {"/per_rank/error_over_bound/2", 1.5, "a rank's error is 1.5 of its bound"},
                     {"/per_rank", nullptr, "no rank reports"}});
}

TEST(Consistency, ARankEndedAsTheRecordSays) {
  expect_found(kernel(), {{"/per_rank/disposition/1", "fail_verify", "disposed pass, and a rank of it fail_verify"},
                          {"/per_rank/disposition/0", "timeout", "a rank of it timeout"}});
}

TEST(Consistency, TimeRunsForwards) {
  const json one = kernel();
  expect_found(one, {{"/end_utc", one["begin_utc"], "it ended at"},
                     {"/end_utc", "2026-01-31T23:59:49.999Z", "it ended at"},
                     {"/end_utc", "2026-02-01T00:00:05.000Z", "its longest window is 19.63"},
                     {"/end_utc", "", "does not say when"},
                     {"/begin_utc", nullptr, "lacks"}});
}

TEST(Consistency, ACollectiveIsAsSlowAsItsSlowestRank) {
  const json one = collective();
  expect_found(one, {{"/rates/0/value", times(one, "/rates/0/value", 1.1), "its rate is"},
                     {"/rates/1/value", times(one, "/rates/1/value", 1.1), "its rate is"},
                     {"/rates/0/quantity", "algbw", "other work"}});
  json faster = one;
  faster["seconds_per_launch"]["mean"] = 1.2;
  faster["rates"][0]["value"] = 150 / 1.2;
  faster["rates"][1]["value"] = 100 / 1.2;
  EXPECT_THAT(contradiction_in(faster),
              HasSubstr("its slowest rank's time of a launch is 1.2, and a rank's mean is 1.3"));
}

}  // namespace
}  // namespace petaproof

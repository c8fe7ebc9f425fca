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
                     {"/launches_per_sample", 2, "launches are 15"},
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

// A forger who calls each GPU's own FLOP a collective would be asked for no total.
TEST(Consistency, WhatEachGpuDidOnItsOwnIsNoCollective) {
  const json basis = "slowest rank of each sample";
  expect_found(kernel(), {{"/rates/0/basis", basis, "its rate of flops is said to be that of a collective"},
                          {"/rates/1/basis", basis, "has totals of GPUs that work each on its own"},
                          {"/rates/0/unit", "TFLOP/s", "its rate of flops is in TFLOP/s, of work in FLOP"},
                          {"/work/0/unit", "B", "its rate of flops is in FLOP/s, of work in B"}});
  json bytes = kernel();
  bytes["work"][0]["unit"] = "B";
  bytes["rates"][0]["unit"] = "B/s";
  EXPECT_THAT(contradiction_in(bytes), HasSubstr("its rate of flops is in B/s"));
  expect_found(collective(), {{"/rates/0/basis", "mean over devices", "lacks"}});
  json with_total = collective();
  with_total["rates"][0]["synchronous"] = 1e9;
  EXPECT_THAT(contradiction_in(with_total), HasSubstr("has totals of GPUs"));
}

json product(const std::string& workload, std::int64_t k) {
  Case one;
  one.workload = workload;
  one.params = Params({{"m", std::int64_t{5}}, {"n", std::int64_t{2}}, {"k", k}});
  return make_record(one, frame, {"cuda", true, false, {{"flops", "FLOP", 100}, {"bytes", "B", 7}}},
                     {report(0, 1), report(1, 1.3)}, {});
}

TEST(Consistency, AProductIsTheWorkOfItsDimensions) {
  EXPECT_EQ(contradiction_in(product("gemm/cublaslt", 5)), "");
  EXPECT_THAT(contradiction_in(product("gemm/cublaslt", 4)),
              HasSubstr("its work of a launch is 100, and 2 m n k of its parameters 80"));
  EXPECT_EQ(contradiction_in(product("peak/mma", 4)), "") << "whose m, n and k are those of an instruction";
}

// Of 5 samples; `window` is the factor from a rank's launches to its window.
json sustained(std::vector<RankReport> ranks, double window) {
  Case one;
  one.measure.mode = Mode::sustained;
  for (RankReport& rank : ranks) rank.window_seconds = window * rank.seconds.mean * 15;
  RecordFrame hour = frame;
  hour.end_utc = "2026-02-01T01:00:00.000Z";
  return make_record(one, hour, {"cuda", true, false, {{"flops", "FLOP", 100}}}, ranks, {});
}

TEST(Consistency, AWindowIsFullOfLaunches) {
  for (const double window : {1.0, 1.01, 1.9})
    EXPECT_EQ(contradiction_in(sustained({report(0, 20), report(1, 20)}, window)), "") << window;
  EXPECT_THAT(contradiction_in(sustained({report(0, 20), report(1, 20)}, 10)),
              HasSubstr("its longest window is 3000, and in it no rank's launches take more than 300 s"));
  json waiting = sustained({report(0, 10), report(1, 20)}, 1);
  waiting["per_rank"]["window_seconds"][0] = 300;  // between two rounds, for a rank half as fast
  EXPECT_EQ(contradiction_in(waiting), "");
}

TEST(Consistency, AllRanksLaunchAsOften) {
  std::vector<RankReport> ranks{report(0, 1), report(1, 1)};
  ranks[1].seconds.count = 1;
  ranks[1].launches = 3;
  EXPECT_THAT(contradiction_in(sustained(ranks, 1)), HasSubstr("rank 1 launched 3 times and rank 0 15 times"));
}

// Of rank 0 only NVML's samples are known.
TEST(Consistency, TheClockIsTheMeanOfWhatRanksCountedOrSampled) {
  std::vector<RankReport> ranks{report(0, 1), report(1, 1)};
  ranks[0].clock.reset();
  const auto said = [&] {
    return make_record(Case{}, frame, {"cuda", true, false, {{"flops", "FLOP", 100}}}, ranks, {});
  };
  json one = said();
  EXPECT_EQ(contradiction_in(one), "");
  one["telemetry"]["clock_megahertz"] = 500;
  EXPECT_THAT(contradiction_in(one), HasSubstr("it has a clock, 500 MHz, and rank 0 has none"));
  ranks[0].telemetry.reason.clear();
  ranks[0].telemetry.gauges[index_of(Sensor::sm_clock)] = Statistic{1300, 1200, 1400};
  one = said();
  EXPECT_EQ(one["telemetry"]["clock_megahertz"], 1400);
  EXPECT_EQ(contradiction_in(one), "");
  one["telemetry"]["clock_megahertz"] = 500;
  EXPECT_THAT(contradiction_in(one), HasSubstr("its clock is 500, and the mean of its ranks 1400"));
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

#include "harness/record/record.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A rank that needs `seconds` for each of ten launches of 100 FLOP.
RankReport report(int rank, double seconds, const std::string& digest = "d") {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, seconds);
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 10 * seconds;
  outcome.verification = {true, "every element", 5, 0.5};
  outcome.digests = {1};
  RankReport result = report_of(outcome, rank, "n" + std::to_string(rank), "cpu");
  result.digest = digest;
  return result;
}

RankReport failed(int rank, Disposition disposition, const std::string& reason) {
  CaseOutcome outcome;
  outcome.disposition = disposition;
  outcome.reason = reason;
  return report_of(outcome, rank, "n" + std::to_string(rank), "cpu");
}

const WorkloadFacts gemm{"host", true, false, {{"flops", "FLOP", 100}}};
const WorkloadFacts all_reduce{"host", true, true, {{"busbw", "B", 150}, {"algbw", "B", 100}}};

json record(const std::vector<RankReport>& ranks, const WorkloadFacts& facts = gemm,
            const std::vector<double>& slowest = {}) {
  return make_record(Case{}, RecordFrame{}, facts, ranks, slowest);
}

TEST(Record, KernelsAverageOverDevices) {
  // 100 FLOP in 1 s and in 4 s: 100 and 25 FLOP/s
  const json rate = record({report(0, 1), report(1, 4)})["rates"][0];
  EXPECT_DOUBLE_EQ(rate["value"], 62.5);
  EXPECT_DOUBLE_EQ(rate["sum_over_devices"], 125);
  // all work, 2 x 10 x 100 FLOP, over the longest window of 40 s
  EXPECT_DOUBLE_EQ(rate["synchronous"], 50);
  EXPECT_EQ(rate["unit"], "FLOP/s");
}

TEST(Record, CollectivesEndWithTheirSlowestRank) {
  const json rates = record({report(0, 1), report(1, 2)}, all_reduce, {2, 2, 4, 2})["rates"];
  EXPECT_DOUBLE_EQ(rates[0]["value"], 150 / 2.5);
  EXPECT_DOUBLE_EQ(rates[1]["value"], 100 / 2.5);
}

// Two samples of 1 s and 3 s: mean 2, s = sqrt 2, t(1) = 12.706, half-width 12.706: the lower end of the time is
// below zero, and the rate has no upper end: 100 FLOP in at most 14.706 s.
TEST(Record, AnIntervalThatReachesZeroTimeHasNoUpperEnd) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = {1, 3};
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 4;
  const json rate = record({report_of(outcome, 0, "n0", "cpu")})["rates"][0];
  EXPECT_DOUBLE_EQ(rate["value"], 50);
  EXPECT_NEAR(rate["lower"].get<double>(), 100 / 14.706, 1e-3);
  EXPECT_TRUE(rate["upper"].is_null());
}

const WorkloadFacts chase{"cuda", true, false, {{"loads", "load", 1000}}};

TEST(Record, LoadsThatWaitForEachOtherAreALatency) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = {1e-3, 1.02e-3, 0.98e-3, 1.01e-3, 0.99e-3};
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 5e-3;
  RankReport one = report_of(outcome, 0, "n0", "gpu");
  one.clock = ClockReading{1.5e9, 1e-4, 132};
  RankReport other = one;
  other.clock->hertz = 1.7e9;
  const json rate = record({one, other}, chase)["rates"][0];
  EXPECT_EQ(rate["unit"], "load/s");
  EXPECT_DOUBLE_EQ(rate["value"], 1e6);
  const json latency = rate["latency"];
  EXPECT_EQ(latency["unit"], "s/load");
  EXPECT_DOUBLE_EQ(latency["value"], 1e-6);
  EXPECT_DOUBLE_EQ(latency["lower"], 1 / rate["upper"].get<double>());
  EXPECT_DOUBLE_EQ(latency["upper"], 1 / rate["lower"].get<double>());
  EXPECT_LT(latency["lower"], latency["value"]);
  EXPECT_DOUBLE_EQ(latency["cycles"], 1600);  // 1 us at the mean of 1.5 and 1.7 GHz
  EXPECT_FALSE(record({one})["rates"][0].contains("latency"));
}

TEST(Record, CyclesNeedAClockOfEveryRankOverTheTimedLaunches) {
  RankReport clocked = report(0, 1), none = report(1, 1);
  clocked.clock = ClockReading{1.5e9, 1e-4, 132};
  const auto cycles = [](const json& record) { return record["rates"][0]["latency"]["cycles"]; };
  EXPECT_FALSE(cycles(record({clocked}, chase)).is_null());
  EXPECT_TRUE(cycles(record({clocked, none}, chase)).is_null());
  Case burst;
  burst.measure.mode = Mode::burst;
  EXPECT_TRUE(cycles(make_record(burst, RecordFrame{}, chase, {clocked}, {})).is_null());
}

// As above, where the time's lower end is below zero: so is the latency's, and then there is none.
TEST(Record, ALatencyHasNoLowerEndWhereItsRateHasNoUpper) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = {1, 3};
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 4;
  const json latency = record({report_of(outcome, 0, "n0", "cpu")}, chase)["rates"][0]["latency"];
  EXPECT_TRUE(latency["lower"].is_null());
  EXPECT_NEAR(latency["upper"].get<double>(), 14.706e-3, 1e-6);
}

TEST(Record, IntervalsOfIndependentRanksAddInSquares) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = {1.00, 1.02, 0.98, 1.01, 0.99};
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 5;
  const RankReport one = report_of(outcome, 0, "n0", "cpu");
  const json alone = record({one})["rates"][0];
  const json four = record({one, one, one, one})["rates"][0];
  const auto width = [](const json& rate) { return rate["upper"].get<double>() - rate["lower"].get<double>(); };
  EXPECT_NEAR(width(four), width(alone) / 2, 1e-9);
}

TEST(Record, TheWorstRankDecides) {
  const json mixed = record({report(0, 1), failed(1, Disposition::skipped, "another rank failed"),
                             failed(2, Disposition::fail_run, "out of memory")});
  EXPECT_EQ(mixed["disposition"], "fail_run");
  EXPECT_EQ(mixed["reason"], "rank 2 on n2: out of memory");
  EXPECT_TRUE(mixed["rates"].empty());
  EXPECT_EQ(mixed["per_rank"]["disposition"], json({"pass", "skipped", "fail_run"}));
}

TEST(Record, WhatAllRanksSayIsSaidOnce) {
  const auto refused = [](int rank) { return failed(rank, Disposition::not_supported, "too large"); };
  EXPECT_EQ(record({refused(0), refused(1)})["reason"], "too large");
  EXPECT_EQ(record({report(0, 1), refused(1), refused(2)})["reason"], "rank 1 on n1: too large (and 1 more ranks)");
}

TEST(Record, APassNeverHasAReasonAndOthersAlwaysDo) {
  EXPECT_TRUE(record({report(0, 1)})["reason"].is_null());
  EXPECT_TRUE(record({report(0, 1)})["verification"]["pass"]);
}

TEST(Record, SaysWhetherGpusWereShared) {
  EXPECT_EQ(record({report(0, 1)})["gpu_shared"], false);
  RecordFrame frame;
  frame.gpu_shared = true;
  EXPECT_EQ(make_record(Case{}, frame, gemm, {report(0, 1), report(1, 1)}, {})["gpu_shared"], true);
  EXPECT_EQ(make_record(Case{}, frame, gemm, Disposition::timeout, "it hung")["gpu_shared"], true);
}

TEST(Record, AMinorityOfDigestsIsNamed) {
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), report(1, 1, "b"), report(2, 1, "a")}), ElementsAre(1));
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), report(1, 1, "a")}), IsEmpty());
  // no majority: nobody can be trusted
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), report(1, 1, "b")}), ElementsAre(0, 1));
}

TEST(Record, OnlyEqualDevicesAreCompared) {
  RankReport other = report(1, 1, "b");
  other.device = "another cpu";
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), other}), IsEmpty());
}

// A library may give other bits with other threads, and more slots have another digest: neither accuses a host.
TEST(Record, OnlyEqualSettingsAreCompared) {
  RankReport other = report(1, 1, "b");
  other.notes = {{"blas_threads", "2"}};
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), other}), IsEmpty());
  other = report(1, 1, "b");
  other.slots = 7;
  EXPECT_THAT(digest_outliers({report(0, 1, "a"), other}), IsEmpty());
}

TEST(Record, OtherBitsFailVerification) {
  const json bad = record({report(0, 1, "a"), report(1, 1, "a"), report(2, 1, "b")});
  EXPECT_EQ(bad["disposition"], "fail_verify");
  EXPECT_THAT(bad["reason"].get<std::string>(), HasSubstr("rank 2 on n2"));
  EXPECT_FALSE(bad["verification"]["pass"]);
}

TEST(Record, SurvivesItsJourneyBetweenRanks) {
  RankReport sent = report(3, 0.25);
  sent.notes = {{"algorithm", "7"}};
  sent.reason = "because \"x\"\n";
  const RankReport got = rank_report_from(json::parse(json_line(to_json(sent, true))));
  EXPECT_EQ(to_json(got, true), to_json(sent, true));
  EXPECT_EQ(got.samples.size(), 10u);
  EXPECT_TRUE(rank_report_from(to_json(sent, false)).samples.empty());
}

}  // namespace
}  // namespace petaproof

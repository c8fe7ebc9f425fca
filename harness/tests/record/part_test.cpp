#include "harness/record/part.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

const WorkloadFacts gemm{"cuda", true, false, {{"flops", "FLOP", 100}, {"bytes", "B", 30}}};

RankReport report(int rank, const std::string& device, const std::vector<double>& seconds, double power) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds = seconds;
  outcome.measurement.launches_per_sample = 1;
  for (const double one : seconds) outcome.measurement.window_seconds += one;
  outcome.measurement.clock = ClockReading{1e9 + 1e8 * rank, 0.001, 132};
  outcome.verification.pass = true;
  RankReport report = report_of(outcome, rank, "n" + std::to_string(rank / 2), device);
  report.telemetry.reason.clear();
  report.telemetry.gauges[index_of(Sensor::power)] = Statistic{power, power, power};
  report.telemetry.clock_events = {{"power_cap", 0.1 * rank}};
  return report;
}

const std::vector<RankReport>& mixed() {
  static const std::vector<RankReport> ranks{report(0, "NVIDIA H200", {1.00, 1.02, 0.98, 1.01, 0.99}, 600),
                                             report(1, "NVIDIA H100 80GB HBM3", {2.00, 2.02, 1.98, 2.01, 1.99}, 500),
                                             report(2, "NVIDIA H200", {1.10, 1.12, 1.08, 1.11, 1.09}, 620),
                                             report(3, "NVIDIA H100 80GB HBM3", {2.20, 2.22, 2.18, 2.21, 2.19}, 520)};
  return ranks;
}

json record_of(const std::vector<RankReport>& ranks, const WorkloadFacts& facts = gemm,
               const std::vector<double>& slowest = {}) {
  return make_record(Case{}, RecordFrame{}, facts, ranks, slowest);
}

TEST(PartOfRecord, IsWhatTheRanksOfOneModelWouldHaveGivenAlone) {
  json part = part_of_record(record_of(mixed()), {"NVIDIA H200"});
  json alone = record_of({mixed()[0], mixed()[2]});
  for (std::size_t i = 0; i < 2; ++i) {
    json &rate = part["rates"][i], &right = alone["rates"][i];
    for (const char* key : {"value", "sum_over_devices", "synchronous"})
      EXPECT_DOUBLE_EQ(rate.at(key), right.at(key)) << key;
    // no narrower than it is
    EXPECT_LE(rate.at("lower"), right.at("lower"));
    EXPECT_GE(rate.at("upper"), right.at("upper"));
    EXPECT_LT(rate.at("lower"), rate.at("value"));
  }
  EXPECT_DOUBLE_EQ(part["telemetry"]["clock_megahertz"], 1100);
  EXPECT_DOUBLE_EQ(part["telemetry"]["power_watts"], 610);
  EXPECT_EQ(part["per_rank"], alone["per_rank"]);
  EXPECT_EQ(part["telemetry"]["per_rank"], alone["telemetry"]["per_rank"]);
}

TEST(PartOfRecord, AllOfItIsTheRecord) {
  const json whole = record_of(mixed());
  json all = part_of_record(whole, {"NVIDIA H200", "NVIDIA H100 80GB HBM3"});
  EXPECT_EQ(all["per_rank"], whole["per_rank"]);
  EXPECT_EQ(all["telemetry"]["per_rank"], whole["telemetry"]["per_rank"]);
  for (const char* key : {"value", "lower", "upper", "sum_over_devices", "synchronous"})
    EXPECT_DOUBLE_EQ(all["rates"][0].at(key), whole["rates"][0].at(key)) << key;
}

TEST(PartOfRecord, WithoutTelemetryHasNoPower) {
  std::vector<RankReport> ranks = mixed();
  for (RankReport& rank : ranks) {
    rank.telemetry = {};
    rank.telemetry.reason = "no NVML";
    rank.clock.reset();
  }
  const json part = part_of_record(record_of(ranks), {"NVIDIA H200"});
  EXPECT_TRUE(part["telemetry"]["clock_megahertz"].is_null());
  EXPECT_TRUE(part["telemetry"]["power_watts"].is_null());
  EXPECT_EQ(part["per_rank"]["rank"], json({0, 2}));
}

// All ranks wait for each other: there is no rate of some of them.
TEST(PartOfRecord, LeavesACollectivesRateAlone) {
  const WorkloadFacts all_reduce{"cuda", true, true, {{"busbw", "B", 150}}};
  const json whole = record_of(mixed(), all_reduce, {2, 2, 4, 2});
  EXPECT_EQ(part_of_record(whole, {"NVIDIA H200"})["rates"], whole["rates"]);
}

}  // namespace
}  // namespace petaproof

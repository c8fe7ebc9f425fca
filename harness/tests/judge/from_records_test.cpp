#include "harness/judge/from_records.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"

namespace petaproof::judge {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const HardwareDatabase& hardware() {
  static const auto database = HardwareDatabase::load(PETAPROOF_SOURCE_DIR "/configs/hardware");
  return database;
}

TEST(MeasuredPrecision, IsThatOfTensorCoresUnlessThePathIsAnother) {
  const Hardware* h200 = hardware().find_reported("NVIDIA H200");
  EXPECT_EQ(measured_precision("fp64", h200), Precision::fp64_tensor);
  EXPECT_EQ(measured_precision("fp64", h200, "tensor"), Precision::fp64_tensor);
  EXPECT_EQ(measured_precision("fp64", h200, "vector"), Precision::fp64);
  EXPECT_EQ(measured_precision("fp32", h200, "vector"), Precision::fp32);
  EXPECT_EQ(measured_precision("fp64", nullptr), Precision::fp64);
  EXPECT_EQ(measured_precision("mxfp8", nullptr), Precision::fp8);
  EXPECT_EQ(measured_precision("nvfp4", nullptr), Precision::fp4);
  EXPECT_EQ(measured_precision("fp65", h200, "vector"), std::nullopt);
}

RankReport rank_at(double flops_per_second, int rank, const std::string& device) {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, 1e12 / flops_per_second);
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 1;
  outcome.verification = {.pass = true, .elements_checked = 1000};
  return report_of(outcome, rank, "n" + std::to_string(rank / 2), device);
}

// As a run writes it.
json record_of(const std::string& workload, const std::string& path,
               const std::vector<RankReport>& ranks = {rank_at(30e12, 0, "NVIDIA H200")}) {
  Case one;
  one.workload = workload;
  one.params = Params({{"precision", std::string("fp64")}, {"path", path}});
  const WorkloadFacts facts{"cuda", true, false, {{"flops", "FLOP", 1e12}}};
  return make_record(
      one,
      {.run_id = "r", .sequence = 0, .begin_utc = "2026-01-31T00:00:00.000Z", .end_utc = "2026-01-31T00:00:02.000Z"},
      facts, ranks, {});
}

TEST(EvidenceFromRecords, TellsCeilingsFromKernels) {
  const Evidence evidence =
      evidence_from({record_of("peak/fma", "vector"), record_of("gemm/cublaslt", "tensor")}, hardware());
  ASSERT_EQ(evidence.measurements.size(), 2u);
  EXPECT_TRUE(evidence.measurements[0].ceiling);
  EXPECT_EQ(evidence.measurements[0].precision, Precision::fp64);
  EXPECT_FALSE(evidence.measurements[1].ceiling);
  EXPECT_EQ(evidence.measurements[1].precision, Precision::fp64_tensor);
}

// It is no measurement, nor is it a refusal of one: a reading stands as if the case had not been in the plan.
TEST(EvidenceFromRecords, WhatWasPredictedIsNone) {
  CaseOutcome outcome;
  outcome.disposition = Disposition::not_supported;
  outcome.reason = "wgmma needs 9.0";
  json predicted = record_of("gemm/hopper", "tensor", {report_of(outcome, 0, "n0", "NVIDIA B200")});
  predicted["predicted"] = "B200 (HGX) has compute capability 10.0: wgmma needs 9.0";
  const Evidence evidence = evidence_from({predicted}, hardware());
  EXPECT_TRUE(evidence.measurements.empty());
  EXPECT_TRUE(evidence.refused.empty());
}

// A mean over two models is a rate of neither.
TEST(EvidenceFromRecords, JudgesEachModelOfARecordByItself) {
  const std::string h200 = "NVIDIA H200", h100 = "NVIDIA H100 80GB HBM3";
  const json mixed = record_of(
      "gemm/cublaslt", "tensor",
      {rank_at(60e12, 0, h200), rank_at(50e12, 1, h100), rank_at(62e12, 2, h200), rank_at(40e12, 3, "NVIDIA H9000")});
  const Evidence evidence = evidence_from({mixed}, hardware(), {"told twice"});
  ASSERT_EQ(evidence.measurements.size(), 3u);
  const Measurement &unknown = evidence.measurements[0], &first = evidence.measurements[1],
                    &second = evidence.measurements[2];
  EXPECT_EQ(unknown.hardware_id, "");
  EXPECT_EQ(unknown.gpus, 1);
  EXPECT_EQ(first.hardware_id, "h100-sxm-80gb");
  EXPECT_DOUBLE_EQ(first.rate_tflops, 50);
  EXPECT_EQ(first.gpus, 1);
  EXPECT_EQ(second.hardware_id, "h200-sxm-141gb");
  EXPECT_DOUBLE_EQ(second.rate_tflops, 61);
  EXPECT_DOUBLE_EQ(second.sum_tflops, 122);
  EXPECT_EQ(second.gpus, 2);
  ASSERT_EQ(second.nodes, 2);
  EXPECT_EQ(second.per_node[0].host, "n0");
  EXPECT_DOUBLE_EQ(second.per_node[0].rate_tflops, 60);
  for (const Measurement& m : evidence.measurements) EXPECT_EQ(m.told_twice, "told twice");
}

// A rate is of the time in which a GPU computed; what counts from below is of the whole window, pauses included.
TEST(EvidenceFromRecords, WorkIsOverTheWindowToo) {
  const std::string h200 = "NVIDIA H200";
  std::vector<RankReport> ranks{rank_at(60e12, 0, h200), rank_at(60e12, 1, h200), rank_at(60e12, 2, h200),
                                rank_at(60e12, 3, h200), rank_at(60e12, 4, h200)};
  for (RankReport& rank : ranks) rank.window_seconds = 10 / 60.0;  // all of it
  ranks[1].window_seconds *= 1.25;                                 // waited for another
  ranks[2].window_seconds *= 0.96;                                 // was a little faster
  ranks[3].window_seconds *= 0.5;                                  // ended long before the others
  for (const std::size_t rank : {2, 3})
    ranks[rank].seconds = summarise(std::vector(10, ranks[rank].window_seconds / 10));
  const Measurement m = evidence_from({record_of("gemm/cublaslt", "tensor", ranks)}, hardware()).measurements.at(0);
  ASSERT_EQ(m.nodes, 3);
  EXPECT_DOUBLE_EQ(m.per_node[0].rate_tflops, 60);
  EXPECT_DOUBLE_EQ(*m.per_node[0].over_window_tflops, (60 + 48) / 2.0);
  EXPECT_DOUBLE_EQ(m.per_node[1].rate_tflops, (62.5 + 120) / 2);
  EXPECT_DOUBLE_EQ(*m.per_node[1].over_window_tflops, (62.5 + 60 / 0.95) / 2) << "5 % of the window, and no more";
  EXPECT_DOUBLE_EQ(*m.per_node[2].over_window_tflops, 60);
}

// 52 TFLOP/s on the 33,792 FLOP per clock of an H200 take 1,539 MHz.
json at_clocks(std::optional<double> mhz, double tolerance = 0) {
  std::vector<RankReport> ranks{rank_at(52e12, 0, "NVIDIA H200"), rank_at(52e12, 1, "NVIDIA H200")};
  for (RankReport& rank : ranks) {
    rank.clock = ClockReading{1.7e9, 0.001, 132};
    rank.telemetry.reason.clear();
    rank.telemetry.gauges[index_of(Sensor::sm_clock)] = Statistic{500, 500, 500};
  }
  if (mhz)
    ranks[1].clock = ClockReading{1e6 * *mhz, tolerance, 132};
  else
    for (RankReport& rank : ranks) rank.clock.reset();
  return record_of("gemm/cublaslt", "tensor", ranks);
}

TEST(EvidenceFromRecords, ARateAboveWhatItsClockAllowsContradictsIt) {
  EXPECT_EQ(evidence_from({at_clocks(1600)}, hardware()).measurements.at(0).sm_clock_mhz, 1650);
  EXPECT_EQ(evidence_from({at_clocks(1530, 0.01)}, hardware()).measurements.size(), 1u);
  const Evidence evidence = evidence_from({at_clocks(500), at_clocks(1530)}, hardware());
  EXPECT_TRUE(evidence.measurements.empty());
  ASSERT_EQ(evidence.refused.size(), 2u);
  EXPECT_THAT(evidence.refused[0].why, HasSubstr("it contradicts itself: of rank 1 the rate is 52 TFLOP/s"));
  EXPECT_THAT(evidence.refused[0].why, HasSubstr("at its clock of 500 MHz"));
  json burst = at_clocks(500);
  burst["mode"] = "burst";  // whose clock includes the pauses
  EXPECT_TRUE(evidence_from({burst}, hardware()).refused.empty());
  json emulated = at_clocks(500);
  emulated["notes"]["emulated"] = "yes";  // which another unit computed
  EXPECT_TRUE(evidence_from({emulated}, hardware()).refused.empty());
}

TEST(EvidenceFromRecords, ASampledClockThatTheRateExcludesIsNone) {
  const json sampled = at_clocks({});
  EXPECT_EQ(sampled["telemetry"]["clock_megahertz"], 500);
  EXPECT_EQ(evidence_from({sampled}, hardware()).measurements.at(0).sm_clock_mhz, std::nullopt);
}

TEST(EvidenceFromRecords, OfARecordThatContradictsItselfNothingIsEvidence) {
  json edited = record_of("gemm/cublaslt", "tensor");
  edited["rates"][0]["sum_over_devices"] = 36e12;
  const Evidence evidence = evidence_from({edited, record_of("gemm/cublaslt", "tensor")}, hardware());
  EXPECT_EQ(evidence.measurements.size(), 1u);
  ASSERT_EQ(evidence.refused.size(), 1u);
  EXPECT_EQ(evidence.refused[0].run_id, "r");
  EXPECT_EQ(evidence.refused[0].why,
            "it contradicts itself: its sum of rates is 3.6e+13, and that of its ranks 3e+13");
}

}  // namespace
}  // namespace petaproof::judge

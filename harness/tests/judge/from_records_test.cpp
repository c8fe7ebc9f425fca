#include "harness/judge/from_records.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"

namespace petaproof::judge {
namespace {

using nlohmann::json;

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
  outcome.verification.pass = true;
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

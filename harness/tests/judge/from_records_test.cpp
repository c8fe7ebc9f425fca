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

// As a run writes it.
json record_of(const std::string& workload, const std::string& path) {
  Case one;
  one.workload = workload;
  one.params = Params({{"precision", std::string("fp64")}, {"path", path}});
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, 1e12 / 30e12);
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 1;
  outcome.verification.pass = true;
  const WorkloadFacts facts{"cuda", true, false, {{"flops", "FLOP", 1e12}}};
  return make_record(one, {.run_id = "r", .sequence = 0, .begin_utc = {}, .end_utc = {}}, facts,
                     {report_of(outcome, 0, "n0", "NVIDIA H200")}, {});
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

}  // namespace
}  // namespace petaproof::judge

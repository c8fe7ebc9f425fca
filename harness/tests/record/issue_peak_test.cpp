#include "harness/publish/issue_peak.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

json record(const std::string& workload, double rate, const json& precision = "bf16") {
  return {{"workload", workload},
          {"run_id", "r"},
          {"fill", "normal"},
          {"disposition", "pass"},
          {"gpu_shared", false},
          {"per_rank", {{"device", {"NVIDIA H200", "NVIDIA H200"}}}},
          {"rates", {{{"value", rate}, {"peak_precision", precision}}}}};
}

double share(const json& of, const std::vector<json>& records) {
  return share_of_issue_peak(of, records).value_or(-1);
}

TEST(IssuePeak, IsTheFastestOfTheRunWhereverItStandsInIt) {
  const json gemm = record("gemm/cublaslt", 700);
  EXPECT_EQ(share(gemm, {gemm, record("peak/wgmma", 800), record("peak/wgmma", 1000), record("peak/mma", 600)}), 0.7);
  EXPECT_EQ(share(gemm, {record("peak/wgmma", 1000), gemm}), 0.7);
}

TEST(IssuePeak, IsNothingWhereNoneRan) {
  const json gemm = record("gemm/cublaslt", 700);
  EXPECT_EQ(share(gemm, {gemm, record("gemm/hopper", 1000)}), -1);
  json peak = record("peak/wgmma", 1000);
  EXPECT_EQ(share(peak, {peak}), -1) << "a peak is no share of itself";
  peak["rates"] = json::array();
  EXPECT_EQ(share(gemm, {gemm, peak}), -1);
}

TEST(IssuePeak, IsOfTheSameRunModelUnitsAndOfNormalDataThatPassed) {
  const json gemm = record("gemm/cublaslt", 700);
  const auto changed = [](const char* key, const json& value) {
    json peak = record("peak/wgmma", 1000);
    peak[key] = value;
    return peak;
  };
  EXPECT_EQ(share(gemm, {changed("run_id", "another")}), -1);
  EXPECT_EQ(share(gemm, {changed("fill", "zeros")}), -1);
  EXPECT_EQ(share(gemm, {changed("disposition", "fail_verify")}), -1);
  EXPECT_EQ(share(gemm, {changed("disposition", "invalid")}), -1);
  EXPECT_EQ(share(gemm, {changed("gpu_shared", true)}), -1);
  EXPECT_EQ(share(gemm, {changed("per_rank", {{"device", {"NVIDIA H100 80GB HBM3"}}})}), -1);
  EXPECT_EQ(share(gemm, {changed("per_rank", nullptr)}), -1);
  EXPECT_EQ(share(gemm, {record("peak/wgmma", 1000, "fp16")}), -1);
  // DGEMM runs on tensor cores: vector multiply-adds are not its ceiling
  const json dgemm = record("gemm/cublaslt", 60, "fp64_tensor");
  EXPECT_EQ(share(dgemm, {record("peak/fma", 30, "fp64")}), -1);
  EXPECT_EQ(share(dgemm, {record("peak/fma", 30, "fp64"), record("peak/mma", 64, "fp64_tensor")}), 60.0 / 64);
  EXPECT_EQ(share(record("gemm/cublaslt", 60, nullptr), {record("peak/mma", 64, nullptr)}), -1)
      << "of what is not known";
}

}  // namespace
}  // namespace petaproof

#include "harness/record/issue_peak.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

json record(const std::string& workload, double rate, const json& precision = "bf16", const json& clock = 1000) {
  return {{"workload", workload},
          {"mode", "sustained"},
          {"fill", "normal"},
          {"disposition", "pass"},
          {"gpu_shared", false},
          {"per_rank",
           {{"device", {"NVIDIA H200", "NVIDIA H200"}}, {"rate", {rate, rate}}, {"clock_megahertz", {clock, clock}}}},
          {"rates", {{{"value", rate}, {"share_of_clock_peak", nullptr}, {"peak_precision", precision}}}}};
}

// -1: null.
double share(json of, const std::vector<json>& earlier) {
  add_share_of_issue_peak(earlier, of);
  const json& share = of.at("rates").at(0).at("share_of_issue_peak");
  return share.is_null() ? -1 : share.get<double>();
}

TEST(IssuePeak, IsTheFastestOfTheRunSoFar) {
  const json gemm = record("gemm/cublaslt", 700);
  EXPECT_DOUBLE_EQ(
      share(gemm, {record("peak/wgmma", 800), record("peak/wgmma", 1000), gemm, record("peak/mma", 600)}), 0.7);
}

// A peak of a cool GPU, and a kernel of one that has been throttled to half the clock.
TEST(IssuePeak, IsOfWorkPerClock) {
  const json peak = record("peak/wgmma", 1000, "bf16", 2000);
  EXPECT_DOUBLE_EQ(share(record("gemm/cublaslt", 450, "bf16", 1000), {peak}), 0.9);
  const json hot = record("peak/wgmma", 600, "bf16", 1000);  // slower, and more by the clock
  EXPECT_DOUBLE_EQ(share(record("gemm/cublaslt", 450, "bf16", 1000), {peak, hot}), 0.75);
  json uneven = record("gemm/cublaslt", 450, "bf16", 1000);
  uneven["per_rank"]["rate"] = {300, 600};
  uneven["per_rank"]["clock_megahertz"] = {1000, 1500};
  EXPECT_DOUBLE_EQ(share(uneven, {peak}), 0.7);
}

TEST(IssuePeak, IsNullWhereAClockIsNotKnownOrIncludesPauses) {
  const json gemm = record("gemm/cublaslt", 700), peak = record("peak/wgmma", 1000);
  EXPECT_EQ(share(record("gemm/cublaslt", 700, "bf16", nullptr), {peak}), -1);
  EXPECT_EQ(share(gemm, {record("peak/wgmma", 1000, "bf16", nullptr)}), -1);
  json burst = gemm;
  burst["mode"] = "burst";
  EXPECT_EQ(share(burst, {peak}), -1);
  json of_bursts = peak;
  of_bursts["mode"] = "burst";
  EXPECT_EQ(share(gemm, {of_bursts}), -1);
}

TEST(IssuePeak, IsNullWhereNoneRan) {
  const json gemm = record("gemm/cublaslt", 700);
  EXPECT_EQ(share(gemm, {}), -1);
  EXPECT_EQ(share(gemm, {record("gemm/hopper", 1000)}), -1);
  json peak = record("peak/wgmma", 1000);
  EXPECT_EQ(share(peak, {peak}), -1) << "a peak is no share of another";
  peak["rates"] = json::array();
  EXPECT_EQ(share(gemm, {peak}), -1);
}

TEST(IssuePeak, StandsWhereTheShareOfTheClocksPeakStands) {
  json copy = record("memory/device", 4e12);
  copy["rates"][0].erase("share_of_clock_peak");
  add_share_of_issue_peak({}, copy);
  EXPECT_FALSE(copy["rates"][0].contains("share_of_issue_peak"));
  json absent = record("gemm/cublaslt", 700);
  absent["rates"] = json::array();
  add_share_of_issue_peak({}, absent);
  EXPECT_TRUE(absent["rates"].empty());
}

TEST(IssuePeak, IsOfTheSameModelUnitsAndOfNormalDataThatPassed) {
  const json gemm = record("gemm/cublaslt", 700);
  const auto changed = [](const char* key, const json& value) {
    json peak = record("peak/wgmma", 1000);
    peak[key] = value;
    return peak;
  };
  EXPECT_EQ(share(gemm, {changed("fill", "zeros")}), -1);
  EXPECT_EQ(share(gemm, {changed("disposition", "fail_verify")}), -1);
  EXPECT_EQ(share(gemm, {changed("disposition", "invalid")}), -1);
  EXPECT_EQ(share(gemm, {changed("gpu_shared", true)}), -1);
  json other = record("peak/wgmma", 1000);
  other["per_rank"]["device"] = {"NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3"};
  EXPECT_EQ(share(gemm, {other}), -1);
  EXPECT_EQ(share(gemm, {changed("per_rank", nullptr)}), -1);
  EXPECT_EQ(share(gemm, {record("peak/wgmma", 1000, "fp16")}), -1);
  // DGEMM runs on tensor cores: vector multiply-adds are not its ceiling
  const json dgemm = record("gemm/cublaslt", 60, "fp64_tensor");
  EXPECT_EQ(share(dgemm, {record("peak/fma", 30, "fp64")}), -1);
  EXPECT_DOUBLE_EQ(share(dgemm, {record("peak/fma", 30, "fp64"), record("peak/mma", 64, "fp64_tensor")}), 60.0 / 64);
  EXPECT_EQ(share(record("gemm/cublaslt", 60, nullptr), {record("peak/mma", 64, nullptr)}), -1)
      << "of what is not known";
}

// Of runs that were joined: the first broke off after its peaks, those of the second failed.
TEST(IssuePeak, OfJoinedRunsIsThatOfAnotherWhereItsOwnHadNone) {
  json said = record("gemm/cublaslt", 700), lacking = record("gemm/cublaslt", 800);
  said["rates"][0]["share_of_issue_peak"] = 0.5;
  lacking["rates"][0]["share_of_issue_peak"] = nullptr;
  lacking["checksum"] = "0123456789abcdef";
  json failed = record("peak/wgmma", 2000), alien = record("gemm/cublaslt", 90, "fp16");
  failed["disposition"] = "fail_verify";
  failed["rates"][0]["share_of_issue_peak"] = alien["rates"][0]["share_of_issue_peak"] = nullptr;
  const json broken_off{{"workload", "gemm/cublaslt"}, {"rates", json::array()}};
  std::vector<json> joined{record("peak/wgmma", 1000), said, failed, lacking, alien, broken_off, json::object()};
  const std::vector<json> before = joined;
  add_shares_of_joined_issue_peaks(joined);
  EXPECT_DOUBLE_EQ(joined[3]["rates"][0]["share_of_issue_peak"].get<double>(), 0.8);
  EXPECT_FALSE(joined[3].contains("checksum"));
  joined[3] = before[3];
  EXPECT_EQ(joined, before);
}

}  // namespace
}  // namespace petaproof

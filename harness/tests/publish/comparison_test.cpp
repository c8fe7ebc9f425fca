#include "harness/publish/comparison.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json record(const std::string& fill, const std::string& mode, double rate, double seconds = 8) {
  return {{"workload", "gemm/cublaslt"},
          {"params", {{"m", 8}, {"precision", "bf16"}}},
          {"mode", mode},
          {"fill", fill},
          {"seconds", seconds},
          {"run_id", "r"},
          {"disposition", "pass"},
          {"rates", {{{"value", rate}, {"unit", "FLOP/s"}}}},
          {"telemetry",
           {{"clock_megahertz", 1410.4},
            {"power_watts", 698},
            {"per_rank", {{"clock_event_fractions", {{"sw_power_cap", {0.9, 0.94}}, {"gpu_idle", {1, 1}}}}}}}}};
}

TEST(Comparison, FillsAgainstNormalWithClockPowerAndThrottling) {
  EXPECT_EQ(render_comparisons({record("zeros", "sustained", 1.02e15), record("normal", "sustained", 734e12)}),
            "\nFILLS    gemm/cublaslt bf16 m=8 sustained\n"
            "         zeros       1.02 PFLOP/s   1.39   1410 MHz   698 W  sw_power_cap 92 %\n"
            "         normal       734 TFLOP/s   1.00   1410 MHz   698 W  sw_power_cap 92 %\n");
}

TEST(Comparison, SustainedAgainstBurst) {
  json sustained = record("normal", "sustained", 600e12, 300);
  sustained["telemetry"] = {{"clock_megahertz", nullptr}, {"power_watts", nullptr}, {"per_rank", nullptr}};
  EXPECT_EQ(render_comparisons({record("normal", "burst", 800e12, 1), sustained}),
            "\nMODES    gemm/cublaslt bf16 m=8\n"
            "         burst        800 TFLOP/s   1.00   1410 MHz   698 W  sw_power_cap 92 %\n"
            "         sustained    600 TFLOP/s   0.75          -       -\n");
}

TEST(Comparison, NothingBesideNothing) {
  EXPECT_EQ(render_comparisons({}), "");
  EXPECT_EQ(render_comparisons({record("normal", "sustained", 1)}), "");
  EXPECT_EQ(render_comparisons({record("zeros", "sustained", 1), record("integers", "sustained", 1)}), "");
  EXPECT_EQ(render_comparisons({record("normal", "burst", 1), record("normal", "batched", 1)}), "");
  // another length of window, other parameters, another run, wrong results
  for (const auto& [key, value] : std::vector<std::pair<std::string, json>>{
           {"seconds", 60}, {"params", {{"m", 9}}}, {"run_id", "s"}, {"disposition", "fail_verify"}}) {
    json other = record("zeros", "sustained", 2);
    other[key] = value;
    EXPECT_EQ(render_comparisons({record("normal", "sustained", 1), other}), "") << key;
  }
  json failed = record("zeros", "sustained", 2);
  failed["rates"] = json::array();
  EXPECT_EQ(render_comparisons({record("normal", "sustained", 1), failed}), "");
}

TEST(Comparison, AnotherSeedIsNotComparedTwice) {
  const std::string text = render_comparisons(
      {record("normal", "sustained", 1e12), record("zeros", "sustained", 2e12), record("zeros", "sustained", 3e12)});
  EXPECT_THAT(text, HasSubstr("2.00 TFLOP/s"));
  EXPECT_THAT(text, Not(HasSubstr("3.00 TFLOP/s")));
}

}  // namespace
}  // namespace petaproof

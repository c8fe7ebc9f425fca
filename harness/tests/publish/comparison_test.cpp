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

TEST(Comparison, ASearchedAlgorithmAgainstTheHeuristics) {
  const auto by = [](const char* algorithm, double rate, int m = 8) {
    json one = record("normal", "batched", rate);
    one["params"]["algorithm"] = algorithm;
    one["params"]["m"] = m;
    return one;
  };
  EXPECT_THAT(render_comparisons({by("heuristic", 700e12), by("searched", 735e12), by("searched", 1, 9)}),
              ::testing::StartsWith("\nSEARCH    gemm/cublaslt bf16 m=8 batched\n"
                                    "         heuristic    700 TFLOP/s   1.00   1410 MHz   698 W  sw_power_cap 92 %\n"
                                    "         searched     735 TFLOP/s   1.05"));
  EXPECT_THAT(render_comparisons({by("heuristic", 700e12), by("searched", 735e12), by("searched", 1, 9)}),
              Not(HasSubstr("m=9")));
  EXPECT_EQ(render_comparisons({by("heuristic", 1), by("heuristic-2", 1)}), "");
}

// A step of decoding waits for memory: B/s tell of it, as in the table.
TEST(Comparison, ACaseIsReadByTheLimitThatIsNearer) {
  const auto decoding = [](const char* mode, double bytes_per_second) {
    json one = record("normal", mode, 8 * bytes_per_second);
    one["rates"][0]["share_of_peak"] = bytes_per_second / 100e12;
    one["rates"].push_back(
        {{"value", bytes_per_second}, {"unit", "B/s"}, {"share_of_peak", bytes_per_second / 4.8e12}});
    return one;
  };
  const std::string text = render_comparisons({decoding("burst", 4e12), decoding("sustained", 3e12)});
  EXPECT_THAT(text, HasSubstr("burst          4.00 TB/s   1.00"));
  EXPECT_THAT(text, HasSubstr("sustained      3.00 TB/s   0.75"));
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

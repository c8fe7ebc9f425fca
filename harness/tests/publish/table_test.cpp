#include "harness/publish/table.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(WithPrefix, KeepsThreeFigures) {
  EXPECT_EQ(with_prefix(0.5, "B/s"), "0.50 B/s");
  EXPECT_EQ(with_prefix(58.34e9, "FLOP/s"), "58.3 GFLOP/s");
  EXPECT_EQ(with_prefix(999.4e9, "FLOP/s"), "999 GFLOP/s");
  EXPECT_EQ(with_prefix(999.6e9, "FLOP/s"), "1.00 TFLOP/s");
  EXPECT_EQ(with_prefix(1.2e15, "FLOP/s"), "1.20 PFLOP/s");
}

json record(const std::string& disposition, const json& reason, const json& rates) {
  return {{"workload", "gemm/openblas"},
          {"params", {{"m", 8}, {"precision", "fp64"}}},
          {"mode", "burst"},
          {"fill", "normal"},
          {"disposition", disposition},
          {"reason", reason},
          {"rates", rates},
          {"verification", rates.empty() ? json(nullptr) : json{{"pass", true}}},
          {"telemetry", {{"clock_megahertz", nullptr}, {"power_watts", nullptr}}}};
}

TEST(Table, OneLineACaseAndReasonsBelow) {
  const json rates{{{"value", 2e9}, {"lower", 1.9e9}, {"upper", 2.1e9}, {"unit", "FLOP/s"}}};
  EXPECT_EQ(
      render_table({record("pass", nullptr, rates), record("not_supported", "too large", json::array())}, false),
      "CASE                                        RATE  PEAK  @CLOCK  @ISSUE  CLOCK  POWER  VERIFIED  DISPOSITION\n"
      "gemm/openblas fp64 m=8 burst  2.00 GFLOP/s ±5.0%     -       -       -  -      -      yes       pass\n"
      "gemm/openblas fp64 m=8 burst                   -     -       -       -  -      -      -         "
      "not_supported\n"
      "not_supported: gemm/openblas fp64 m=8 burst: too large\n");
}

TEST(Table, ALongTitleGoesOnBelowItself) {
  json attention =
      record("pass", nullptr, {{{"value", 2e9}, {"lower", nullptr}, {"upper", nullptr}, {"unit", "FLOP/s"}}});
  attention["workload"] = "attention/cudnn";
  attention["params"] = {{"precision", "bf16"}, {"mask", "causal"}, {"batch", 2}, {"dqk", 128},
                         {"dv", 128},           {"heads", 64},      {"sk", 8192}, {"sq", 8192}};
  const json short_one = record("fail_run", "broken", json::array());
  EXPECT_EQ(
      render_table({attention, short_one}, false),
      "CASE                                                                            RATE  PEAK  @CLOCK  @ISSUE  "
      "CLOCK  POWER  VERIFIED  DISPOSITION\n"
      "attention/cudnn causal bf16 batch=2 dqk=128 dv=128 heads=64  2.00 GFLOP/s one sample     -       -       -  "
      "-      -      yes       pass\n"
      "  sk=8192 sq=8192 burst\n"
      "gemm/openblas fp64 m=8 burst                                                       -     -       -       -  "
      "-      -      -         fail_run\n"
      "fail_run: gemm/openblas fp64 m=8 burst: broken\n");
}

TEST(Table, SaysWhatWasPredicted) {
  json one = record("not_supported", "NVIDIA H100 has compute capability 9.0: nvfp4 needs 10.0", json::array());
  one["predicted"] = "H100 SXM (80 GB) has compute capability 9.0: nvfp4 needs 10.0";
  const std::string text = render_table({one}, false);
  EXPECT_THAT(text, HasSubstr("  not_supported (predicted)\n"));
  EXPECT_THAT(text, HasSubstr("\nnot_supported (predicted): gemm/openblas fp64 m=8 burst: NVIDIA H100 has compute"));
  EXPECT_THAT(render_table({one}, true), HasSubstr("\033[33mnot_supported (predicted)"));
}

TEST(Table, SharesOfThreePeaks) {
  json rates{{{"value", 54e12},
              {"lower", 54e12},
              {"upper", 54e12},
              {"unit", "FLOP/s"},
              {"share_of_peak", 0.8072},
              {"share_of_clock_peak", 0.91},
              {"share_of_issue_peak", nullptr}}};
  const json without = record("pass", nullptr, rates);
  EXPECT_THAT(render_table({without}, false), HasSubstr("±0.0%  80.7%   91.0%       -  -"));
  EXPECT_THAT(render_table({without}, false), Not(HasSubstr("note: ")));
  rates[0]["share_of_issue_peak"] = 0.9;
  const std::string text = render_table({without, record("pass", nullptr, rates)}, false);
  EXPECT_THAT(text, HasSubstr("54.0 TFLOP/s ±0.0%  80.7%   91.0%   90.0%  -"));
  EXPECT_THAT(text, HasSubstr("note: shares of the peak on paper, @CLOCK at the measured clock, @ISSUE of the "
                              "fastest peak/* case before it in its run, else in all that were joined\n"));
}

// The same product of few rows and of many, which are as long as it takes to read the operands, or to multiply them.
TEST(Table, ACaseIsReadByTheLimitThatIsNearer) {
  const auto product = [](double flops_share, double bytes_share) {
    const auto rate = [](const char* quantity, const char* unit, double value, double share) {
      return json{{"quantity", quantity}, {"unit", unit},           {"value", value}, {"lower", value},
                  {"upper", value},       {"share_of_peak", share}, {"peak", "some"}};
    };
    json one = record("pass", nullptr,
                      {rate("flops", "FLOP/s", 54e12, flops_share), rate("bytes", "B/s", 4e12, bytes_share)});
    one["rates"][0]["share_of_clock_peak"] = 0.07;
    one["rates"][0]["share_of_issue_peak"] = 0.08;
    return one;
  };
  const std::string few = render_table({product(0.05, 0.83)}, false);
  EXPECT_THAT(few, HasSubstr("4.00 TB/s ±0.0%  83.0%       -       -  -"));
  EXPECT_THAT(few,
              HasSubstr("note: a case that computes is in B/s where memory is the nearer of its limits on paper"));
  const std::string many = render_table({product(0.7, 0.1)}, false);
  EXPECT_THAT(many, HasSubstr("54.0 TFLOP/s ±0.0%  70.0%    7.0%    8.0%  -"));
  EXPECT_THAT(many, Not(HasSubstr("in B/s")));
}

TEST(Table, WithoutAPeakACaseIsReadByItsFirstRate) {
  const json flops{{"unit", "FLOP/s"}, {"value", 2e9}, {"lower", 2e9}, {"upper", 2e9}, {"share_of_peak", nullptr}};
  json bytes = flops;
  bytes["unit"] = "B/s";
  EXPECT_THAT(render_table({record("pass", nullptr, {flops, bytes})}, false), HasSubstr("2.00 GFLOP/s"));
  bytes["share_of_peak"] = 0.03;  // emulated FP64 has no peak, and does not wait for memory
  EXPECT_THAT(render_table({record("pass", nullptr, {flops, bytes})}, false), HasSubstr("2.00 GFLOP/s"));
}

TEST(Table, AWideIntervalIsLopsidedAndSaysSo) {
  const auto rate = [](double lower, const json& upper) {
    const std::string text = render_table(
        {record("pass", nullptr, {{{"value", 100.0}, {"lower", lower}, {"upper", upper}, {"unit", "B/s"}}})}, false);
    return text.substr(text.find("B/s ") + 4, text.find("  ", text.find("B/s ")) - text.find("B/s ") - 4);
  };
  EXPECT_EQ(rate(50, 300.0), "-50%/+200%");
  EXPECT_EQ(rate(50, nullptr), "-50%/+?");
  EXPECT_EQ(rate(99, 101.0), "±1.0%");
}

TEST(Table, LatenciesAreTimes) {
  json latency{{"unit", "s/load"}, {"value", 612.3e-9}, {"lower", 606.2e-9}, {"upper", 618.4e-9}, {"cycles", 1083.8}};
  const auto text = [&] {
    const json rate{
        {"value", 1 / 612.3e-9}, {"lower", nullptr}, {"upper", nullptr}, {"unit", "load/s"}, {"latency", latency}};
    return render_table({record("pass", nullptr, json::array({rate}))}, false);
  };
  EXPECT_NE(text().find("  612 ns/load (1084 cycles) ±1.0%  "), std::string::npos) << text();
  latency["cycles"] = nullptr;
  latency["value"] = 1.234e-9;
  latency["lower"] = nullptr;
  EXPECT_NE(text().find("  1.23 ns/load one sample  "), std::string::npos) << text();
}

TEST(Table, ColourOnRequestOnly) {
  EXPECT_EQ(render_table({record("pass", nullptr, json::array())}, false).find('\033'), std::string::npos);
  EXPECT_NE(render_table({record("pass", nullptr, json::array())}, true).find("\033[32mpass"), std::string::npos);
}

}  // namespace
}  // namespace petaproof

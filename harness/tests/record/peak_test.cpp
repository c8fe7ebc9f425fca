#include "harness/record/peak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const judge::HardwareDatabase& hardware() {
  static const auto database = judge::HardwareDatabase::load(PETAPROOF_SOURCE_DIR "/configs/hardware");
  return database;
}

// An H200's FP64 tensor cores: 33,792 FLOP per clock, 66.9 TFLOP/s at 1,980 MHz.
constexpr double per_clock = 33792;
constexpr double clock_hertz = 1.755e9;
const WorkloadFacts gemm{"cuda", true, false, {{"flops", "FLOP", 1e12}}};

Case fp64_case(Mode mode = Mode::sustained) {
  Case one;
  one.params = Params({{"precision", std::string("fp64")}});
  one.measure.mode = mode;
  return one;
}

RankReport rank_at(double flops_per_second, const std::string& device = "NVIDIA H200") {
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, 1e12 / flops_per_second);
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 1;
  outcome.measurement.clock = ClockReading{clock_hertz, 0.001, 132};
  outcome.verification.pass = true;
  return report_of(outcome, 0, "n0", device);
}

RankReport judged(RankReport rank, const Case& one = fp64_case(), const WorkloadFacts& facts = gemm) {
  std::vector ranks{std::move(rank)};
  refuse_impossible_rates(one, facts, hardware(), ranks);
  return ranks.front();
}

TEST(ImpossibleRates, AreThoseAboveTheMeasuredClockByMoreThanItsTolerance) {
  const double peak = per_clock * clock_hertz;
  EXPECT_EQ(judged(rank_at(0.9 * peak)).disposition, Disposition::pass);
  EXPECT_EQ(judged(rank_at(1.0009 * peak)).disposition, Disposition::pass);
  const RankReport refused = judged(rank_at(1.0011 * peak));
  EXPECT_EQ(refused.disposition, Disposition::invalid);
  EXPECT_THAT(refused.reason, HasSubstr("59.4 TFLOP/s is above the 59.3 TFLOP/s that H200 SXM (141 GB) can do in "
                                        "fp64_tensor at the measured clock of 1755 MHz ± 0.10 %"));
}

TEST(ImpossibleRates, NeedAClockOfTheSameLaunchesAndAKnownDevice) {
  const double rate = 2 * per_clock * clock_hertz;
  ASSERT_EQ(judged(rank_at(rate)).disposition, Disposition::invalid);
  EXPECT_EQ(judged(rank_at(rate), fp64_case(Mode::burst)).disposition, Disposition::pass);
  EXPECT_EQ(judged(rank_at(rate, "NVIDIA H9000")).disposition, Disposition::pass);
  RankReport no_clock = rank_at(rate);
  no_clock.clock.reset();
  EXPECT_EQ(judged(no_clock).disposition, Disposition::pass);
  const WorkloadFacts link{"cuda", true, false, {{"link_bytes", "B", 1e12}}};
  EXPECT_EQ(judged(rank_at(rate), fp64_case(), link).disposition, Disposition::pass);
}

// An H200's memory: 4.8 TB/s on paper, 50 MiB of L2.
RankReport after_moving(double bytes, double bytes_per_second, const std::string& device = "NVIDIA H200",
                        Mode mode = Mode::batched) {
  return judged(rank_at(bytes_per_second * 1e12 / bytes, device), fp64_case(mode),
                {"cuda", true, false, {{"bytes", "B", bytes}}});
}

TEST(ImpossibleRates, OfMemoryAreThoseAboveItsBandwidthByMoreThanItsRounding) {
  EXPECT_EQ(after_moving(1e12, 4.9e12).disposition, Disposition::pass);  // 4.917 at its pins
  EXPECT_EQ(after_moving(1e12, 4.94e12).disposition, Disposition::pass);
  const RankReport refused = after_moving(1e12, 4.95e12);
  EXPECT_EQ(refused.disposition, Disposition::invalid);
  EXPECT_THAT(
      refused.reason,
      HasSubstr("4.95 TB/s, of which 4.95 at least cross the memory's pins, since L2 holds 50 MiB, are above the "
                "4.8 TB/s of H200 SXM (141 GB) on paper by more than 3 %"));
  EXPECT_EQ(after_moving(1e12, 6e12, "NVIDIA H9000").disposition, Disposition::pass);
}

TEST(ImpossibleRates, OfMemoryLeaveOutWhatL2MayHold) {
  const double l2 = 50 << 20;
  EXPECT_EQ(after_moving(l2, 50e12).disposition, Disposition::pass);
  // of 4 L2 three quarters
  EXPECT_EQ(after_moving(4 * l2, 6.58e12).disposition, Disposition::pass);
  EXPECT_EQ(after_moving(4 * l2, 6.6e12).disposition, Disposition::invalid);
}

// Burst mode's clock is not that of its launches, and memory's bandwidth goes by no clock of theirs.
TEST(ImpossibleRates, OfMemoryNeedNoClock) {
  EXPECT_EQ(after_moving(1e12, 6e12, "NVIDIA H200", Mode::burst).disposition, Disposition::invalid);
  RankReport no_clock = rank_at(6e12);
  no_clock.clock.reset();
  EXPECT_EQ(judged(no_clock, fp64_case(), {"cuda", true, false, {{"bytes", "B", 1e12}}}).disposition,
            Disposition::invalid);
}

// 4.0 or 4.8 TB/s, and the driver's name does not tell.
TEST(ImpossibleRates, OfMemorySoldInVariantsAreThoseAboveTheFastest) {
  const std::string grace_hopper = "NVIDIA GH200 480GB";
  ASSERT_NE(hardware().find_reported(grace_hopper), nullptr);
  EXPECT_EQ(after_moving(1e12, 4.9e12, grace_hopper).disposition, Disposition::pass);
  EXPECT_EQ(after_moving(1e12, 5e12, grace_hopper).disposition, Disposition::invalid);
}

// A step of decoding: few FLOPs, all keys and values.
TEST(ImpossibleRates, OfACaseThatComputesAreThoseOfItsBytesToo) {
  const auto decoding = [](double flops_per_second) {
    return judged(rank_at(flops_per_second), fp64_case(),
                  {"cuda", true, false, {{"flops", "FLOP", 1e12}, {"bytes", "B", 0.25e12}}});
  };
  EXPECT_EQ(decoding(19e12).disposition, Disposition::pass);
  EXPECT_EQ(decoding(21e12).disposition, Disposition::invalid);
  EXPECT_THAT(decoding(21e12).reason, HasSubstr("5.25 TB/s"));
}

// INT8: operations, which are no FLOP, have a peak of their own.
TEST(ImpossibleRates, OperationsOfIntegersAreHeldAgainstTheirOwnPeak) {
  Case int8 = fp64_case();
  int8.params = Params({{"precision", std::string("int8")}});
  const WorkloadFacts operations{"cuda", true, false, {{"ops", "OP", 1e12}}};
  const double peak = 1081344 * clock_hertz;  // 132 SM x 8,192
  EXPECT_EQ(judged(rank_at(0.9 * peak), int8, operations).disposition, Disposition::pass);
  const RankReport refused = judged(rank_at(1.01 * peak), int8, operations);
  EXPECT_EQ(refused.disposition, Disposition::invalid);
  EXPECT_THAT(refused.reason, HasSubstr("1916.7 TOP/s is above the 1897.8 TOP/s"));
}

TEST(ImpossibleRates, AGraverFindingStays) {
  RankReport wrong = rank_at(2 * per_clock * clock_hertz);
  wrong.disposition = Disposition::fail_verify;
  wrong.reason = "C[0,0]";
  EXPECT_EQ(judged(wrong).reason, "C[0,0]");
}

json record_of(const std::vector<RankReport>& ranks, const WorkloadFacts& facts = gemm, bool gpu_shared = false) {
  RecordFrame frame;
  frame.gpu_shared = gpu_shared;
  json record = make_record(fp64_case(), frame, facts, ranks, {});
  add_share_of_peak(hardware(), record);
  return record["rates"][0];
}

TEST(ShareOfPeak, IsTheMeanPerDeviceOverTheDensePeakOnPaper) {
  const json rate = record_of({rank_at(60e12), rank_at(56e12)});
  EXPECT_NEAR(rate["share_of_peak"].get<double>(), 58.0 / 66.9, 1e-12);
  EXPECT_EQ(rate["peak"], "fp64_tensor dense on paper, 66.9 TFLOP/s");
}

TEST(ShareOfPeak, OfIntegersIsThatOfTheirOperations) {
  const WorkloadFacts operations{"cuda", true, false, {{"ops", "OP", 1e12}}};
  Case int8 = fp64_case();
  int8.params = Params({{"precision", std::string("int8")}});
  json record = make_record(int8, RecordFrame{}, operations, {rank_at(1500e12)}, {});
  add_share_of_peak(hardware(), record);
  EXPECT_NEAR(record["rates"][0]["share_of_peak"].get<double>(), 1500 / 1978.9, 1e-4);
  EXPECT_EQ(record["rates"][0]["unit"], "OP/s");
  EXPECT_THAT(record["rates"][0]["peak"].get<std::string>(), HasSubstr("int8 dense on paper, 197"));
  EXPECT_THAT(record["rates"][0]["peak"].get<std::string>(), HasSubstr(" TOP/s"));
  EXPECT_EQ(record["rates"][0]["peak_precision"], "int8");
  EXPECT_NEAR(record["rates"][0]["share_of_clock_peak"].get<double>(), 1500e12 / (1081344 * clock_hertz), 1e-9);
}

// The formats of both operands are in the name; there is one peak for all.
TEST(ShareOfPeak, OfEveryPairOfFP8FormatsIsThatOfFP8) {
  for (const std::string name : {"fp8", "fp8_e4m3_e5m2", "fp8_e5m2_e4m3"}) {
    Case fp8 = fp64_case();
    fp8.params = Params({{"precision", name}});
    json record = make_record(fp8, RecordFrame{}, gemm, {rank_at(1300e12)}, {});
    add_share_of_peak(hardware(), record);
    EXPECT_NEAR(record["rates"][0]["share_of_peak"].get<double>(), 1300 / 1978.9, 1e-4) << name;
    EXPECT_EQ(judged(rank_at(1950e12), fp8).disposition, Disposition::invalid) << name;  // 1,897.8 at 1,755 MHz
  }
}

// Integer tensor cores may put FP64 products together faster than FP64 units multiply.
TEST(ShareOfPeak, EmulatedFP64HasNone) {
  Case emulated = fp64_case();
  emulated.params = Params({{"precision", std::string("fp64_emulated")}});
  json record = make_record(emulated, RecordFrame{}, gemm, {rank_at(100e12)}, {});
  add_share_of_peak(hardware(), record);
  EXPECT_TRUE(record["rates"][0]["share_of_peak"].is_null());
  EXPECT_EQ(judged(rank_at(100e12), emulated).disposition, Disposition::pass);
}

TEST(ShareOfPeak, OfMemoryIsThatOfItsBandwidth) {
  const json rate = record_of({rank_at(4.2e12)}, {"cuda", true, false, {{"bytes", "B", 1e12}}});
  EXPECT_NEAR(rate["share_of_peak"].get<double>(), 4.2 / 4.8, 1e-12);
  EXPECT_EQ(rate["peak"], "memory bandwidth on paper, 4.8 TB/s");
}

// A product of few rows: FLOPs against the tensor cores, bytes against the memory, each with its own share.
TEST(ShareOfPeak, OfACaseThatComputesAndMovesIsOfBoth) {
  const WorkloadFacts skinny{
      "cuda", true, false, {{"flops", "FLOP", 1e12}, {"customary_flops", "FLOP", 2e12}, {"bytes", "B", 0.25e12}}};
  json record = make_record(fp64_case(), {}, skinny, {rank_at(16e12)}, {});
  add_share_of_peak(hardware(), record);
  EXPECT_NEAR(record["rates"][0]["share_of_peak"].get<double>(), 16 / 66.9, 1e-12);
  EXPECT_FALSE(record["rates"][1].contains("share_of_peak"));  // the same FLOPs, counted otherwise
  EXPECT_NEAR(record["rates"][2]["share_of_peak"].get<double>(), 4.0 / 4.8, 1e-12);
  EXPECT_EQ(record["rates"][2]["peak"], "memory bandwidth on paper, 4.8 TB/s");
  EXPECT_TRUE(record["rates"][0].contains("share_of_clock_peak"));
  EXPECT_FALSE(record["rates"][2].contains("share_of_clock_peak"));
}

TEST(ShareOfPeak, IsNullWhereThePeakIsNotKnown) {
  EXPECT_TRUE(record_of({rank_at(60e12, "NVIDIA H9000")})["share_of_peak"].is_null());
  EXPECT_TRUE(record_of({rank_at(60e12), rank_at(60e12, "NVIDIA H100 80GB HBM3")})["share_of_peak"].is_null());
  EXPECT_TRUE(record_of({rank_at(60e12)}, {"cuda", true, false, {{"busbw", "B", 1e12}}})["peak"].is_null());
}

// The loop of vector multiply-adds is no FP64 of tensor cores, whose peaks are twice as high.
TEST(ImpossibleRates, OfTheVectorPathAreThoseAboveTheVectorUnits) {
  Case vector = fp64_case();
  vector.params = Params({{"precision", std::string("fp64")}, {"path", std::string("vector")}});
  const double peak = per_clock / 2 * clock_hertz;
  EXPECT_EQ(judged(rank_at(0.99 * peak), vector).disposition, Disposition::pass);
  EXPECT_EQ(judged(rank_at(1.01 * peak), vector).disposition, Disposition::invalid);
}

TEST(ShareOfPeak, NamesThePrecisionAndIsOfTheVectorPathWhereThatRan) {
  EXPECT_EQ(record_of({rank_at(30e12)})["peak_precision"], "fp64_tensor");
  Case vector = fp64_case();
  vector.params = Params({{"precision", std::string("fp64")}, {"path", std::string("vector")}});
  json record = make_record(vector, {}, gemm, {rank_at(30e12)}, {});
  add_share_of_peak(hardware(), record);
  EXPECT_EQ(record["rates"][0]["peak_precision"], "fp64");
  EXPECT_NEAR(record["rates"][0]["share_of_peak"].get<double>(), 30.0 / 33.5, 1e-12);
}

TEST(ShareOfClockPeak, IsTheMeanOfEachRanksShareAtItsOwnClock) {
  RankReport slow = rank_at(40e12);
  slow.clock->hertz = 1.4e9;
  const json rate = record_of({rank_at(50e12), slow});
  EXPECT_NEAR(rate["share_of_clock_peak"].get<double>(),
              (50e12 / (per_clock * clock_hertz) + 40e12 / (per_clock * 1.4e9)) / 2, 1e-12);
}

TEST(ShareOfClockPeak, IsNullWithoutAClockOfTheseLaunches) {
  RankReport no_clock = rank_at(50e12);
  no_clock.clock.reset();
  EXPECT_TRUE(record_of({rank_at(50e12), no_clock})["share_of_clock_peak"].is_null());
  EXPECT_TRUE(record_of({rank_at(50e12, "NVIDIA H9000")})["share_of_clock_peak"].is_null());
  EXPECT_TRUE(record_of({rank_at(50e12, "NVIDIA H9000")})["peak_precision"].is_null());
  EXPECT_TRUE(record_of({rank_at(50e12)}, gemm, true)["share_of_clock_peak"].is_null());
  json burst = make_record(fp64_case(Mode::burst), {}, gemm, {rank_at(50e12)}, {});
  add_share_of_peak(hardware(), burst);
  EXPECT_TRUE(burst["rates"][0]["share_of_clock_peak"].is_null());
  EXPECT_FALSE(
      record_of({rank_at(4e12)}, {"cuda", true, false, {{"bytes", "B", 1e12}}}).contains("share_of_clock_peak"));
}

TEST(ShareOfPeak, IsNullWhereRanksShareAGpu) {
  const std::vector ranks{rank_at(30e12), rank_at(30e12)};
  EXPECT_FALSE(record_of(ranks)["share_of_peak"].is_null());
  EXPECT_TRUE(record_of(ranks, gemm, true)["share_of_peak"].is_null());
}

}  // namespace
}  // namespace petaproof

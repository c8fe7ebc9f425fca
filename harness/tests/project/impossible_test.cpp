// Rows above what their GPU can do, and rows that contradict themselves.
#include "harness/project/impossible.hpp"

#include <gmock/gmock.h>

#include "harness/project/projection.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const judge::HardwareDatabase& hardware() {
  static const auto database =
      judge::HardwareDatabase::load(std::filesystem::path(PETAPROOF_SOURCE_DIR) / "configs" / "hardware");
  return database;
}

ScalingRow rate_row(double value, const char* unit, const std::string& precision, std::int64_t gpus = 64) {
  ScalingRow row = training_row(gpus, 1);
  row.gpu = "H100-SXM-80GB";
  row.metric = "model_flops";
  row.precision = precision;
  row.value = value;
  row.unit = *find_unit(unit);
  return row;
}

std::string why(const ScalingRow& row) {
  return why_impossible(row, hardware());
}

TEST(Impossible, NoGpuTrainsFasterThanItsPeak) {
  EXPECT_THAT(why(rate_row(5000, "TFLOP/s/GPU", "BF16")), AllOf(HasSubstr("5000 TFLOP/s per GPU are more than the"),
                                                                HasSubstr("H100 SXM (80 GB) can do in BF16")));
  EXPECT_EQ(why(rate_row(600, "TFLOP/s/GPU", "BF16")), "");
  EXPECT_EQ(why(rate_row(1040, "TFLOP/s/GPU", "BF16")), "") << "at its highest clock";
  EXPECT_NE(why(rate_row(1400, "TFLOP/s/GPU", "amp_bf16")), "");
  EXPECT_EQ(why(rate_row(1400, "TFLOP/s/GPU", "FP8")), "");
  EXPECT_EQ(why(rate_row(1400, "TFLOP/s/GPU", "BF16 and FP8")), "");
  EXPECT_EQ(why(rate_row(1400, "TFLOP/s/GPU", "")), "") << "it may be FP8";
  EXPECT_NE(why(rate_row(2600, "TFLOP/s/GPU", "")), "");
  EXPECT_EQ(why(rate_row(300, "TFLOP/s/GPU", "FP32")), "") << "in TF32";
  EXPECT_EQ(why(rate_row(5000, "tokens/s/GPU", "BF16")), "");
  ScalingRow unknown = rate_row(5000, "TFLOP/s/GPU", "BF16");
  unknown.gpu = "TPU-v5p";
  EXPECT_EQ(why(unknown), "");
}

TEST(Impossible, NorSolvesHpl) {
  ScalingRow hpl = rate_row(1630, "PFLOP/s", "FP64", 4096);
  hpl.workload = "HPL";
  EXPECT_THAT(why(hpl), HasSubstr("397.95 TFLOP/s per GPU are more than"));
  hpl.value = 163;
  EXPECT_EQ(why(hpl), "");
  hpl.value = 1630;  // of less than FP64, and credited as if it were not
  hpl.workload = "HPL-MxP";
  EXPECT_EQ(why(hpl), "");
  hpl.workload = "HPL";
  hpl.precision = "FP64 emulated";
  EXPECT_EQ(why(hpl), "");
}

TEST(Impossible, NothingCrossesTheLinkFasterThanItIs) {
  ScalingRow row = all_reduce_row(4, 1024);
  for (const char* name : {"H100-SXM-80GB", "NVIDIA H100 80GB HBM3", "H100 SXM (80 GB)"}) {
    row.gpu = name;
    row.value = 3700;
    EXPECT_THAT(why(row),
                HasSubstr("3700 GB/s of bus bandwidth are more than the 900 of H100 SXM (80 GB)'s NVLink 4"));
    row.value = 487;  // published, with NVLink SHARP, above the 450 of one direction
    EXPECT_EQ(why(row), "");
  }
  row.unit = *find_unit("us");
  row.metric = "latency";
  row.value = 100;  // 2 GiB in 100 us
  EXPECT_NE(why(row), "");
  row.value = 6000;
  EXPECT_EQ(why(row), "");
  row.unit = *find_unit("GB/s");
  row.metric = "algbw";
  row.value = 500;
  EXPECT_NE(why(row), "") << "a bus bandwidth of nearly twice as much";
}

TEST(Impossible, TheRateOfOneGpuIsThatOfAllByTheirNumber) {
  ScalingRow row = rate_row(163, "PFLOP/s", "BF16", 4096);
  row.per_gpu_unit = "TFLOP/s/GPU";
  row.per_gpu_value = 99;
  EXPECT_EQ(why(row), "per_gpu_value is 99 TFLOP/s/GPU, and 163 PFLOP/s on 4096 GPUs are 39.795");
  row.per_gpu_value = 39.79;
  EXPECT_EQ(why(row), "");
  row.per_gpu_unit = "tokens/s/GPU";  // another quantity
  row.per_gpu_value = 99;
  EXPECT_EQ(why(row), "");
}

// "1 EFLOP/s" and "1.4 PFLOP/s" on 1,000 GPUs are one number, rounded.
TEST(Impossible, WhatIsRoundedContradictsNothing) {
  const auto why_of = [](const std::string& value, const std::string& each) {
    return why_impossible(parse_scaling_table(csv_header + "1,s,hpl,weak,m,other,1000,125,HPL,FP64,,,,,,Rmax," +
                                                  value + ",PFLOP/s," + each + ",TFLOP/s/GPU,e,x,\n",
                                              "x.csv")
                              .front(),
                          hardware());
  };
  EXPECT_EQ(why_of("40", "40.4"), "");
  EXPECT_NE(why_of("40.0", "41.4"), "");
  EXPECT_EQ(why_of("40", "44.4"), "") << "40 may be anything from 35";
  EXPECT_NE(why_of("40", "49"), "");
  EXPECT_EQ(why_of("4e1", "40.3"), "");
}

TEST(Impossible, SuchARowIsRefusedAndCarriesNothing) {
  auto row = [](std::int64_t gpus, double tflops) { return rate_row(tflops, "TFLOP/s/GPU", "BF16", gpus); };
  const Projection spoilt = project({row(32, 400), row(64, 4000), row(256, 395)}, {.fit_max_gpus = 128}, hardware());
  ASSERT_EQ(spoilt.refused.size(), 1u);
  EXPECT_EQ(spoilt.refused[0].gpus, 64);
  ASSERT_EQ(spoilt.predictions.size(), 1u);
  EXPECT_EQ(spoilt.predictions[0].predicted, 400);
  const Projection alone = project({row(64, 4000), row(256, 395)}, {.fit_max_gpus = 128}, hardware());
  EXPECT_TRUE(alone.predictions.empty());
  EXPECT_TRUE(project({row(32, 400), row(256, 395)}, {.fit_max_gpus = 128}, hardware()).refused.empty());
}

}  // namespace
}  // namespace petaproof::project

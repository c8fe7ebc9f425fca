// Rates of a series, carried to more GPUs, and the rows that are not one series.
#include <gmock/gmock.h>

#include "harness/project/projection.hpp"
#include "harness/tests/project/refusal.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

TEST(CarryForward, TheLastRateAndItsBand) {
  const Projection projection =
      project({training_row(64, 3.0), training_row(128, 3.02), training_row(256, 3.1), training_row(1024, 3.4)},
              {.fit_max_gpus = 128});
  ASSERT_EQ(projection.predictions.size(), 2u);
  const Prediction& twice = projection.predictions[0];
  EXPECT_DOUBLE_EQ(twice.predicted, 3.02);
  EXPECT_DOUBLE_EQ(twice.lower, 3.02 / 1.01);
  EXPECT_DOUBLE_EQ(twice.upper, 3.02 / (1 - 0.045));
  EXPECT_TRUE(twice.inside());
  EXPECT_DOUBLE_EQ(projection.predictions[1].upper, 3.02 / (1 - 0.085));
  EXPECT_FALSE(projection.predictions[1].inside());
  EXPECT_NEAR(*projection.summary.at(0).mape, (1 - 3.02 / 3.1 + 1 - 3.02 / 3.4) / 2, 1e-12);
  EXPECT_EQ(projection.summary[0].inside, 1);
}

TEST(CarryForward, UntunedClustersMayLoseTwiceAsMuch) {
  const std::vector<ScalingRow> rows{training_row(128, 3.0), training_row(1024, 3.4)};
  EXPECT_DOUBLE_EQ(project(rows, {.fit_max_gpus = 128, .untuned = true}).predictions.at(0).upper, 3.0 / (1 - 0.17));
}

TEST(CarryForward, RatesAndTotals) {
  ScalingRow small = training_row(128, 400);
  small.unit = *find_unit("TFLOP/s/GPU");
  ScalingRow large = small;
  large.gpus = 512;
  large.nodes = 64;
  large.global_batch = "2048";
  Prediction one = project({small, large}, {.fit_max_gpus = 128}).predictions.at(0);
  EXPECT_DOUBLE_EQ(one.predicted, 400);
  EXPECT_DOUBLE_EQ(one.lower, 366);
  EXPECT_DOUBLE_EQ(one.upper, 404);
  small.unit = large.unit = *find_unit("PFLOP/s");
  one = project({small, large}, {.fit_max_gpus = 128}).predictions.at(0);
  EXPECT_DOUBLE_EQ(one.predicted, 1600);
}

// 512 to 1,600 nodes of a system with 561 PFLOP/s on 1,800.
TEST(CarryForward, KnownAnswerOfHpl) {
  std::vector<ScalingRow> rows;
  for (const auto& [nodes, pflops] :
       {std::pair{512, 163.0}, {800, 243.0}, {1200, 364.0}, {1600, 491.0}, {1800, 561.0}}) {
    rows.push_back(training_row(8 * nodes, pflops));
    rows.back().kind = "hpl";
    rows.back().unit = *find_unit("PFLOP/s");
  }
  const Prediction one = project(rows, {.fit_max_gpus = 12800}).predictions.at(0);
  EXPECT_NEAR(one.predicted, 552, 0.5);
  EXPECT_NEAR(one.lower, 525, 0.6);
  EXPECT_NEAR(one.upper, 580, 0.6);
  EXPECT_TRUE(one.inside());
}

TEST(CarryForward, DataParallelDegreeGrowsWithTheGpus) {
  std::vector<ScalingRow> rows{training_row(128, 3.0), training_row(512, 3.1)};
  rows[0].parallelism = "TP4 PP2 DP16";
  rows[1].parallelism = "tp4, pp2, dp64";
  EXPECT_EQ(project(rows, {.fit_max_gpus = 128}).predictions.size(), 1u);
}

TEST(CarryForward, WhatChangesBetweenRowsIsNamed) {
  const auto refusal_after = [](auto change) {
    std::vector<ScalingRow> rows{training_row(64, 3.0), training_row(128, 3.0), training_row(512, 3.1)};
    change(rows.back());
    return refusal(rows);
  };
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.parallelism = "TP=8, PP=2"; }),
              HasSubstr("parallel configuration"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.parallelism = "TP=4, PP=2, FSDP=64"; }),
              HasSubstr("parallel conf"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.global_batch = "512"; }),
              HasSubstr("batch per GPU changes from 4"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.global_batch = "16M tokens"; }), HasSubstr("global batch"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.workload = "other"; }), HasSubstr("workload"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.precision = "fp8"; }), HasSubstr("precision"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.system = "other"; }), HasSubstr("system"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.seq_len = "8192"; }), HasSubstr("sequence length"));
  EXPECT_THAT(refusal_after([](ScalingRow& row) { row.metric = "epoch_time"; }), HasSubstr("metric"));
}

TEST(CarryForward, WhatIsNotCarried) {
  EXPECT_THAT(refusal({training_row(16, 3.0), training_row(256, 3.1)}), HasSubstr("2 nodes"));
  EXPECT_THAT(refusal({training_row(8, 3.0), training_row(256, 3.1)}), HasSubstr("1 node:"));
  EXPECT_THAT(refusal({training_row(256, 3.0), training_row(512, 3.1)}), HasSubstr("no row of 128 GPUs or fewer"));
  EXPECT_THAT(refusal({training_row(64, 3.0), training_row(128, 3.5), training_row(256, 3.1)}),
              HasSubstr("contradict"));
  std::vector<ScalingRow> rows{training_row(64, 3.0), training_row(128, 3.0), training_row(256, 3.0)};
  for (ScalingRow& row : rows) row.scaling = "strong";
  EXPECT_THAT(refusal(rows), HasSubstr("strong scaling"));
  rows = {training_row(128, 3.0), training_row(128, 2.9), training_row(256, 3.0)};
  rows[1].parallelism = "TP=8";
  EXPECT_THAT(refusal(rows), HasSubstr("several configurations at 128 GPUs"));
}

// The step from one node to two tells nothing about many, so it cannot contradict either.
TEST(CarryForward, TheFirstNodesMayDiffer) {
  EXPECT_EQ(project({training_row(8, 2.5), training_row(16, 2.9), training_row(128, 3.0), training_row(256, 3.0)},
                    {.fit_max_gpus = 128})
                .predictions.size(),
            1u);
}

}  // namespace
}  // namespace petaproof::project

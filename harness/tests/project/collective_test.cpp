// Collectives: the fit of a scan, its bands, and what cannot be fitted.
#include <gmock/gmock.h>

#include <cmath>

#include "harness/project/projection.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

TEST(Collective, RecoversAndPredictsWhatTheModelSays) {
  const Projection projection = project(all_reduce_scan({4, 8, 16, 64, 1024}), {.fit_max_gpus = 128});
  ASSERT_EQ(projection.fits.size(), 1u);
  const Fit& fit = projection.fits[0];
  EXPECT_EQ(fit.points, 12);
  EXPECT_NEAR(fit.parameters[0].value, 40, 1e-3);
  EXPECT_NEAR(fit.parameters[1].value, 80, 1e-3);
  EXPECT_NEAR(fit.parameters[2].value, 350, 1e-3);
  ASSERT_EQ(projection.predictions.size(), 8u);
  for (const Prediction& one : projection.predictions) {
    EXPECT_NEAR(one.error(), 0, 1e-6);
    EXPECT_TRUE(one.inside());
  }
  ASSERT_EQ(projection.summary.size(), 2u);  // of the kind, and of the operation
  EXPECT_NEAR(*projection.summary[1].mape, 0, 1e-6);
}

// Other links, other coefficients: no fit holds both.
TEST(Collective, OtherGpusOrOtherNodesAreNoPointOfOneFit) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  for (ScalingRow& row : rows) row.gpu = "H100-SXM-80GB";
  ASSERT_EQ(project(rows, {.fit_max_gpus = 128}).predictions.size(), 4u);
  auto others = rows;
  for (ScalingRow& row : others)
    if (row.gpus == 128) row.gpu = "B200";
  std::vector<Refusal> refused = project(others, {.fit_max_gpus = 128}).refused;
  ASSERT_EQ(refused.size(), 4u);  // of each size
  EXPECT_EQ(refused[0].reason, "the GPU changes from \"H100-SXM-80GB\" at 32 GPUs to \"B200\" at 128");
  others = rows;
  for (ScalingRow& row : others)
    if (row.gpus == 128) row.nodes = 32;
  refused = project(others, {.fit_max_gpus = 128}).refused;
  ASSERT_EQ(refused.size(), 4u);
  EXPECT_EQ(refused[0].reason, "the GPUs per node change from 8 at 32 GPUs to 4 at 128");
  // what is only predicted spoils no fit
  others = rows;
  others[3].nodes = 128;
  const Projection projection = project(others, {.fit_max_gpus = 128});
  EXPECT_EQ(projection.predictions.size(), 3u);
  ASSERT_EQ(projection.refused.size(), 1u);
  EXPECT_THAT(projection.refused[0].reason, HasSubstr("the GPUs per node change"));
}

// A point above the limit must not reach the fit, however wrong it is.
TEST(Collective, LargerPointsAreHeldOut) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  const Projection before = project(rows, {.fit_max_gpus = 128});
  for (ScalingRow& row : rows)
    if (row.gpus > 128) row.value *= 0.2;
  const Projection after = project(rows, {.fit_max_gpus = 128});
  for (std::size_t i = 0; i < before.predictions.size(); ++i) {
    EXPECT_EQ(before.predictions[i].predicted, after.predictions[i].predicted);
    EXPECT_FALSE(after.predictions[i].inside());
  }
}

TEST(Collective, TimesAndAlgorithmBandwidthAreTheSamePoints) {
  const auto scan = all_reduce_scan({4, 8, 16, 64});
  auto times = scan;
  auto algbw = scan;
  for (std::size_t i = 0; i < scan.size(); ++i) {
    const double n = static_cast<double>(scan[i].gpus);
    algbw[i].metric = "algbw";
    algbw[i].value = scan[i].value / (2 * (n - 1) / n);
    times[i].metric = "latency";
    times[i].unit = *find_unit("us");
    times[i].value = static_cast<double>(*scan[i].msg_bytes) / (algbw[i].value * 1e9) * 1e6;
  }
  const ProjectOptions options{.fit_max_gpus = 128};
  for (const auto& rows : {times, algbw}) {
    const Projection projection = project(rows, options);
    ASSERT_EQ(projection.predictions.size(), 4u);
    for (const Prediction& one : projection.predictions) EXPECT_NEAR(one.error(), 0, 1e-6);
  }
  // where a bandwidth may fall by 10 %, a time may rise by 1 / 0.9
  const Prediction large = project(times, options).predictions.back();
  EXPECT_NEAR(large.upper / large.predicted, 1 / 0.9, 1e-9);
  EXPECT_NEAR(large.lower / large.predicted, 1 / 1.02, 1e-9);
}

TEST(Collective, BandsByMessageSize) {
  const auto predictions = project(all_reduce_scan({4, 8, 16, 64}), {.fit_max_gpus = 128}).predictions;
  const std::vector<std::pair<double, double>> expected{{0.92, 1.14}, {0.90, 1.04}, {0.90, 1.02}, {0.90, 1.02}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(predictions[i].lower / predictions[i].predicted, expected[i].first, 1e-12) << i;
    EXPECT_NEAR(predictions[i].upper / predictions[i].predicted, expected[i].second, 1e-12) << i;
  }
}

// Every other point `off` as large as the model has it, the others as much larger.
std::vector<ScalingRow> scattered_scan(double off) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  double sign = 1;
  for (ScalingRow& row : rows)
    if (row.gpus <= 128) row.value *= std::exp((sign = -sign) * std::log1p(off));
  return rows;
}

TEST(Collective, ABandIsAsWideAsItsFitIsOffItsOwnPoints) {
  const auto width_of = [](double off) {
    const Projection projection = project(scattered_scan(off), {.fit_max_gpus = 128});
    const Prediction& largest = projection.predictions.back();
    return std::pair{largest.lower / largest.predicted, largest.upper / largest.predicted};
  };
  // within what the validated fits left, their band
  EXPECT_NEAR(width_of(0.03).first, 0.90, 1e-12);
  EXPECT_NEAR(width_of(0.03).second, 1.02, 1e-12);
  const Projection wide = project(scattered_scan(0.12), {.fit_max_gpus = 128});
  EXPECT_THAT(wide.fits.at(0).notes, ::testing::Contains(HasSubstr("% off its own points")));
  const auto [lower, upper] = width_of(0.12);
  EXPECT_LT(lower, 0.84);
  EXPECT_GT(upper, 1.09);
  EXPECT_NEAR(upper / 1.02, 0.90 / lower, 1e-9);  // as much on either side
}

TEST(Collective, PointsThatDoNotFollowTheModelAreRefused) {
  const Projection wild = project(scattered_scan(0.87), {.fit_max_gpus = 128});
  EXPECT_TRUE(wild.predictions.empty());
  ASSERT_EQ(wild.refused.size(), 4u);
  EXPECT_THAT(wild.refused[0].reason, HasSubstr("do not follow the model"));
  // one of twelve is one too many where nine in ten are to be inside
  auto rows = all_reduce_scan({4, 8, 16, 64});
  rows[1].value /= 10;
  rows[6].value /= 3;
  EXPECT_THAT(project(rows, {.fit_max_gpus = 128}).refused.at(0).reason, HasSubstr("2 of 12 lie far off"));
  rows[6].value *= 3;
  const Projection one = project(rows, {.fit_max_gpus = 128});
  EXPECT_EQ(one.fits.at(0).outliers, 1);
  EXPECT_EQ(one.predictions.size(), 4u);
}

TEST(Collective, RepeatsAreOnePoint) {
  const auto scan = all_reduce_scan({4, 8, 16, 64});
  auto rows = scan;
  for (const double factor : {1.01, 1 / 1.01}) {
    rows.push_back(scan[1]);
    rows.back().value *= factor;
  }
  const Projection projection = project(rows, {.fit_max_gpus = 128});
  EXPECT_EQ(projection.fits.at(0).points, 12);
  EXPECT_THAT(projection.fits[0].notes, ::testing::Contains(HasSubstr("1 point was measured several times, 2.0 %")));
  EXPECT_NEAR(projection.predictions.at(0).error(), 0, 1e-6);
  rows.back().value *= 10;
  EXPECT_THAT(project(rows, {.fit_max_gpus = 128}).refused.at(0).reason,
              HasSubstr("the 3 measurements of 16777216 bytes on 64 GPUs lie 9.901 times apart"));
}

TEST(Collective, NoFurtherThanPublishedScansReach) {
  const Projection projection = project(all_reduce_scan({4, 8, 16}), {.at_gpus = {8192, 8200, 100'000'000}});
  EXPECT_EQ(projection.predictions.size(), 4u);
  ASSERT_EQ(projection.refused.size(), 8u);
  for (const Refusal& one : projection.refused) EXPECT_THAT(one.reason, HasSubstr("at most 64 times"));
}

TEST(Collective, SizesThatWereNotFitted) {
  auto rows = all_reduce_scan({4, 8, 16});
  for (const std::int64_t mib : {64, 2048}) rows.push_back(all_reduce_row(64, mib));
  EXPECT_EQ(project(rows, {.fit_max_gpus = 128}).predictions.size(), 2u);  // between those that were
  std::erase_if(rows,
                [](const ScalingRow& row) { return *row.msg_bytes >= std::int64_t{1} << 30 && row.nodes < 64; });
  Projection projection = project(rows, {.fit_max_gpus = 128});
  EXPECT_EQ(projection.predictions.size(), 1u);
  ASSERT_EQ(projection.refused.size(), 1u);
  EXPECT_THAT(projection.refused[0].reason, HasSubstr("only messages from 16777216 to 134217728 bytes"));
  std::erase_if(rows, [](const ScalingRow& row) { return *row.msg_bytes == std::int64_t{16} << 20; });
  projection = project(rows, {.fit_max_gpus = 128});
  EXPECT_TRUE(projection.predictions.empty());
  ASSERT_EQ(projection.refused.size(), 2u);
  for (const Refusal& one : projection.refused) EXPECT_THAT(one.reason, HasSubstr("one message size"));
}

TEST(Collective, TooFewNodes) {
  const Projection one = project(all_reduce_scan({1, 2, 64}), {.fit_max_gpus = 128});
  EXPECT_TRUE(one.predictions.empty());
  ASSERT_EQ(one.refused.size(), 4u);  // of each series
  EXPECT_THAT(one.refused[0].reason, HasSubstr("up to 2 nodes"));
  EXPECT_TRUE(project(all_reduce_scan({2, 4, 8, 64}), {.fit_max_gpus = 128}).predictions.empty());
  EXPECT_FALSE(project(all_reduce_scan({2, 4, 8, 16, 64}), {.fit_max_gpus = 128}).predictions.empty());
}

TEST(Collective, WhatCannotBeRead) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  for (ScalingRow& row : rows) row.workload = "dispatch";
  EXPECT_THAT(project(rows, {.fit_max_gpus = 128}).refused.at(0).reason, HasSubstr("bus factor"));
  rows = all_reduce_scan({4, 8, 16, 64});
  rows.push_back(all_reduce_row(64, 1));
  rows.push_back(all_reduce_row(64, 64));
  rows.back().metric = "effective";
  rows.push_back(all_reduce_row(64, 64));
  rows.back().msg_bytes.reset();
  const Projection projection = project(rows, {.fit_max_gpus = 128});
  EXPECT_EQ(projection.predictions.size(), 4u);
  EXPECT_EQ(projection.refused.size(), 3u);
}

TEST(Collective, OneSeriesIsFittedWithTheOthers) {
  const auto rows = all_reduce_scan({4, 8, 16, 64});
  const Projection one = project(rows, {.fit_max_gpus = 128, .series = {"all-reduce-128"}});
  ASSERT_EQ(one.predictions.size(), 1u);
  EXPECT_EQ(one.fits.at(0).points, 12);
  EXPECT_EQ(one.predictions[0].predicted, project(rows, {.fit_max_gpus = 128}).predictions[1].predicted);
}

TEST(Collective, SystemsAndAlgorithmsAreNotMixed) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  for (const std::int64_t k : {4, 8, 16, 64})
    for (const std::int64_t mib : {16, 1024}) {
      rows.push_back(all_reduce_row(k, mib, 10e-6, 200e-6, 100e9));
      rows.back().algo = "ring";
    }
  const Projection projection = project(rows, {.fit_max_gpus = 128});
  ASSERT_EQ(projection.fits.size(), 2u);
  EXPECT_NEAR(projection.fits[1].parameters[2].value, 100, 1e-3);
}

TEST(Collective, CountsThatTheTableDoesNotHave) {
  const Projection projection = project(all_reduce_scan({4, 8, 16, 64}), {.at_gpus = {8192}});
  ASSERT_EQ(projection.predictions.size(), 4u);
  for (const Prediction& one : projection.predictions) {
    EXPECT_FALSE(one.measured);
    EXPECT_NEAR(one.predicted, all_reduce_row(1024, *one.msg_bytes >> 20).value, 1e-6);
  }
}

}  // namespace
}  // namespace petaproof::project

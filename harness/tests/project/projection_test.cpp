#include "harness/project/projection.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/project/methods.hpp"
#include "harness/project/render.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

std::vector<ScalingRow> all_reduce_scan(std::vector<std::int64_t> nodes) {
  std::vector<ScalingRow> rows;
  for (const std::int64_t mib : {16, 128, 1024, 16384})
    for (const std::int64_t k : nodes) rows.push_back(all_reduce_row(k, mib));
  return rows;
}

std::string refusal(const std::vector<ScalingRow>& rows, const ProjectOptions& options = {.fit_max_gpus = 128}) {
  const Projection projection = project(rows, options);
  if (projection.refused.size() != 1) {
    ADD_FAILURE() << projection.refused.size() << " refusals";
    return {};
  }
  return projection.refused.front().reason;
}

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

// Nothing that was asked for passes in silence.
TEST(Projection, CountsThatWereMeasuredAreRefused) {
  std::vector<ScalingRow> rows = all_reduce_scan({4, 8, 16});
  for (const std::int64_t gpus : {64, 128}) rows.push_back(training_row(gpus, 3.0));
  const Projection projection = project(rows, {.at_gpus = {100, 128, 64}});
  EXPECT_TRUE(projection.predictions.empty());
  ASSERT_EQ(projection.refused.size(), 15u);
  for (const Refusal& one : projection.refused) EXPECT_THAT(one.reason, HasSubstr("GPUs are no more than"));
}

TEST(Projection, RepeatsOfARateAreNamed) {
  std::vector<ScalingRow> rows{training_row(128, 3.0), training_row(128, 3.06), training_row(256, 3.0)};
  const Projection projection = project(rows, {.fit_max_gpus = 128});
  EXPECT_NEAR(projection.predictions.at(0).predicted, std::sqrt(3.0 * 3.06), 1e-9);
  EXPECT_THAT(projection.fits.at(0).notes, ::testing::Contains(HasSubstr("2.0 % apart")));
  rows[1].value = 30;
  EXPECT_THAT(refusal(rows), HasSubstr("10 times apart"));
}

TEST(Projection, RowsNotToBeMixedAreLeftOut) {
  std::vector<ScalingRow> rows{training_row(32, 1.0), training_row(128, 3.0), training_row(256, 3.0)};
  rows[0].note = "model reduced: Do not mix in one series";
  rows[0].line = 2;
  const Projection projection = project(rows, {.fit_max_gpus = 128});
  ASSERT_EQ(projection.left_out.size(), 1u);
  EXPECT_EQ(projection.left_out[0].lines, std::vector<int>{2});
  EXPECT_EQ(projection.predictions.size(), 1u);
}

TEST(Projection, UnknownSeriesAndKinds) {
  std::vector<ScalingRow> rows{training_row(128, 3.0), training_row(256, 3.0)};
  EXPECT_THAT(error_of(Domain::usage, [&] { project(rows, {.series = {"trainings"}}); }),
              HasSubstr("there are training"));
  for (ScalingRow& row : rows) row.kind = "weather";
  EXPECT_THAT(project(rows, {.fit_max_gpus = 128}).left_out.at(0).reason, HasSubstr("weather"));
}

TEST(Projection, JsonHasEveryPart) {
  auto rows = all_reduce_scan({4, 8, 16, 64});
  rows.push_back(training_row(16, 3.0));
  rows.push_back(training_row(512, 3.0));
  Report report{.inputs = {"x.csv"}, .options = {.fit_max_gpus = 128}, .projection = {}, .goodput = {}};
  report.projection = project(rows, report.options);
  const auto document = nlohmann::json::parse(render_json(report));
  EXPECT_EQ(document["fits"][0]["parameters"][1]["unit"], "us per doubling of nodes");
  for (const char* key : {"series", "gpus", "msg_bytes", "metric", "predicted", "lower", "upper", "measured"})
    EXPECT_TRUE(document["predictions"][0].contains(key)) << key;
  EXPECT_EQ(document["refused"].size(), 1u);
  EXPECT_EQ(document["summary"][0]["share_inside"], 1.0);
  EXPECT_THAT(render_text(report), HasSubstr("REFUSED"));
  EXPECT_EQ(render_json(report), render_json(report));
}

}  // namespace
}  // namespace petaproof::project

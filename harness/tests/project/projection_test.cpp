#include "harness/project/projection.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/project/render.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/project/refusal.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

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

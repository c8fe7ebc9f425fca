#include "harness/project/from_runs.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// What an all-reduce that follows the model of all_reduce_row() writes.
json record(std::int64_t nodes, std::int64_t mib, int gpus_per_node = 8) {
  const auto bytes = static_cast<double>(mib << 20);
  CaseOutcome outcome;
  outcome.measurement.sample_seconds.assign(10, 2 * bytes / (all_reduce_row(nodes, mib).value * 1e9));
  outcome.measurement.launches_per_sample = 1;
  outcome.measurement.window_seconds = 10 * outcome.measurement.sample_seconds[0];
  outcome.verification = {.pass = true, .detail = "every element", .elements_checked = 1};
  outcome.notes = {{"nccl", "2.28.3"}};
  std::vector<RankReport> ranks;
  for (int rank = 0; rank < nodes * gpus_per_node; ++rank)
    ranks.push_back(report_of(outcome, rank, "n" + std::to_string(rank / gpus_per_node), "NVIDIA H200"));
  Case one;
  one.id = "all_reduce/nccl size=" + std::to_string(mib);
  one.workload = "all_reduce/nccl";
  one.measure.mode = Mode::sustained;
  return make_record(
      one,
      {.run_id = "", .sequence = 3, .begin_utc = "2026-01-31T00:00:00.000Z", .end_utc = "2026-01-31T01:00:00.000Z"},
      {"cuda", true, true, {{"busbw", "B", 2 * bytes}, {"algbw", "B", bytes}}}, ranks,
      outcome.measurement.sample_seconds);
}

RunRecords run_on(std::int64_t nodes) {
  RunRecords run{"run-" + std::to_string(nodes), {}};
  for (const std::int64_t mib : {16, 256, 4096}) run.records.push_back(record(nodes, mib));
  return run;
}

TEST(FromRuns, ARowForEachCollective) {
  const RunRows found = rows_from_runs({run_on(4)});
  ASSERT_EQ(found.rows.size(), 3u);
  EXPECT_TRUE(found.left_out.empty());
  const ScalingRow& row = found.rows[1];
  EXPECT_EQ(row.kind, "collective");
  EXPECT_EQ(row.gpus, 32);
  EXPECT_EQ(row.nodes, 4);
  EXPECT_EQ(row.workload, "all_reduce");
  EXPECT_EQ(row.system, "NVIDIA H200, 8 a node");
  EXPECT_EQ(row.algo, "nccl 2.28.3, sustained");
  EXPECT_EQ(row.series, "all_reduce/nccl 256 MiB");
  EXPECT_EQ(*row.msg_bytes, 256 << 20);
  EXPECT_EQ(row.unit.name, "GB/s");
  EXPECT_NEAR(row.value, all_reduce_row(4, 256).value, 1e-9);
}

TEST(FromRuns, ThreeRunsAreProjectedAndTwoAreNot) {
  const auto at = [](const RunRows& found) { return project(found.rows, {.at_gpus = {8192}}); };
  const Projection projection = at(rows_from_runs({run_on(4), run_on(8), run_on(16)}));
  ASSERT_EQ(projection.fits.size(), 1u);
  EXPECT_NEAR(projection.fits[0].parameters[2].value, 350, 1e-3);
  ASSERT_EQ(projection.predictions.size(), 3u);
  EXPECT_NEAR(projection.predictions[0].predicted, all_reduce_row(1024, 16).value, 1e-6);
  const Projection refused = at(rows_from_runs({run_on(1), run_on(2), run_on(4)}));
  EXPECT_TRUE(refused.predictions.empty());
  ASSERT_EQ(refused.refused.size(), 3u);  // of each series
  EXPECT_THAT(refused.refused[0].reason, HasSubstr("up to 2 nodes"));
}

TEST(FromRuns, UnlikeRunsAreNoneOfOneFit) {
  std::vector<RunRecords> runs{run_on(4), run_on(8), run_on(16)};
  for (json& one : runs[1].records) one["notes"]["nccl"] = "2.20.5";
  for (json& one : runs[2].records) one["mode"] = "burst";
  for (const ScalingRow& row : rows_from_runs(runs).rows)
    EXPECT_EQ(row.algo, row.nodes == 4   ? "nccl 2.28.3, sustained"
                        : row.nodes == 8 ? "nccl 2.20.5, sustained"
                                         : "nccl 2.28.3, burst");
  EXPECT_TRUE(project(rows_from_runs(runs).rows, {.at_gpus = {8192}}).predictions.empty());
  EXPECT_EQ(rows_from_runs({{"four", {record(8, 16, 4)}}}).rows.at(0).system, "NVIDIA H200, 4 a node");
}

TEST(FromRuns, ARunWithAFaultIsLeftOutWhole) {
  RunRecords joined = run_on(4);
  for (const json& one : run_on(8).records) joined.records.push_back(one);
  for (std::size_t i = 0; i < joined.records.size(); ++i) joined.records[i]["run_id"] = i < 3 ? "a" : "b";
  joined.faults = {{"b", "its results were corrupted on request"}};
  const RunRows found = rows_from_runs({joined});
  ASSERT_EQ(found.rows.size(), 3u);
  EXPECT_EQ(found.rows[0].nodes, 4);
  ASSERT_EQ(found.left_out.size(), 1u);
  EXPECT_EQ(found.left_out[0].reason, "its run: its results were corrupted on request");
  EXPECT_EQ(found.left_out[0].lines.size(), 3u);
}

TEST(FromRuns, WhatIsNoPointIsLeftOutWithItsReason) {
  const std::vector<std::pair<std::function<void(json&)>, std::string>> changes{
      {[](json& one) { one["origin"] = "imported"; }, "imported, not measured"},
      {[](json& one) { one["origin"] = "simulated"; }, "simulated, not measured"},
      {[](json& one) { one["disposition"] = "fail_verify"; }, "fail_verify"},
      {[](json& one) { one["disposition"] = "invalid"; }, "invalid"},
      {[](json& one) { one["verification"] = nullptr; }, "results were verified"},
      {[](json& one) { one["backend"] = "host"; }, "host backend"},
      {[](json& one) { one["rates"][0]["value"] = 1e12; }, "contradicts itself"},
      {[](json& one) { one["gpu_shared"] = true; }, "shared a GPU"},
      {[](json& one) { one["fill"] = "zeros"; }, "filled with zeros"},
      {[](json& one) { one["per_rank"]["device"][3] = "NVIDIA H100"; }, "several models"},
      {[](json& one) { one["per_rank"]["host"][3] = "n2"; }, "unlike numbers"},
      {[](json& one) { one["work"].erase(0); }, "nothing in it waits"},
      // of a record without measurements
      {[](json& one) {
         one["disposition"] = "skipped";
         one["per_rank"] = nullptr;
         one["backend"] = nullptr;
         one["rates"] = json::array();
       },
       "skipped"},
  };
  for (const auto& [change, reason] : changes) {
    RunRecords run = run_on(4);
    change(run.records[2]);
    const RunRows found = rows_from_runs({run});
    EXPECT_EQ(found.rows.size(), 2u) << reason;
    ASSERT_EQ(found.left_out.size(), 1u) << reason;
    EXPECT_THAT(found.left_out[0].reason, HasSubstr(reason));
    EXPECT_EQ(found.left_out[0].series, "run-4: all_reduce/nccl");
    EXPECT_EQ(found.left_out[0].lines, std::vector<int>{4});
  }
}

}  // namespace
}  // namespace petaproof::project

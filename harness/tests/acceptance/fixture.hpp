// What the acceptance tests share: criteria written on the spot, and runs as the program would have recorded them on
// H100 nodes.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/acceptance/of_run.hpp"
#include "harness/acceptance/render.hpp"
#include "harness/record/record.hpp"
#include "harness/telemetry/nvml.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof::acceptance::testing {

using nlohmann::json;

inline std::filesystem::path configs() {
  return std::filesystem::path(PETAPROOF_SOURCE_DIR) / "configs";
}

inline const judge::HardwareDatabase& hardware() {
  static const auto database = judge::HardwareDatabase::load(configs() / "hardware");
  return database;
}

/// A file of these criteria for the H100 SXM.
inline json file_of(const std::vector<json>& criteria, const std::string& gpu = "h100-sxm-80gb") {
  return {{"schema", criteria_schema}, {"id", "test"},         {"gpu", gpu},
          {"description", "test"},     {"criteria", criteria}, {"sources", {{"me", "this test"}}}};
}

inline Criteria load(const json& file) {
  const TemporaryFolder folder;
  write_text(folder / "test.json", file.dump());
  return load_criteria(folder / "test.json", hardware());
}

inline std::string refused(const json& file) {
  return error_of(Domain::config, [&] { load(file); });
}

/// A criterion with its bound; `more` adds and replaces keys.
inline json criterion(const char* kind, const char* scope, double value, const char* unit, const json& more = {}) {
  const bool minimum = std::string(kind).find("bandwidth") != std::string::npos || std::string(kind) == "rate" ||
                       std::string(kind) == "power_limit";
  json result{{"id", kind},   {"kind", kind},   {"scope", scope},  {minimum ? "at_least" : "at_most", value},
              {"unit", unit}, {"source", "me"}, {"status", "read"}};
  if (more.is_object()) result.update(more);
  return result;
}

inline json gemm(const char* precision = "bf16") {
  return {{"workload", "gemm/cublaslt"}, {"params", {{"precision", precision}}}};
}
inline json all_reduce(const char* size = "1 GiB") {
  return {{"workload", "all_reduce/nccl"}, {"params", {{"size", size}}}};
}

inline json bf16(double tflops, const char* scope = "gpu", const json& more = {}) {
  json result = criterion("rate", scope, tflops, "TFLOP/s", {{"cases", gemm()}});
  if (more.is_object()) result.update(more);
  return result;
}

/// A run on nodes n0, n1, ... of `gpus_per_node` GPUs.
class FakeRun {
 public:
  FakeRun(int nodes, int gpus_per_node, std::string run_id = "00000000000000aa", int first_node = 0)
      : run_id_(std::move(run_id)) {
    for (int rank = 0; rank < nodes * gpus_per_node; ++rank) {
      const int node = first_node + rank / gpus_per_node;
      RankReport report;
      report.rank = rank;
      report.host = fmt::format("n{}", node);
      report.device = "NVIDIA H100 80GB HBM3";
      report.launches = 100;
      report.window_seconds = 60;
      report.launches_per_sample = 10;
      set_seconds(report, 1e-3);
      report.digest = "d";
      report.elements_checked = 1000;
      report.telemetry = sampled();
      ranks.push_back(report);
      uuids.push_back(fmt::format("GPU-{}-{}", node, rank % gpus_per_node));
    }
  }

  static void set_seconds(RankReport& report, double seconds) {
    report.seconds = {.count = 10,
                      .min = seconds,
                      .q1 = seconds,
                      .median = seconds,
                      .q3 = seconds,
                      .max = seconds,
                      .mean = seconds,
                      .stdev = 0};
  }

  /// As many launches on each, as the loop has it, and as many as the slowest has time for.
  static void fill_window(std::vector<RankReport>& reports) {
    const auto slowest = std::ranges::max_element(reports, {}, [](auto& one) { return one.seconds.mean; });
    const double samples = slowest->window_seconds / (10 * slowest->seconds.mean);
    for (RankReport& report : reports) {
      report.seconds.count = static_cast<std::size_t>(samples);
      report.launches = 10 * static_cast<std::int64_t>(samples);
    }
  }

  static TelemetrySummary sampled() {
    TelemetrySummary telemetry;
    telemetry.reason.clear();
    telemetry.samples = 600;
    for (const auto& reason : nvml::clock_event_reasons) telemetry.clock_events[reason.name] = 0;
    telemetry.before.fill(2);
    telemetry.after.fill(2);
    telemetry.power_limit_watts = 700;
    telemetry.gauges[index_of(Sensor::temperature)] = petaproof::Statistic{60, 55, 65};
    return telemetry;
  }

  static Case gemm_case(const std::string& precision = "bf16") {
    return {.id = "c-" + precision,
            .workload = "gemm/cublaslt",
            .params = Params({{"precision", precision}, {"m", std::int64_t{8192}}}),
            .measure = {.mode = Mode::sustained, .seconds = 60},
            .absent = {}};
  }

  /// A GEMM at these TFLOP/s, one for each rank, or one for all.
  json add_gemm(const std::vector<double>& tflops, const std::string& precision = "bf16") {
    std::vector<RankReport> reports = ranks;
    for (std::size_t i = 0; i < reports.size(); ++i)
      set_seconds(reports[i], 1 / tflops[std::min(i, tflops.size() - 1)]);
    fill_window(reports);
    return add(gemm_case(precision), {"cuda", true, false, {{"flops", "FLOP", 1e12}}}, reports);
  }

  json add_all_reduce(double gbs, std::int64_t bytes = std::int64_t{1} << 30) {
    const Case one{.id = fmt::format("r-{}", bytes),
                   .workload = "all_reduce/nccl",
                   .params = Params({{"size", bytes}}),
                   .measure = {},
                   .absent = {}};
    std::vector<RankReport> reports = ranks;
    for (RankReport& report : reports) set_seconds(report, 1 / gbs);
    return add(one, {"cuda", true, true, {{"busbw", "B", 1e9}, {"algbw", "B", 1e9}}}, reports, {1 / gbs, 1 / gbs});
  }

  json add(const Case& one, const WorkloadFacts& facts, const std::vector<RankReport>& reports,
           const std::vector<double>& slowest = {}) {
    plan(one);
    RecordFrame frame;
    frame.run_id = run_id_;
    frame.begin_utc = "2026-01-31T00:00:00.000Z";
    frame.end_utc = "2026-01-31T00:02:00.000Z";
    records.push_back(make_record(one, frame, facts, reports, slowest));
    return records.back();
  }

  void plan(const Case& one) {
    json item = one.to_json();
    item["case_id"] = one.id;
    if (std::ranges::find(cases, item) != cases.end()) return;
    cases.push_back(std::move(item));
  }

  Evidence evidence() const {
    json columns{
        {"rank", json::array()}, {"host", json::array()}, {"device", json::array()}, {"device_uuid", json::array()}};
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      columns["rank"].push_back(ranks[i].rank);
      columns["host"].push_back(ranks[i].host);
      columns["device"].push_back(ranks[i].device);
      columns["device_uuid"].push_back(uuids[i]);
    }
    const json manifest{{"run_id", run_id_},        {"backend", backend},
                        {"gpu_shared", gpu_shared}, {"corrupted_on_request", corrupted},
                        {"ranks", columns},         {"plan", {{"cases", cases}}}};
    return evidence_of(manifest, records);
  }

  Report held_against(const std::vector<json>& criteria) const { return check(load(file_of(criteria)), evidence()); }

  std::vector<RankReport> ranks;  // what each rank reports, but for the time
  std::vector<std::string> uuids;
  std::string backend = "cuda";
  bool gpu_shared = false;
  bool corrupted = false;
  json cases = json::array();
  std::vector<json> records;

 private:
  std::string run_id_;
};

/// The findings with an outcome.
inline std::vector<Finding> with(const Report& report, Outcome outcome) {
  std::vector<Finding> result;
  for (const Finding& finding : report.findings)
    if (finding.outcome == outcome) result.push_back(finding);
  return result;
}

}  // namespace petaproof::acceptance::testing

// What the harness itself costs, piece by piece, at the size of a real cluster: 4,000 ranks.
//
//   petaproof-harness-bench
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/json/configs.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/render.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/record.hpp"

namespace petaproof {
namespace {

constexpr int ranks_of_a_cluster = 4000;

std::vector<RankReport> cluster_reports() {
  CaseOutcome outcome;
  for (int i = 0; i < 100; ++i) outcome.measurement.sample_seconds.push_back(1e-3 + 1e-6 * (i % 7));
  outcome.measurement.launches_per_sample = 10;
  outcome.measurement.window_seconds = 1;
  outcome.verification.pass = true;
  std::vector<RankReport> reports;
  for (int rank = 0; rank < ranks_of_a_cluster; ++rank)
    reports.push_back(report_of(outcome, rank, fmt::format("n{}", rank / 8), "NVIDIA H200"));
  return reports;
}

nlohmann::json cluster_record(const std::vector<RankReport>& reports) {
  return make_record(Case{}, RecordFrame{}, {"cuda", true, false, {{"flops", "FLOP", 1e12}}}, reports, {});
}

void judge_the_claim(benchmark::State& state) {
  for (auto unused : state) {
    (void)unused;
    const auto knowledge = judge::Knowledge::load(config_root());
    const auto claim = judge::load_claim(find_config("claims", "nexus-hub-240pf"), knowledge.hardware);
    benchmark::DoNotOptimize(judge::render_text(judge::judge_claim(claim, knowledge)));
  }
}
BENCHMARK(judge_the_claim)->Unit(benchmark::kMillisecond);

void expand_the_smoke_suite(benchmark::State& state) {
  std::ifstream file(find_config("suites", "smoke"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(expand_suite(text, "smoke.json", {"host", 2}));
  }
}
BENCHMARK(expand_the_smoke_suite)->Unit(benchmark::kMillisecond);

void combine_4000_ranks(benchmark::State& state) {
  const auto reports = cluster_reports();
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(cluster_record(reports));
  }
}
BENCHMARK(combine_4000_ranks)->Unit(benchmark::kMillisecond);

void parse_4000_reports(benchmark::State& state) {
  std::vector<std::string> texts;
  for (const RankReport& report : cluster_reports()) texts.push_back(json_line(to_json(report, false)));
  for (auto unused : state) {
    (void)unused;
    for (const std::string& text : texts) benchmark::DoNotOptimize(rank_report_from(nlohmann::json::parse(text)));
  }
}
BENCHMARK(parse_4000_reports)->Unit(benchmark::kMillisecond);

void journal_a_record_of_4000_ranks(benchmark::State& state) {
  const nlohmann::json record = cluster_record(cluster_reports());
  const auto path = std::filesystem::temp_directory_path() / fmt::format("petaproof-bench-{}.jsonl", getpid());
  {
    JournalWriter journal(path);
    for (auto unused : state) {
      (void)unused;
      journal.append(record);
    }
  }
  state.counters["bytes_per_line"] = static_cast<double>(json_line(record).size());
  std::filesystem::remove(path);
}
BENCHMARK(journal_a_record_of_4000_ranks)->Unit(benchmark::kMillisecond)->Iterations(20);

}  // namespace
}  // namespace petaproof

BENCHMARK_MAIN();

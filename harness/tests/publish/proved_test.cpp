#include "harness/publish/proved.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/record.hpp"
#include "harness/record/sha256.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// A run folder with one record.
void write_run(const std::filesystem::path& folder, const std::string& workload, Disposition disposition,
               const std::string& backend = "cuda", const json& capability = "9.0") {
  std::filesystem::create_directories(folder);
  Case one;
  one.id = "0123456789abcdef";
  one.workload = workload;
  Plan plan;
  plan.suite = "smoke";
  plan.cases = {one};
  plan.hash = sha256(json_line(plan.to_json()));
  json device = nullptr;
  if (!capability.is_null()) device = {{"more", {{"compute_capability", capability}}}};
  write_file(folder / "manifest.json", json_text({{"schema", "petaproof-manifest/1"},
                                                  {"run_id", "r"},
                                                  {"plan", plan.to_json()},
                                                  {"plan_hash", plan.hash},
                                                  {"root_device", device},
                                                  {"binary_sha256", "b"},
                                                  {"build", {{"git_commit", "c"}}},
                                                  {"root_host", {{"name", "n"}}},
                                                  {"world", {{"ranks", 1}, {"nodes", 1}}}}));
  JournalWriter journal(folder / "journal.jsonl");
  RecordFrame frame;
  frame.run_id = "r";
  WorkloadFacts facts;
  facts.backend = backend;
  journal.append(make_record(one, frame, facts, disposition, disposition == Disposition::pass ? "" : "why"));
}

TEST(Proved, IsWhatAPublishedRunSawPassOnAGpu) {
  const TemporaryFolder results;
  write_run(results / "h200" / "2026-12-01-smoke", "gemm/cublaslt", Disposition::pass);
  write_run(results / "h200" / "gpu-check" / "nccl-1", "all_reduce/nccl", Disposition::pass);
  write_run(results / "h200" / "2026-12-02-smoke", "memory/device", Disposition::fail_verify);
  write_run(results / "a100" / "2026-12-02-smoke", "memory/device", Disposition::pass, "cuda", "8.0");
  write_run(results / "cpu" / "2026-12-02-smoke", "gemm/openblas", Disposition::pass, "host", nullptr);
  write_run(results / "local" / "2026-12-02-smoke", "memory/device", Disposition::pass);
  std::filesystem::create_directories(results / "h200" / "notes");
  const std::map<std::string, std::set<std::string>> expected{{"sm_90", {"all_reduce/nccl", "gemm/cublaslt"}},
                                                              {"sm_80", {"memory/device"}}};
  EXPECT_EQ(proved_workloads(results / ""), expected);
}

TEST(Proved, NothingIsWhereNothingIsPublished) {
  EXPECT_TRUE(proved_workloads("/nowhere").empty());
}

TEST(Proved, ResultsLieBesideTheConfigs) {
  EXPECT_EQ(results_folder("/usr/share/petaproof/configs"), "/usr/share/petaproof/results");
}

}  // namespace
}  // namespace petaproof

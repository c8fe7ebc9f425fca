#include "harness/record/loaded_run.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/sha256.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A run folder as `run` leaves it, of a plan with cases a, b and c; `lines` such as "begin a", "pass a".
std::filesystem::path make_run(const TemporaryFolder& temporary, const std::string& name,
                               const std::vector<std::pair<std::string, std::string>>& lines,
                               const std::string& suite = "s") {
  const std::filesystem::path folder = temporary / name;
  std::filesystem::create_directory(folder);
  const json plan{
      {"suite", suite}, {"claim", nullptr}, {"cases", {{{"case_id", "a"}}, {{"case_id", "b"}}, {{"case_id", "c"}}}}};
  write_file(folder / "manifest.json",
             json_text({{"run_id", name}, {"plan", plan}, {"plan_hash", sha256(json_line(plan))}}));
  JournalWriter journal(folder / "journal.jsonl");
  for (const auto& [type, id] : lines) {
    if (type == "begin")
      journal.append({{"type", "begin"}, {"case_id", id}});
    else if (type == "predicted")
      journal.append({{"type", "end"},
                      {"case_id", id},
                      {"disposition", "not_supported"},
                      {"predicted", "H100 has no fp4"},
                      {"run_id", name}});
    else
      journal.append({{"type", "end"}, {"case_id", id}, {"disposition", type}, {"run_id", name}});
  }
  return folder;
}

TEST(LoadedRun, SaysWhereARunBrokeOff) {
  const TemporaryFolder folder;
  const LoadedRun run = load_run(make_run(folder, "r", {{"begin", "a"}, {"pass", "a"}, {"begin", "b"}}));
  EXPECT_EQ(run.records.size(), 1u);
  EXPECT_THAT(run.in_flight, ElementsAre("b"));
  EXPECT_THAT(run.coverage().missing, ElementsAre("b", "c"));
}

TEST(LoadedRun, LinesOfOtherPlansAreStrangers) {
  const TemporaryFolder folder;
  const LoadedRun run = load_run(make_run(folder, "r", {{"pass", "z"}}));
  EXPECT_THAT(run.records, IsEmpty());
  EXPECT_THAT(run.damage, ElementsAre(HasSubstr("case \"z\", which the plan does not have")));
}

// What ran is in the plan, whose hash the manifest keeps: a line cannot make zeros normal data.
TEST(LoadedRun, ALineThatIsNotOfItsCaseIsNone) {
  const TemporaryFolder folder;
  const json plan{
      {"suite", "s"}, {"claim", nullptr}, {"cases", {{{"case_id", "a"}, {"fill", "zeros"}, {"params", {{"m", 8}}}}}}};
  const auto loaded = [&](const std::string& name, const char* fill, int m) {
    std::filesystem::create_directory(folder / name);
    write_file(folder / name / "manifest.json",
               json_text({{"run_id", name}, {"plan", plan}, {"plan_hash", sha256(json_line(plan))}}));
    JournalWriter(folder / name / "journal.jsonl")
        .append({{"type", "end"},
                 {"case_id", "a"},
                 {"disposition", "pass"},
                 {"run_id", name},
                 {"fill", fill},
                 {"params", {{"m", m}}}});
    return load_run(folder / name);
  };
  EXPECT_THAT(loaded("same", "zeros", 8).damage, IsEmpty());
  const LoadedRun filled = loaded("filled", "normal", 8);
  EXPECT_THAT(filled.records, IsEmpty());
  EXPECT_THAT(filled.damage, ElementsAre(HasSubstr("its fill is \"normal\", and in the plan \"zeros\"")));
  EXPECT_THAT(loaded("larger", "zeros", 16).records, IsEmpty());
}

// The checksum of a line holds for whatever its writer put there.
TEST(LoadedRun, ARecordOfImpossibleNumbersIsNone) {
  const TemporaryFolder folder;
  const auto path = make_run(folder, "r", {{"pass", "a"}});
  const auto journal = path / "journal.jsonl";
  json line = {{"type", "end"}, {"case_id", "b"}, {"disposition", "pass"}, {"run_id", "r"}};
  line["telemetry"]["per_rank"]["clock_event_fractions"]["gpu_idle"] = {1e308};
  const std::string text = read_text(journal) + with_checksum(line);
  std::filesystem::remove(journal);
  write_file(journal, text);
  const LoadedRun run = load_run(path);
  EXPECT_EQ(run.records.size(), 1u);
  EXPECT_THAT(run.damage, ElementsAre(HasSubstr("case \"b\", which is no record: /telemetry/per_rank/")));
  EXPECT_THAT(run.coverage().missing, ElementsAre("b", "c"));
}

TEST(LoadedRun, APlanChangedAfterwardsIsRefused) {
  const TemporaryFolder folder;
  const auto path = make_run(folder, "r", {});
  json manifest = json::parse(read_text(path / "manifest.json"));
  manifest["plan"]["cases"].erase(2);
  write_file(path / "manifest.json", json_text(manifest));
  EXPECT_THAT(error_of(Domain::config, [&] { load_run(path); }), HasSubstr("does not match its hash"));
}

TEST(LoadedRun, WhatIsNoRunIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(Domain::config, [&] { load_run(folder / "none"); }), HasSubstr("not a run folder"));
  const auto path = make_run(folder, "r", {});
  write_text(path / "manifest.json", "{}");
  error_of(Domain::config, [&] { load_run(path); });
}

TEST(Merge, FillsWhatOneRunLacks) {
  const TemporaryFolder folder;
  const LoadedRun broken = load_run(make_run(folder, "x", {{"begin", "a"}, {"pass", "a"}, {"begin", "b"}}));
  const LoadedRun rest = load_run(make_run(folder, "y", {{"pass", "b"}, {"pass", "c"}}));
  const LoadedRun merged = merge_runs({broken, rest});
  EXPECT_TRUE(merged.coverage().complete());
  EXPECT_THAT(merged.in_flight, IsEmpty());
  EXPECT_EQ(merged.records.size(), 3u);
}

TEST(Merge, KeepsEveryRecordAndTheFailure) {
  const TemporaryFolder folder;
  const LoadedRun bad = load_run(make_run(folder, "x", {{"fail_verify", "a"}, {"pass", "b"}, {"pass", "c"}}));
  const LoadedRun good = load_run(make_run(folder, "y", {{"pass", "a"}, {"pass", "b"}, {"pass", "c"}}));
  const LoadedRun merged = merge_runs({bad, good});
  EXPECT_EQ(merged.records.size(), 6u);
  EXPECT_TRUE(merged.coverage().any_failed());
}

// One broke off after its peak, the other began anew where that failed.
TEST(Merge, TheIssuePeakMayBeOfTheOtherRun) {
  const TemporaryFolder folder;
  const auto add = [](const std::filesystem::path& run, const char* id, const char* workload, double rate) {
    const auto journal = run / "journal.jsonl";
    const json line{{"type", "end"},
                    {"case_id", id},
                    {"disposition", "pass"},
                    {"run_id", run.filename().string()},
                    {"workload", workload},
                    {"mode", "sustained"},
                    {"fill", "normal"},
                    {"per_rank", {{"device", {"GPU"}}, {"rate", {rate}}, {"clock_megahertz", {1000}}}},
                    {"rates",
                     {{{"value", rate},
                       {"share_of_clock_peak", 0.7},
                       {"share_of_issue_peak", nullptr},
                       {"peak_precision", "bf16"}}}}};
    const std::string text = read_text(journal) + with_checksum(line);
    std::filesystem::remove(journal);
    write_file(journal, text);
  };
  const auto x = make_run(folder, "x", {}), y = make_run(folder, "y", {{"fail_run", "a"}});
  add(x, "a", "peak/wgmma", 1000);
  add(y, "b", "gemm/cublaslt", 900);
  const std::vector<LoadedRun> runs{load_run(x), load_run(y)};
  const LoadedRun merged = merge_runs(runs);
  ASSERT_EQ(merged.records.size(), 3u);
  EXPECT_EQ(merged.records[2]["rates"][0]["share_of_issue_peak"], 0.9);
  write_merged_run(merged, runs, folder / "both");
  const LoadedRun again = load_run(folder / "both");
  EXPECT_EQ(again.records[2]["rates"][0]["share_of_issue_peak"], 0.9);
  EXPECT_THAT(again.damage, IsEmpty());
}

// Of a plan with a case for another GPU: one run saw it coming, an older program's record does not say so.
TEST(Merge, KeepsPredictionsUnlessAnotherRunHasNone) {
  const TemporaryFolder folder;
  const LoadedRun run = load_run(make_run(folder, "x", {{"pass", "a"}, {"pass", "b"}, {"predicted", "c"}}));
  EXPECT_TRUE(run.coverage().complete());
  const LoadedRun rest = load_run(make_run(folder, "y", {{"predicted", "c"}}));
  const LoadedRun merged = merge_runs({run, rest});
  EXPECT_TRUE(merged.coverage().complete());
  EXPECT_EQ(merged.coverage().predicted, 1u);
  write_merged_run(merged, {run, rest}, folder / "both");
  EXPECT_TRUE(load_run(folder / "both").coverage().complete());
  const LoadedRun older = load_run(make_run(folder, "z", {{"not_supported", "c"}}));
  EXPECT_FALSE(merge_runs({run, older}).coverage().complete());
}

TEST(Merge, RefusesOtherPlansAndTheSameRunTwice) {
  const TemporaryFolder folder;
  const LoadedRun one = load_run(make_run(folder, "x", {}));
  const LoadedRun other = load_run(make_run(folder, "y", {}, "t"));
  EXPECT_THAT(error_of(Domain::config, [&] { merge_runs({one, other}); }), HasSubstr("different plans"));
  EXPECT_THAT(error_of(Domain::config, [&] { merge_runs({one, one}); }), HasSubstr("given twice"));
}

TEST(Merge, WritesARunThatIsReadAgain) {
  const TemporaryFolder folder;
  const LoadedRun x = load_run(make_run(folder, "x", {{"begin", "a"}, {"pass", "a"}}));
  const LoadedRun y = load_run(make_run(folder, "y", {{"pass", "b"}}));
  const LoadedRun merged = merge_runs({x, y});
  write_merged_run(merged, {x, y}, folder / "both");
  const LoadedRun again = load_run(folder / "both");
  EXPECT_EQ(again.plan_hash, x.plan_hash);
  EXPECT_EQ(again.records, [&] {
    std::vector<json> records = merged.records;
    return records;
  }());
  EXPECT_THAT(again.damage, IsEmpty());
  EXPECT_THAT(error_of(Domain::config, [&] { write_merged_run(merged, {x, y}, folder / "both"); }),
              HasSubstr("holds a run already"));
}

}  // namespace
}  // namespace petaproof

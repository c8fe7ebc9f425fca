// Whatever stands in a file: it is understood, or refused with Error(config) and one line. Nothing else: no crash, no
// other exception, no defect of ours reported as the user's.
//
// Valid files are mutated, their bytes and their structure, with a seed that is printed; iteration i of seed s is the
// same everywhere. PETAPROOF_FUZZ_SEED and PETAPROOF_FUZZ_SECONDS (for each test) choose others; an input that breaks
// the rule is left in the build folder.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/acceptance/criteria.hpp"
#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/from_records.hpp"
#include "harness/judge/render.hpp"
#include "harness/power/metered.hpp"
#include "harness/publish/table.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/loaded_run.hpp"
#include "harness/record/record.hpp"
#include "harness/record/sha256.hpp"
#include "harness/suite/plan.hpp"
#include "harness/tests/end_to_end/mutate.hpp"
#include "harness/tests/temporary_folder.hpp"
#include "kernels/flops.hpp"

namespace petaproof {
namespace {

using namespace testing;
namespace fs = std::filesystem;
using nlohmann::json;

const fs::path configs = fs::path(PETAPROOF_SOURCE_DIR) / "configs";
constexpr double longest_seconds = 30;  // for one input, under a sanitizer, on a busy machine

long setting(const char* variable, long fallback) {
  const char* text = std::getenv(variable);
  return text ? std::strtol(text, nullptr, 10) : fallback;
}

bool is_one_line(const std::string& text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

// Empty if the rule is kept.
template <typename Function>
std::string broken_rule(Function read) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    read();
  } catch (const Error& error) {
    if (error.domain() != Domain::config) return fmt::format("Error of another domain: {}", error.describe());
    if (!is_one_line(error.what())) return fmt::format("a message that is not one line: {}", error.what());
  } catch (const std::exception& error) {
    return fmt::format("{}: {}", typeid(error).name(), error.what());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return seconds < longest_seconds ? "" : fmt::format("it took {:.0f} s", seconds);
}

// Calls `attempt(chance, input)`, which fills `input` for the report, until the time is over.
template <typename Function>
void fuzz(const std::string& name, Function attempt) {
  const auto seed = static_cast<std::uint64_t>(setting("PETAPROOF_FUZZ_SEED", 20261122));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(setting("PETAPROOF_FUZZ_SECONDS", 15));
  std::uint64_t iteration = 0;
  std::size_t refused = 0;
  for (; std::chrono::steady_clock::now() < until; ++iteration) {
    Chance chance(seed * 1'000'003 + iteration);
    std::string input;
    bool understood = false;
    const std::string broken = broken_rule([&] {
      attempt(chance, input);
      understood = true;
    });
    refused += understood ? 0 : 1;
    if (broken.empty()) continue;
    const fs::path left = fs::path(PETAPROOF_BINARY_DIR) / fmt::format("fuzz-{}-{}-{}", name, seed, iteration);
    std::ofstream(left, std::ios::binary) << input;
    FAIL() << "seed " << seed << ", iteration " << iteration << ": " << broken << "\ninput: " << left;
  }
  fmt::print("{}: seed {}, {} inputs, {} refused\n", name, seed, iteration, refused);
  // mutations that were all refused, or none, would test little
  EXPECT_GT(refused, iteration / 10);
  EXPECT_LT(refused, iteration);
}

constexpr const char* rich_suite = R"({
  "schema": "petaproof-suite/1", "name": "fuzz", "description": "all that a suite can say",
  "claim": "nexus-hub-240pf",
  "defaults": {"mode": "burst", "fill": "normal", "seed": 7, "seconds": 0.5, "warm_up_seconds": 0.25},
  "cases": [
    {"workload": "gemm/openblas", "when": {"backend": "host", "min_ranks": 2}, "mode": ["burst", "batched"],
     "fill": ["normal", "zeros"],
     "params": [{"m": [8, 16], "n": 8, "k": 8, "precision": ["fp64", "fp32"]}, {"m": 512}]},
    {"workload": "memory/stream", "seconds": 1, "params": {"size": ["64 KiB", 65536000], "operation": "copy"}},
    {"workload": "all_reduce/mpi", "mode": "sustained", "params": {"size": "1 MB"}}]})";

TEST(fuzz, Suites) {
  const json valid = json::parse(rich_suite);
  ASSERT_EQ(broken_rule([&] { expand_suite(rich_suite, "suite.json", {"host", 2}); }), "");
  fuzz("suite", [&](Chance& chance, std::string& input) {
    input = mutate(valid, rich_suite, chance);
    const Plan plan = expand_suite(input, "suite.json", {"host", 2});
    json_line(plan.to_json());
    for (const Case& one : plan.cases) one.title();
  });
}

// A valid file, and what it says.
struct Seed {
  std::string name;
  std::string text;
  json value;
};

std::vector<Seed> seeds_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Seed> seeds;
  for (const fs::path& file : files)
    seeds.push_back({file.filename().string(), read_text_file(file, "JSON"), read_json_file(file)});
  return seeds;
}

// Every kind of claim: compute, GPU count, power, PUE, racks, money, rank, building time.
TEST(fuzz, Claims) {
  const TemporaryFolder folder;
  const auto knowledge = judge::Knowledge::load(configs);
  const std::vector<Seed> seeds = seeds_of(configs / "claims");
  fuzz("claim", [&](Chance& chance, std::string& input) {
    const Seed& seed = chance.of(seeds);
    input = mutate(seed.value, seed.text, chance);
    write_file(folder / "claim.json", input, false);
    const auto claim = judge::load_claim(folder / "claim.json", knowledge.hardware);
    const auto judgement = judge::judge_claim(claim, knowledge);
    render_text(judgement);
    render_summary(judgement);
    render_markdown(judgement);
    render_explanation(judgement);
    render_json(judgement);
  });
}

TEST(fuzz, Criteria) {
  const TemporaryFolder folder;
  const auto hardware = judge::HardwareDatabase::load(configs / "hardware");
  const std::vector<Seed> seeds = seeds_of(configs / "acceptance");
  fuzz("criteria", [&](Chance& chance, std::string& input) {
    const Seed& seed = chance.of(seeds);
    input = mutate(seed.value, seed.text, chance);
    write_file(folder / seed.name, input, false);  // which says its id
    acceptance::load_criteria(folder / seed.name, hardware);
  });
}

TEST(fuzz, Meters) {
  const TemporaryFolder folder;
  const std::string text =
      R"({"@odata.id": "/redfish/v1/Chassis/1/Power", "PowerControl": [{"PowerConsumedWatts": 8000}],
          "PowerWatts": {"Reading": 8000}, "MetricValues": [{"MetricId": "TotalPower", "MetricValue": "8000"}]})";
  const std::string csv =
      "utc,meter,of,watts\n2026-01-01T00:00:00Z,bmc,n1,8000\n2026-01-01T00:00:01Z,pdu,rack 1,41000.5\n";
  const json valid = json::parse(text);
  fuzz("meter", [&](Chance& chance, std::string& input) {
    const bool table = chance.one_in(3);
    input = table ? mutate_bytes(csv, chance) : mutate(valid, text, chance);
    const fs::path file = folder / (table ? "meter.csv" : "meter.json");
    write_file(file, input, false);
    power::read_metered_power(file);
  });
}

TEST(fuzz, Hardware) {
  const TemporaryFolder folder;
  const fs::path file = configs / "hardware" / "h100-sxm-80gb.json";
  const std::string text = read_text_file(file, "hardware");
  const json valid = read_json_file(file);
  const auto all = judge::HardwareDatabase::load(configs / "hardware");
  const auto claim = judge::load_claim(configs / "claims" / "nexus-hub-240pf.json", all);
  fs::create_directory(folder / "hardware");
  for (const auto& entry : fs::directory_iterator(configs / "hardware")) fs::copy(entry.path(), folder / "hardware");
  fuzz("hardware", [&](Chance& chance, std::string& input) {
    input = mutate(valid, text, chance);
    const fs::path changed = folder / "hardware" / "h100-sxm-80gb.json";
    write_file(changed, input, false);
    judge::load_hardware(changed);
    if (!chance.one_in(8)) return;  // the other files are read anew each time
    render_text(judge::judge_claim(claim, {judge::HardwareDatabase::load(folder / "hardware"), {}}));
  });
}

// The journal of a run of two ranks, as `run` would leave it.
std::vector<json> valid_journal(const Plan& plan) {
  std::vector<json> lines;
  for (const Case& one : plan.cases) {
    const RecordFrame frame{"0123456789abcdef", static_cast<int>(lines.size() / 2), "2026-11-22T16:00:00.000Z",
                            "2026-11-22T16:00:01.000Z"};
    CaseOutcome outcome;
    outcome.measurement.sample_seconds = {1e-3, 1.1e-3, 1.2e-3, 1e-3, 1e-3, 1.05e-3, 1.1e-3};
    outcome.measurement.launches_per_sample = 3;
    outcome.measurement.window_seconds = 0.023;
    outcome.verification = {.pass = true, .detail = "every element", .elements_checked = 64};
    outcome.digests = {1, 2};
    outcome.notes = {{"threads", "1"}};
    const auto& params = one.params.values();
    const auto side = [&](const char* name) {
      const auto found = params.find(name);
      return found == params.end() ? std::int64_t{1} : std::get<std::int64_t>(found->second);
    };
    // of a product what its dimensions say, or the record would contradict itself before it is fuzzed
    const WorkloadFacts facts{"host", true, false, {{"flops", "FLOP", gemm_flops(side("m"), side("n"), side("k"))}}};
    lines.push_back(begin_line(one, frame));
    lines.push_back(
        make_record(one, frame, facts, {report_of(outcome, 0, "h1", "CPU"), report_of(outcome, 1, "h2", "CPU")}, {}));
  }
  return lines;
}

// What `judge` and `merge` do with a run folder.
void use_run(const fs::path& folder, const judge::Claim& claim, const judge::HardwareDatabase& hardware) {
  const LoadedRun run = load_run(folder);
  run.coverage().sentence();
  merge_runs({run});
  try {
    render_table(run.records, true);
    render_json(judge_claim(claim, {hardware, {}}, judge::evidence_from(run.records, hardware)));
  } catch (const json::exception& error) {
    // a right checksum on what is no record: the program's main() refuses it in these words
    throw Error(Domain::config, "a record is not of the format that this version reads");
  }
}

std::string changed_manifest(const json& manifest, Chance& chance) {
  if (chance.one_in(3)) return mutate_bytes(json_text(manifest), chance);
  json changed = json::parse(dump(mutate_structure(manifest, chance)));
  // with a right hash the plan's own structure is put to the test
  if (changed.is_object() && changed.contains("plan") && chance.one_in(2))
    changed["plan_hash"] = sha256(dump(changed["plan"]));
  return dump(changed);
}

TEST(fuzz, RunFolders) {
  const TemporaryFolder folder;
  const auto hardware = judge::HardwareDatabase::load(configs / "hardware");
  const auto claim = judge::load_claim(configs / "claims" / "nexus-hub-240pf.json", hardware);
  const Plan plan = expand_suite(rich_suite, "suite.json", {"host", 2});
  const std::vector<json> lines = valid_journal(plan);
  const json manifest{{"schema", "petaproof-manifest/1"},
                      {"run_id", "0123456789abcdef"},
                      {"plan", plan.to_json()},
                      {"plan_hash", plan.hash}};
  fuzz("run", [&](Chance& chance, std::string& input) {
    // a changed line with a right checksum, or changed bytes, or a changed manifest
    const std::size_t kind = chance.below(4);
    const std::size_t forged = kind < 2 ? chance.below(lines.size()) : lines.size();
    std::string journal;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const json line = i == forged ? json::parse(dump(mutate_structure(lines[i], chance))) : lines[i];
      journal += with_checksum(line.is_object() && !line.empty() ? line : json{{"type", 1}});
    }
    if (kind == 2) journal = mutate_bytes(journal, chance);
    const std::string manifest_text = kind == 3 ? changed_manifest(manifest, chance) : json_text(manifest);
    input = manifest_text + "\n" + journal;
    write_file(folder / "manifest.json", manifest_text, false);
    write_file(folder / "journal.jsonl", journal, false);
    use_run(folder / "", claim, hardware);
  });
}

}  // namespace
}  // namespace petaproof

#include "harness/record/loaded_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/record/impossible_number.hpp"
#include "harness/record/issue_peak.hpp"
#include "harness/record/journal.hpp"
#include "harness/record/sha256.hpp"
#include "harness/record/utc.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void read_manifest(LoadedRun& run) {
  const fs::path path = run.folder / "manifest.json";
  if (!fs::exists(path))
    throw Error(Domain::config, fmt::format("{}: not a run folder (it has no manifest.json)", run.folder.string()));
  run.manifest = std::make_shared<const json>(read_json_file(path));
  const json& manifest = *run.manifest;
  try {
    const json& plan = manifest.at("plan");
    run.run_id = manifest.at("run_id");
    run.suite = plan.at("suite");
    run.claim = plan.at("claim").is_null() ? "" : plan.at("claim");
    run.plan_hash = manifest.at("plan_hash");
    run.plan_text = json_line(plan);
    for (const json& one : plan.at("cases")) run.case_ids.push_back(one.at("case_id"));
    for (const char* pointer : {"/world/ranks", "/binary_sha256", "/build/git_commit", "/root_device/name"})
      if (const json::json_pointer at(pointer); manifest.contains(at)) run.setting[pointer + 1] = manifest[at].dump();
  } catch (const json::exception& error) {
    throw Error(Domain::config, fmt::format("{}: not a manifest of this version: {}", path.string(), error.what()));
  }
  if (sha256(run.plan_text) != run.plan_hash)
    throw Error(Domain::config,
                fmt::format("{}: the plan does not match its hash; it was changed afterwards", path.string()));
}

// The text of a key; empty where there is none, or something else.
std::string text_of(const json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// An unknown disposition would count as neither missing nor failed.
bool is_record(const json& line) {
  return text_of(line, "type") == "end" && is_disposition(text_of(line, "disposition"));
}

// A line holds all that its case does in the plan, whose hash is kept. Empty if they agree.
std::string differs_from_plan(const json& line, const json& planned) {
  for (const auto& [key, value] : planned.items())
    if (const auto said = line.find(key); said != line.end() && *said != value)
      return fmt::format("its {} is {}, and in the plan {}", key, said->dump(), value.dump());
  return {};
}

// A plan's case appears in the journal of its own run only; a line of any other case is a stranger.
void sort_lines(LoadedRun& run, std::vector<json> lines) {
  std::map<std::string, const json*> planned;
  for (const json& one : run.manifest->at("plan").at("cases")) planned.emplace(one.at("case_id"), &one);
  std::set<std::string> begun, ended;
  for (json& line : lines) {
    const std::string type = text_of(line, "type");
    const std::string id = text_of(line, "case_id");
    const auto its_case = planned.find(id);
    if (its_case == planned.end()) {
      run.damage.push_back(
          fmt::format("a line of type \"{}\" about case \"{}\", which the plan does not have", type, id));
      continue;
    }
    if (type != "begin" && !is_record(line)) {
      run.damage.push_back(fmt::format("a line of type \"{}\" about case \"{}\", which is no record", type, id));
      continue;
    }
    if (const std::string impossible = impossible_number(line); !impossible.empty()) {
      run.damage.push_back(fmt::format("a line about case \"{}\", which is no record: {}", id, impossible));
      continue;
    }
    if (const std::string other = differs_from_plan(line, *its_case->second); !other.empty()) {
      run.damage.push_back(fmt::format("a line about case \"{}\", which it is not: {}", id, other));
      continue;
    }
    (type == "begin" ? begun : ended).insert(id);
    (type == "begin" ? run.begins : run.records).push_back(std::move(line));
  }
  std::ranges::set_difference(begun, ended, std::back_inserter(run.in_flight));
}

// Its own id, and those of the runs that were joined into it.
std::set<std::string> runs_in(const LoadedRun& run) {
  std::set<std::string> ids{run.run_id};
  for (const auto* lines : {&run.begins, &run.records})
    for (const json& line : *lines)
      if (const std::string id = text_of(line, "run_id"); !id.empty()) ids.insert(id);
  return ids;
}

}  // namespace

Coverage LoadedRun::coverage() const {
  return coverage_of(case_ids, records);
}

LoadedRun load_run(const fs::path& folder) {
  LoadedRun run;
  run.folder = folder;
  read_manifest(run);
  JournalContents journal = read_journal(folder / "journal.jsonl");
  run.damage = std::move(journal.damage);
  sort_lines(run, std::move(journal.lines));
  return run;
}

LoadedRun merge_runs(const std::vector<LoadedRun>& runs) {
  PETAPROOF_INVARIANT(!runs.empty());
  LoadedRun merged = runs.front();
  merged.folder.clear();
  merged.begins.clear();
  merged.records.clear();
  merged.damage.clear();
  std::string ids;
  std::set<std::string> seen;
  for (const LoadedRun& run : runs) {
    if (run.plan_hash != merged.plan_hash)
      throw Error(Domain::config,
                  fmt::format("{} and {} are runs of different plans (suite \"{}\" and \"{}\")",
                              runs.front().folder.string(), run.folder.string(), merged.suite, run.suite));
    for (const std::string& id : runs_in(run))
      if (!seen.insert(id).second)
        throw Error(Domain::config, fmt::format("{}: this run is given twice (run_id {})", run.folder.string(), id));
    ids += run.run_id;
    merged.begins.insert(merged.begins.end(), run.begins.begin(), run.begins.end());
    merged.records.insert(merged.records.end(), run.records.begin(), run.records.end());
    for (const std::string& damage : run.damage)
      merged.damage.push_back(fmt::format("{}: {}", run.folder.string(), damage));
  }
  add_shares_of_joined_issue_peaks(merged.records);
  merged.run_id = short_sha256(ids);
  // in flight in one run and measured in another is not open any more
  std::set<std::string> open;
  for (const LoadedRun& run : runs) open.insert(run.in_flight.begin(), run.in_flight.end());
  for (const json& record : merged.records) open.erase(record.at("case_id").get<std::string>());
  merged.in_flight.assign(open.begin(), open.end());
  return merged;
}

std::vector<std::string> differences(const std::vector<LoadedRun>& runs) {
  std::vector<std::string> result;
  for (const LoadedRun& run : runs)
    for (const auto& [name, value] : run.setting)
      if (const auto first = runs.front().setting.find(name);
          first != runs.front().setting.end() && first->second != value)
        result.push_back(fmt::format("{}: {} in {}, {} in {}", name, first->second, runs.front().folder.string(),
                                     value, run.folder.string()));
  return result;
}

void write_merged_run(const LoadedRun& merged, const std::vector<LoadedRun>& sources, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "ranks", error);
  if (error) throw Error(Domain::config, fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  if (fs::exists(folder / "journal.jsonl"))
    throw Error(Domain::config, fmt::format("{}: holds a run already; choose another --out", folder.string()));
  json from = json::array();
  for (const LoadedRun& source : sources)
    from.push_back({{"run_id", source.run_id}, {"folder", source.folder.string()}, {"manifest", *source.manifest}});
  JournalWriter journal(folder / "journal.jsonl");
  for (const auto* lines : {&merged.begins, &merged.records})
    for (json line : *lines) {
      line.erase("checksum");
      journal.append(line);
    }
  const Coverage coverage = merged.coverage();
  write_file(folder / "outcome.json", json_text({{"schema", outcome_schema},
                                                 {"run_id", merged.run_id},
                                                 {"merged", true},
                                                 {"complete", coverage.complete()},
                                                 {"coverage", to_json(coverage)},
                                                 {"damage", merged.damage},
                                                 {"end_utc", utc_now()}}));
  for (const LoadedRun& source : sources)  // raw samples, where this node has them
    if (fs::is_directory(source.folder / "ranks", error))
      fs::copy(source.folder / "ranks", folder / "ranks" / source.run_id, fs::copy_options::recursive, error);
  // last, as in a run: a folder with a manifest is whole
  write_file(folder / "manifest.json", json_text({{"schema", "petaproof-manifest/1"},
                                                  {"run_id", merged.run_id},
                                                  {"merged_from", from},
                                                  {"plan", json::parse(merged.plan_text)},
                                                  {"plan_hash", merged.plan_hash}}));
}

}  // namespace petaproof

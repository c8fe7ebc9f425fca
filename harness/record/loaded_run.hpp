// Reading run folders back, whole or cut off, and joining several of one plan.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/record/outcome.hpp"

namespace petaproof {

struct LoadedRun {
  std::filesystem::path folder;
  std::shared_ptr<const nlohmann::json>
      manifest;  // as it stands in the folder; of a merged run in memory, of the first
  std::string run_id;
  std::string suite;
  std::string claim;  // empty: the suite names none
  std::string plan_hash;
  std::string plan_text;                // the plan as JSON, as the manifest has it
  std::vector<std::string> case_ids;    // of the plan, in order
  std::vector<nlohmann::json> begins;   // the journal's `begin` lines, in order
  std::vector<nlohmann::json> records;  // its `end` lines, in order
  std::vector<std::string> in_flight;   // cases that began and have no record: where a run broke off
  std::vector<std::string> damage;      // lines that could not be read
  /// What else a reader should know of where it ran, by name: "ranks", "binary_sha256", "git_commit", "host".
  std::map<std::string, std::string> setting;

  Coverage coverage() const;
};

/// Throws Error(config) if `folder` is not a run (no manifest, no journal, a manifest that cannot be understood).
LoadedRun load_run(const std::filesystem::path& folder);

/// Joins runs of one plan: all records of all runs, in the order given, each as its run wrote it, but with its share
/// of the issue peak, by the peaks of all of them, where its own run had none before it. Throws Error(config) if
/// their plans differ, naming both.
LoadedRun merge_runs(const std::vector<LoadedRun>& runs);

/// What differs between runs beside their results, one text each: "ranks: 2 in A, 1 in B".
std::vector<std::string> differences(const std::vector<LoadedRun>& runs);

/// Writes a merged run as a run folder that `judge` and `merge` read again. The folder must not hold a run.
void write_merged_run(const LoadedRun& merged, const std::vector<LoadedRun>& sources,
                      const std::filesystem::path& folder);

}  // namespace petaproof

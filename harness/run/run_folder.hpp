// The folder of a run:
//
//   journal.jsonl     rank 0: a `begin` and an `end` line for each case (journal.hpp)
//   manifest.json     rank 0: the plan, provenance, ranks and devices; at the end, digests of the other files
//   outcome.json      rank 0: exit code, counts, coverage, verdict. Launchers mangle exit codes; this file does not
//   ranks/            each node's first rank: what the ranks of its node measured, with raw samples
//   telemetry/        each rank that has a GPU: clocks, power and temperatures while its cases ran (telemetry.hpp)
//
// No shared file system is assumed: every node writes below its own copy of the path.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/run/world.hpp"

namespace petaproof {

struct RunFolder {
  std::filesystem::path root;

  std::filesystem::path journal() const { return root / "journal.jsonl"; }
  std::filesystem::path manifest() const { return root / "manifest.json"; }
  std::filesystem::path outcome() const { return root / "outcome.json"; }
  std::filesystem::path rank_journal(int node, const std::string& host) const;
  std::filesystem::path telemetry_trace(int rank, const std::string& host) const;
};

/// Where runs go by default: results/local beside the configs of a source tree, else petaproof-results here.
std::filesystem::path default_results_folder();

/// Makes the folder on every node; `asked` empty chooses a new name below default_results_folder(). Throws
/// CommonError(config) if it holds a run already or cannot be written.
RunFolder make_run_folder(const std::string& asked, const std::string& suite, const std::string& run_id,
                          World& world);

/// SHA-256 of every file of the folder but the manifest, by relative path.
nlohmann::json file_digests(const RunFolder& folder);

}  // namespace petaproof

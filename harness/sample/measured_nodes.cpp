#include "harness/sample/measured_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/record/gpu_identity_json.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;

std::string text_or_empty(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

// CUDA's name of a MIG instance has the word in it, "NVIDIA H100 80GB HBM3 MIG 1g.10gb"; its UUID may be written
// either way.
bool is_slice(const MeasuredRank& rank) {
  return rank.uuid.starts_with("MIG") || rank.device.find(" MIG ") != std::string::npos;
}

// The limit stands until a case of the run says otherwise.
void add_identity(const json& columns, std::size_t at, MeasuredRank& rank) {
  const auto found = columns.find("gpu");
  if (found == columns.end()) {
    rank.gpu.reason = "the run is of an older version, whose manifest has none";
    rank.power_limit_reason = "no case measured it";
    return;
  }
  rank.gpu = identity_from_columns(*found, at);
  rank.power_limit_watts = rank.gpu.power_limit_watts;
  const auto why = rank.gpu.unread.find("power_limit_watts");
  rank.power_limit_reason = why == rank.gpu.unread.end() ? rank.gpu.reason : why->second;
  rank.mig = rank.gpu.mig.value_or(false);
}

MeasuredRun run_from(const json& manifest, const std::string& folder) {
  MeasuredRun run{.run_id = manifest.at("run_id"),
                  .folder = folder,
                  .backend = manifest.at("backend"),
                  .gpu_shared = manifest.value("gpu_shared", false),
                  .corrupted = manifest.value("corrupted_on_request", false),
                  .ranks = {},
                  .damage = {},
                  .contradictions = 0};
  const json& columns = manifest.at("ranks");
  for (std::size_t i = 0; i < columns.at("rank").size(); ++i) {
    MeasuredRank rank;
    rank.rank = columns.at("rank").at(i);
    rank.host = columns.at("host").at(i);
    rank.device = text_or_empty(columns.at("device").at(i));
    rank.uuid = text_or_empty(columns.at("device_uuid").at(i));
    add_identity(columns, i, rank);
    rank.mig = rank.mig || is_slice(rank);
    run.ranks.push_back(std::move(rank));
  }
  return run;
}

// A run of its own, or those that merge joined, whose manifests it keeps.
void add_runs(const json& manifest, const std::string& folder, std::vector<MeasuredRun>& runs) {
  if (!manifest.contains("merged_from")) {
    runs.push_back(run_from(manifest, folder));
    return;
  }
  for (const json& source : manifest.at("merged_from")) add_runs(source.at("manifest"), folder, runs);
}

void add_power_limit(const json& columns, std::size_t at, MeasuredRank& rank) {
  const json& limit = columns.at("power_limit_watts").at(at);
  if (!limit.is_null()) {
    rank.power_limit_watts = std::min(rank.power_limit_watts.value_or(limit.get<double>()), limit.get<double>());
    return;
  }
  if (const json& reason = columns.at("reason").at(at); !reason.is_null()) {
    rank.power_limit_reason = reason;
    return;
  }
  for (const auto& [name, why] : columns.at("unread").at(at).items()) {
    if (name == "power_limit_watts") rank.power_limit_reason = why;
    if (why.get<std::string>().find("MIG instance") != std::string::npos) rank.mig = true;
  }
}

MeasuredRank* rank_of(MeasuredRun& run, int number) {
  // in rank order wherever a run wrote them: 100,000 ranks must not be searched 100,000 times
  if (const auto at = static_cast<std::size_t>(number); at < run.ranks.size() && run.ranks[at].rank == number)
    return &run.ranks[at];
  const auto found = std::ranges::find(run.ranks, number, &MeasuredRank::rank);
  return found == run.ranks.end() ? nullptr : &*found;
}

void add_telemetry(const json& record, const json& ranks, MeasuredRun& run) {
  const json& telemetry = record.at("telemetry");
  if (telemetry.at("per_rank").is_null()) {
    for (MeasuredRank& rank : run.ranks)
      if (const std::string why = text_or_empty(telemetry.at("reason")); !why.empty()) rank.power_limit_reason = why;
    return;
  }
  for (std::size_t i = 0; i < ranks.size(); ++i)
    if (MeasuredRank* rank = rank_of(run, ranks.at(i))) add_power_limit(telemetry.at("per_rank"), i, *rank);
}

// A manifest can be edited, a record has a checksum. A case of another backend than the run's has another device.
bool differs(const json& columns, std::size_t at, bool same_device, const MeasuredRank& rank) {
  return columns.at("host").at(at) != rank.host || (same_device && columns.at("device").at(at) != rank.device);
}

void add_record(const json& record, MeasuredRun& run) {
  const std::string disposition = record.at("disposition");
  if (disposition == "skipped" || disposition == "not_supported") return;  // nobody measured anything
  if (record.at("per_rank").is_null()) {  // it failed before there was a measurement: on all ranks together
    for (MeasuredRank& rank : run.ranks) ++rank.cases;
    return;
  }
  const json& columns = record.at("per_rank");
  if (record.at("backend") == "cuda" && run.backend != "cuda") ++run.contradictions;
  for (std::size_t i = 0; i < columns.at("rank").size(); ++i) {
    MeasuredRank* rank = rank_of(run, columns.at("rank").at(i));
    if (!rank || differs(columns, i, record.at("backend") == run.backend, *rank)) {
      ++run.contradictions;
      run.damage.push_back(fmt::format(
          "case {} has rank {} on {} with {}, the manifest {}", record.at("case_id").dump(),
          columns.at("rank").at(i).dump(), columns.at("host").at(i).dump(), columns.at("device").at(i).dump(),
          rank ? fmt::format("on {} with {}", rank->host, rank->device) : "has no such rank"));
      continue;
    }
    ++rank->cases;
    if (disposition == "pass" && columns.at("disposition").at(i) == "pass") ++rank->passed;
  }
  add_telemetry(record, columns.at("rank"), run);
}

}  // namespace

MeasuredRun measured_from(const json& manifest, const std::vector<json>& records, const std::string& folder) {
  MeasuredRun run = run_from(manifest, folder);
  for (const json& record : records) add_record(record, run);
  return run;
}

std::vector<MeasuredRun> measured_from(const LoadedRun& loaded) {
  const std::filesystem::path& folder = loaded.folder;
  std::vector<MeasuredRun> runs;
  try {
    add_runs(*loaded.manifest, folder.string(), runs);
    for (const json& record : loaded.records)
      for (MeasuredRun& run : runs)
        if (record.at("run_id") == run.run_id) add_record(record, run);
  } catch (const json::exception& error) {
    throw Error(Domain::config,
                fmt::format("{}: not a run of a format that this version reads: {}", folder.string(), error.what()));
  }
  if (!runs.empty())
    runs.front().damage.insert(runs.front().damage.begin(), loaded.damage.begin(), loaded.damage.end());
  return runs;
}

std::vector<MeasuredRun> read_measured(const std::filesystem::path& folder) {
  return measured_from(load_run(folder));
}

}  // namespace petaproof::sample

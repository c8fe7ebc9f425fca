// Who took part in runs: what check and census read off run folders.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/record/loaded_run.hpp"
#include "harness/telemetry/gpu_identity.hpp"

namespace petaproof::sample {

/// One rank of one run.
struct MeasuredRank {
  int rank = 0;
  std::string host;                         // as it calls itself
  std::string device;                       // its name; empty: it had none
  std::string uuid;                         // of the device; empty: it has none, as the host's
  std::int64_t cases = 0;                   // that ended for this rank, whether well or badly
  std::int64_t passed = 0;                  // of these
  std::optional<double> power_limit_watts;  // that the driver enforced; the lowest, if it changed
  std::string power_limit_reason;           // why there is none
  bool mig = false;                         // a slice of a GPU, by UUID, name or NVML
  GpuIdentity gpu;                          // of its whole GPU, as the manifest has it
};

struct MeasuredRun {
  std::string run_id;
  std::string folder;
  std::string backend;
  bool gpu_shared = false;
  bool corrupted = false;  // run --corrupt
  std::vector<MeasuredRank> ranks;
  std::vector<std::string> damage;
  std::int64_t contradictions = 0;  // between records and manifest: who ran, on what

  /// Measured on GPUs of their own, with results that nobody spoilt.
  bool may_support_a_claim() const { return backend == "cuda" && !gpu_shared && !corrupted; }
};

/// A run from its manifest and its records.
MeasuredRun measured_from(const nlohmann::json& manifest, const std::vector<nlohmann::json>& records,
                          const std::string& folder);

/// A run that was loaded; of one that merge wrote, every run that was joined. Throws Error(config) on a manifest
/// that is none of this version.
std::vector<MeasuredRun> measured_from(const LoadedRun& loaded);

/// A run folder; of one that merge wrote, every run that was joined. Throws Error(config) if it is none.
std::vector<MeasuredRun> read_measured(const std::filesystem::path& folder);

}  // namespace petaproof::sample

// Telemetry of a run, as the run sees it: a CaseTelemetry around each case, and one trace file for each rank.
//
//   telemetry/rank00003-HOST.jsonl   a line that says what was read of which device, then a line for each case
//
// NVML is loaded when a rank with a GPU says which it has, or when the first case of a GPU begins; the host backend
// costs nothing.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/record/journal.hpp"
#include "harness/telemetry/nvml_library.hpp"
#include "harness/telemetry/sampler.hpp"
#include "kernels/device/device.hpp"
#include "kernels/device/error.hpp"
#include "kernels/measure/progress.hpp"

namespace petaproof {

class Telemetry {
 public:
  /// Where this rank's trace goes; the file is made when there is something to write. Before the first case.
  void keep(std::filesystem::path trace, std::string run_id, int rank, std::string host);
  /// What tells this GPU from another; where that cannot be read, why. Throws nothing of NVML's.
  GpuIdentity identity_of(const DeviceFacts& device);
  /// Why the trace can no longer be written; nothing is written after that.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  friend class CaseTelemetry;
  struct Source {
    std::unique_ptr<TelemetrySource> device;
    std::string why_none;
  };

  Source& source_of(const DeviceFacts& device);
  Source open(const DeviceFacts& device);
  void write(const std::string& case_id, const DeviceFacts& device, const Sampler::Result& result);
  void append(const nlohmann::json& line);

  std::optional<NvmlLibrary> library_;
  std::string why_no_library_;
  std::map<std::string, Source> sources_;  // by the device's UUID
  std::filesystem::path path_;
  std::string run_id_;
  int rank_ = 0;
  std::string host_;
  std::optional<JournalWriter> file_;
  std::optional<Error> failure_;
};

/// Samples from its construction to finish(), or to its destruction where an exception passes. Both wait for NVML,
/// which has no deadline of its own: the case's must still be armed.
class CaseTelemetry : public Progress {
 public:
  /// What the case reports goes on to `next`. Loads NVML if it is the first of a GPU; throws nothing of NVML's.
  CaseTelemetry(Telemetry& telemetry, std::string case_id, const DeviceFacts& device, Progress& next);

  void phase(std::string_view name) override;
  void launched(std::int64_t count) override { next_.launched(count); }

  /// The case is over: its summary. The trace is written; see Telemetry::failure().
  TelemetrySummary finish();

 private:
  Telemetry& telemetry_;
  const std::string case_id_;
  const DeviceFacts& device_;
  Progress& next_;
  std::string why_none_;
  std::optional<Sampler> sampler_;
};

}  // namespace petaproof

#include "harness/telemetry/telemetry.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/json/write.hpp"
#include "harness/telemetry/nvml_device.hpp"

namespace petaproof {

using nlohmann::json;

void Telemetry::keep(std::filesystem::path trace, std::string run_id, int rank, std::string host) {
  path_ = std::move(trace);
  run_id_ = std::move(run_id);
  rank_ = rank;
  host_ = std::move(host);
}

Telemetry::Source& Telemetry::source_of(const DeviceFacts& device) {
  const auto known = sources_.find(device.uuid);
  return known != sources_.end() ? known->second : sources_[device.uuid] = open(device);
}

Telemetry::Source Telemetry::open(const DeviceFacts& device) {
  if (device.uuid.empty()) return {nullptr, "the device has no UUID to find it by"};
  if (!why_no_library_.empty()) return {nullptr, why_no_library_};
  try {
    if (!library_) library_.emplace();
  } catch (const Error& error) {
    why_no_library_ = error.what();
    return {nullptr, why_no_library_};
  }
  try {
    return {std::make_unique<NvmlDevice>(*library_, device.uuid), {}};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

GpuIdentity Telemetry::identity_of(const DeviceFacts& device) {
  GpuIdentity none;
  none.reason = "the host backend has no GPU";
  if (device.backend == "host") return none;
  const Source& source = source_of(device);
  if (source.device) return source.device->identity();
  none.reason = source.why_none;
  return none;
}

void Telemetry::append(const json& line) {
  if (!file_) {
    std::filesystem::create_directories(path_.parent_path());
    file_.emplace(path_);
  }
  file_->append(line);
}

void Telemetry::write(const std::string& case_id, const DeviceFacts& device, const Sampler::Result& result) {
  if (failure_ || path_.empty()) return;
  const TelemetrySummary& summary = result.summary;
  try {
    if (!file_)
      append({{"type", "telemetry"},
              {"schema", "petaproof-telemetry/1"},
              {"run_id", run_id_},
              {"rank", rank_},
              {"host", host_},
              {"device", device.name},
              {"library", library_ ? json(library_->file()) : json(nullptr)},
              {"driver_version", text_or_null(summary.driver_version)},
              {"nvml_version", text_or_null(summary.nvml_version)},
              {"power_source", text_or_null(summary.power_source)}});
    json line = result.trace.to_json();
    line["type"] = "case";
    line["case_id"] = case_id;
    line["device_uuid"] = device.uuid;
    append(line);
  } catch (const Error& error) {
    failure_.emplace(error);
  } catch (const std::filesystem::filesystem_error& error) {
    failure_.emplace(Domain::io, fmt::format("{}: cannot be written: {}", path_.string(), error.what()));
  }
}

CaseTelemetry::CaseTelemetry(Telemetry& telemetry, std::string case_id, const DeviceFacts& device, Progress& next)
    : telemetry_(telemetry), case_id_(std::move(case_id)), device_(device), next_(next) {
  if (device.backend == "host") {
    why_none_ = no_source_on_host;
    return;
  }
  const Telemetry::Source& source = telemetry_.source_of(device);
  why_none_ = source.why_none;
  if (!source.device) return;
  try {
    sampler_.emplace(*source.device);
  } catch (const std::system_error& error) {  // the case can go on without telemetry
    why_none_ = fmt::format("the sampling thread does not start: {}", error.what());
  }
}

void CaseTelemetry::phase(std::string_view name) {
  if (sampler_) sampler_->phase(name);
  next_.phase(name);
}

TelemetrySummary CaseTelemetry::finish() {
  if (!sampler_) {
    TelemetrySummary none;
    none.reason = why_none_;
    return none;
  }
  Sampler::Result result = sampler_->finish();
  telemetry_.write(case_id_, device_, result);
  return std::move(result.summary);
}

}  // namespace petaproof

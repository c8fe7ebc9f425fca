// One GPU as NVML sees it.
#pragma once

#include <string>

#include "harness/telemetry/nvml_library.hpp"
#include "harness/telemetry/source.hpp"

namespace petaproof {

class NvmlDevice : public TelemetrySource {
 public:
  /// `uuid` as DeviceFacts has it: "GPU-...". Of a MIG instance NVML knows only what its whole GPU does: clocks and
  /// temperatures are then that GPU's, and power, energy and error counters, to which other instances add, absent.
  /// Throws Error(loading) where NVML has no such device. `library` must outlive this.
  NvmlDevice(const NvmlLibrary& library, const std::string& uuid);

  Sample read() override;
  Counters counters() override;
  DeviceLimits limits() override;
  GpuIdentity identity() override;

 private:
  nvml::Device find(const std::string& uuid);
  Field clock(nvml::ClockType type) const;
  Field field_value(nvml::FieldId id, double per_unit) const;
  Field power() const;
  Field energy() const;
  Field temperature() const;
  Field clock_events() const;
  Field ecc_errors(nvml::ErrorType type) const;

  const NvmlLibrary& library_;
  const nvml::Functions& nvml_;
  bool mig_ = false;
  nvml::Device device_;
  bool instant_power_;
};

}  // namespace petaproof

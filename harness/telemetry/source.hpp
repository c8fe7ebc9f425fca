// What is read of a device while a case runs, and where it is read from.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "harness/telemetry/gpu_identity.hpp"

namespace petaproof {

/// A value, or why there is none.
struct Field {
  std::optional<double> value;
  std::string why;

  static Field of(double number) { return {number, {}}; }
  static Field absent(std::string why) { return {std::nullopt, std::move(why)}; }
};

/// Sampled over and over.
enum class Sensor {
  sm_clock,            // MHz
  memory_clock,        // MHz
  power,               // W
  temperature,         // degrees C, of the GPU
  memory_temperature,  // degrees C
  energy,              // J since the driver was loaded: a counter
  clock_events,        // nvml::clock_event_reasons, a bit mask below 2^53
};
inline constexpr std::size_t sensor_count = 7;
constexpr std::size_t index_of(Sensor sensor) {
  return static_cast<std::size_t>(sensor);
}
/// Those whose mean, minimum and maximum mean something come first.
inline constexpr std::size_t gauge_count = 5;
/// As in records and traces.
inline constexpr std::array<const char*, sensor_count> sensor_names{
    "sm_clock_megahertz",         "memory_clock_megahertz", "power_watts",        "temperature_celsius",
    "memory_temperature_celsius", "energy_joules",          "clock_event_reasons"};

struct Sample {
  std::array<Field, sensor_count> fields;

  Field& operator[](Sensor sensor) { return fields[index_of(sensor)]; }
  const Field& operator[](Sensor sensor) const { return fields[index_of(sensor)]; }
};

/// Read before and after a case. ECC errors count from the driver's load, remapped rows over the device's life.
inline constexpr std::size_t counter_count = 4;
inline constexpr std::array<const char*, counter_count> counter_names{
    "ecc_corrected", "ecc_uncorrected", "remapped_rows_corrected", "remapped_rows_uncorrected"};
using Counters = std::array<Field, counter_count>;

/// What holds for a whole case.
struct DeviceLimits {
  Field power_limit_watts;  // that the driver enforces
  Field max_sm_clock_megahertz;
  std::string driver_version;  // empty where it cannot be read
  std::string nvml_version;
  std::string power_source;  // which of NVML's readings `power` is
};

class TelemetrySource {
 public:
  virtual ~TelemetrySource() = default;
  /// None of these throws; called from the sampler's thread.
  virtual Sample read() = 0;
  virtual Counters counters() = 0;
  virtual DeviceLimits limits() = 0;
  /// Once, before the first case; not from the sampler's thread.
  virtual GpuIdentity identity() = 0;
};

}  // namespace petaproof

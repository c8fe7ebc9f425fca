#include "harness/telemetry/nvml_device.hpp"

#include <fmt/format.h>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using namespace nvml;

// Clocks, power and temperatures of a device that computes. Some drivers report success and 0 for a sensor that is
// not there (memory temperature on boards without HBM), and a 0 that is none must not enter a mean.
Field above_zero(double value) {
  return value > 0 ? Field::of(value) : Field::absent("NVML reports 0, which no running device has");
}

Field missing(const char* function) {
  return Field::absent(fmt::format("this driver's NVML has no {}", function));
}

double number_in(const FieldValue& field) {
  switch (field.valueType) {
    case NVML_VALUE_TYPE_DOUBLE: return field.value.dVal;
    case NVML_VALUE_TYPE_UNSIGNED_INT: return field.value.uiVal;
    case NVML_VALUE_TYPE_UNSIGNED_LONG: return static_cast<double>(field.value.ulVal);
    case NVML_VALUE_TYPE_UNSIGNED_LONG_LONG: return static_cast<double>(field.value.ullVal);
    case NVML_VALUE_TYPE_SIGNED_LONG_LONG: return static_cast<double>(field.value.sllVal);
    case NVML_VALUE_TYPE_SIGNED_INT: return field.value.siVal;
    case NVML_VALUE_TYPE_UNSIGNED_SHORT: return field.value.usVal;
  }
  return 0;
}

Field not_of_an_instance() {
  return Field::absent("the device is a MIG instance, and NVML counts this for its whole GPU only");
}

}  // namespace

NvmlDevice::NvmlDevice(const NvmlLibrary& library, const std::string& uuid)
    : library_(library),
      nvml_(library.call()),
      device_(find(uuid)),
      instant_power_(field_value(NVML_FI_DEV_POWER_INSTANT, 1000).value.has_value()) {}

nvml::Device NvmlDevice::find(const std::string& uuid) {
  nvml::Device found = nullptr;
  Return code = nvml_.nvmlDeviceGetHandleByUUID(uuid.c_str(), &found);
  if (code == NVML_SUCCESS) {
    unsigned current = 0, pending = 0;
    mig_ = nvml_.nvmlDeviceGetMigMode && nvml_.nvmlDeviceGetMigMode(found, &current, &pending) == NVML_SUCCESS &&
           current == NVML_DEVICE_MIG_ENABLE;
    return found;
  }
  // CUDA gives the 16 bytes without the prefix, and those of a MIG instance where it runs on one
  if (uuid.starts_with("GPU-") && nvml_.nvmlDeviceGetDeviceHandleFromMigDeviceHandle) {
    nvml::Device instance = nullptr;
    if (nvml_.nvmlDeviceGetHandleByUUID(("MIG" + uuid.substr(3)).c_str(), &instance) == NVML_SUCCESS) {
      code = nvml_.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(instance, &found);
      mig_ = true;
      if (code == NVML_SUCCESS) return found;
    }
  }
  throw Error(Domain::loading, fmt::format("NVML has no device {}: {}", uuid, library_.explain(code)));
}

Field NvmlDevice::clock(ClockType type) const {
  if (!nvml_.nvmlDeviceGetClockInfo) return missing("nvmlDeviceGetClockInfo");
  unsigned megahertz = 0;
  const Return code = nvml_.nvmlDeviceGetClockInfo(device_, type, &megahertz);
  return code == NVML_SUCCESS ? above_zero(megahertz) : Field::absent(library_.explain(code));
}

Field NvmlDevice::field_value(FieldId id, double per_unit) const {
  if (!nvml_.nvmlDeviceGetFieldValues) return missing("nvmlDeviceGetFieldValues");
  FieldValue field{};
  field.fieldId = id;
  field.nvmlReturn = NVML_ERROR_UNKNOWN;
  Return code = nvml_.nvmlDeviceGetFieldValues(device_, 1, &field);
  if (code == NVML_SUCCESS) code = field.nvmlReturn;
  return code == NVML_SUCCESS ? above_zero(number_in(field) / per_unit) : Field::absent(library_.explain(code));
}

Field NvmlDevice::power() const {
  if (mig_) return not_of_an_instance();
  if (instant_power_) return field_value(NVML_FI_DEV_POWER_INSTANT, 1000);
  if (!nvml_.nvmlDeviceGetPowerUsage) return missing("nvmlDeviceGetPowerUsage");
  unsigned milliwatts = 0;
  const Return code = nvml_.nvmlDeviceGetPowerUsage(device_, &milliwatts);
  return code == NVML_SUCCESS ? above_zero(milliwatts / 1000.0) : Field::absent(library_.explain(code));
}

Field NvmlDevice::energy() const {
  if (mig_) return not_of_an_instance();
  if (!nvml_.nvmlDeviceGetTotalEnergyConsumption) return missing("nvmlDeviceGetTotalEnergyConsumption");
  unsigned long long millijoules = 0;
  const Return code = nvml_.nvmlDeviceGetTotalEnergyConsumption(device_, &millijoules);
  return code == NVML_SUCCESS ? Field::of(static_cast<double>(millijoules) / 1000)
                              : Field::absent(library_.explain(code));
}

Field NvmlDevice::temperature() const {
  if (nvml_.nvmlDeviceGetTemperatureV) {
    Temperature asked{nvmlTemperature_v1, NVML_TEMPERATURE_GPU, 0};
    const Return code = nvml_.nvmlDeviceGetTemperatureV(device_, &asked);
    if (code == NVML_SUCCESS) return above_zero(asked.temperature);
    // a driver may know the function and not this version of its argument
    if (!nvml_.nvmlDeviceGetTemperature) return Field::absent(library_.explain(code));
  }
  if (!nvml_.nvmlDeviceGetTemperature) return missing("nvmlDeviceGetTemperature");
  unsigned celsius = 0;
  const Return code = nvml_.nvmlDeviceGetTemperature(device_, NVML_TEMPERATURE_GPU, &celsius);
  return code == NVML_SUCCESS ? above_zero(celsius) : Field::absent(library_.explain(code));
}

Field NvmlDevice::clock_events() const {
  const auto get = nvml_.nvmlDeviceGetCurrentClocksEventReasons ? nvml_.nvmlDeviceGetCurrentClocksEventReasons
                                                                : nvml_.nvmlDeviceGetCurrentClocksThrottleReasons;
  if (!get) return missing("nvmlDeviceGetCurrentClocksEventReasons");
  unsigned long long reasons = 0;
  const Return code = get(device_, &reasons);
  return code == NVML_SUCCESS ? Field::of(static_cast<double>(reasons)) : Field::absent(library_.explain(code));
}

Field NvmlDevice::ecc_errors(ErrorType type) const {
  if (mig_) return not_of_an_instance();
  if (!nvml_.nvmlDeviceGetTotalEccErrors) return missing("nvmlDeviceGetTotalEccErrors");
  unsigned long long count = 0;
  const Return code = nvml_.nvmlDeviceGetTotalEccErrors(device_, type, NVML_VOLATILE_ECC, &count);
  return code == NVML_SUCCESS ? Field::of(static_cast<double>(count)) : Field::absent(library_.explain(code));
}

Sample NvmlDevice::read() {
  Sample sample;
  sample[Sensor::sm_clock] = clock(NVML_CLOCK_SM);
  sample[Sensor::memory_clock] = clock(NVML_CLOCK_MEM);
  sample[Sensor::power] = power();
  sample[Sensor::energy] = energy();
  sample[Sensor::clock_events] = clock_events();
  sample[Sensor::temperature] = temperature();
  sample[Sensor::memory_temperature] = field_value(NVML_FI_DEV_MEMORY_TEMP, 1);
  return sample;
}

Counters NvmlDevice::counters() {
  Counters counters{ecc_errors(NVML_MEMORY_ERROR_TYPE_CORRECTED), ecc_errors(NVML_MEMORY_ERROR_TYPE_UNCORRECTED),
                    missing("nvmlDeviceGetRemappedRows"), missing("nvmlDeviceGetRemappedRows")};
  if (mig_) counters[2] = counters[3] = not_of_an_instance();
  if (mig_ || !nvml_.nvmlDeviceGetRemappedRows) return counters;
  unsigned corrected = 0, uncorrected = 0, pending = 0, failed = 0;
  const Return code = nvml_.nvmlDeviceGetRemappedRows(device_, &corrected, &uncorrected, &pending, &failed);
  counters[2] = code == NVML_SUCCESS ? Field::of(corrected) : Field::absent(library_.explain(code));
  counters[3] = code == NVML_SUCCESS ? Field::of(uncorrected) : Field::absent(library_.explain(code));
  return counters;
}

DeviceLimits NvmlDevice::limits() {
  DeviceLimits limits{.power_limit_watts = missing("nvmlDeviceGetEnforcedPowerLimit"),
                      .max_sm_clock_megahertz = missing("nvmlDeviceGetMaxClockInfo"),
                      .driver_version = library_.driver_version(),
                      .nvml_version = library_.nvml_version(),
                      .power_source = instant_power_ ? "NVML_FI_DEV_POWER_INSTANT" : "nvmlDeviceGetPowerUsage"};
  unsigned value = 0;
  if (nvml_.nvmlDeviceGetEnforcedPowerLimit) {
    const Return code = nvml_.nvmlDeviceGetEnforcedPowerLimit(device_, &value);
    limits.power_limit_watts =
        code == NVML_SUCCESS ? above_zero(value / 1000.0) : Field::absent(library_.explain(code));
  }
  if (nvml_.nvmlDeviceGetMaxClockInfo) {
    const Return code = nvml_.nvmlDeviceGetMaxClockInfo(device_, NVML_CLOCK_SM, &value);
    limits.max_sm_clock_megahertz = code == NVML_SUCCESS ? above_zero(value) : Field::absent(library_.explain(code));
  }
  return limits;
}

}  // namespace petaproof

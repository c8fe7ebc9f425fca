// A stand-in for libnvidia-ml.so.1, for tests. It knows a GPU by any UUID that begins with "GPU-", whose last digits
// are those of its serial number and PCI bus, and says of it what the environment says:
//
//   FAKE_NVML_SM_CLOCK    MHz, one reading after the other and again from the start: "1980,1965" (1980)
//   FAKE_NVML_POWER       W; the energy counter runs with it in real time (500)
//   FAKE_NVML_REASONS     the mask of clock event reasons, one reading after the other: "0,4" (0)
//   FAKE_NVML_MEMORY_TEMPERATURE  degrees C (55)
//   FAKE_NVML_ECC         corrected errors; one more each time that they are asked for (7)
//   FAKE_NVML_SERIAL      of every GPU, in place of one of its own; empty: there is none
//   FAKE_NVML_ECC_MODE    0: ECC is off (1)
//   FAKE_NVML_MAX_CLOCK   MHz (1980)
//   FAKE_NVML_FAIL        functions, or fields by number, that fail, and how: "nvmlDeviceGetClockInfo=3,186=3"
//   FAKE_NVML_LOST_AFTER  readings of the SM clock after which the GPU has fallen off the bus
//   FAKE_NVML_HANG_AFTER  readings of the SM clock after which every further one hangs
//   FAKE_NVML_MIG         mode: the GPU is in MIG mode; instance: CUDA runs on an instance, which only MIG-... names
//
// nvmlInit_v2 starts all counts anew.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include <unistd.h>

#include "harness/telemetry/nvml.hpp"

namespace {

using namespace petaproof::nvml;
using SteadyClock = std::chrono::steady_clock;

std::atomic<int> clock_readings{0};
std::atomic<int> reason_readings{0};
std::atomic<int> ecc_readings{0};
SteadyClock::time_point start;
std::set<std::string> uuids;  // a handle is the address of its UUID

std::string setting(const char* name, const char* fallback) {
  const char* text = std::getenv(name);
  return text ? text : fallback;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text)
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

double in_turn(const char* name, const char* fallback, int reading) {
  const std::vector<std::string> values = split(setting(name, fallback));
  return std::atof(values[static_cast<std::size_t>(reading) % values.size()].c_str());
}

bool reached(const char* name) {
  const char* limit = std::getenv(name);
  return limit && clock_readings >= std::atoi(limit);
}

// What a function returns before it does anything.
Return ailment(const std::string& name) {
  if (reached("FAKE_NVML_LOST_AFTER")) return NVML_ERROR_GPU_IS_LOST;
  for (const std::string& part : split(setting("FAKE_NVML_FAIL", "")))
    if (part.starts_with(name + "=")) return std::atoi(part.c_str() + name.size() + 1);
  return NVML_SUCCESS;
}

const std::string& uuid_of(Device device) {
  return *reinterpret_cast<const std::string*>(device);
}

Return copy(const std::string& text, char* buffer, unsigned length) {
  if (text.size() >= length) return NVML_ERROR_INSUFFICIENT_SIZE;
  std::strcpy(buffer, text.c_str());
  return NVML_SUCCESS;
}

double watts() {
  return std::atof(setting("FAKE_NVML_POWER", "500").c_str());
}

#define FAKE_MAY_FAIL(name) \
  if (const Return code = ailment(name); code != NVML_SUCCESS) return code

}  // namespace

extern "C" {

Return nvmlInit_v2() {
  clock_readings = reason_readings = ecc_readings = 0;
  start = SteadyClock::now();
  return ailment("nvmlInit_v2");
}

const char* nvmlErrorString(Return code) {
  switch (code) {
    case NVML_ERROR_NOT_SUPPORTED: return "Not Supported";
    case NVML_ERROR_NOT_FOUND: return "Not Found";
    case NVML_ERROR_DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case NVML_ERROR_GPU_IS_LOST: return "GPU is lost";
    default: return "Unknown Error";
  }
}

Return nvmlSystemGetDriverVersion(char* version, unsigned length) {
  FAKE_MAY_FAIL("nvmlSystemGetDriverVersion");
  std::strncpy(version, "580.65.06", length);
  return NVML_SUCCESS;
}

Return nvmlSystemGetNVMLVersion(char* version, unsigned length) {
  std::strncpy(version, "13.580.65.06", length);
  return NVML_SUCCESS;
}

Return nvmlDeviceGetHandleByUUID(const char* uuid, Device* device) {
  FAKE_MAY_FAIL("nvmlDeviceGetHandleByUUID");
  const std::string prefix = setting("FAKE_NVML_MIG", "") == "instance" ? "MIG-" : "GPU-";
  if (!std::string(uuid).starts_with(prefix)) return NVML_ERROR_NOT_FOUND;
  *device = reinterpret_cast<Device>(const_cast<std::string*>(&*uuids.insert(uuid).first));
  return NVML_SUCCESS;
}

Return nvmlDeviceGetMigMode(Device, unsigned* current, unsigned* pending) {
  if (setting("FAKE_NVML_MIG", "").empty()) return NVML_ERROR_NOT_SUPPORTED;
  *current = *pending = 1;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetDeviceHandleFromMigDeviceHandle(Device mig, Device* parent) {
  *parent = mig;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetClockInfo(Device, ClockType type, unsigned* megahertz) {
  if (type == NVML_CLOCK_SM && reached("FAKE_NVML_HANG_AFTER"))
    for (;;) pause();
  FAKE_MAY_FAIL("nvmlDeviceGetClockInfo");
  *megahertz =
      type == NVML_CLOCK_SM ? static_cast<unsigned>(in_turn("FAKE_NVML_SM_CLOCK", "1980", clock_readings++)) : 3201;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetMaxClockInfo(Device, ClockType, unsigned* megahertz) {
  FAKE_MAY_FAIL("nvmlDeviceGetMaxClockInfo");
  *megahertz = static_cast<unsigned>(std::atoi(setting("FAKE_NVML_MAX_CLOCK", "1980").c_str()));
  return NVML_SUCCESS;
}

Return nvmlDeviceGetPowerUsage(Device, unsigned* milliwatts) {
  FAKE_MAY_FAIL("nvmlDeviceGetPowerUsage");
  *milliwatts = static_cast<unsigned>(1e3 * watts()) + 1000;  // to be told from the field
  return NVML_SUCCESS;
}

Return nvmlDeviceGetEnforcedPowerLimit(Device, unsigned* milliwatts) {
  FAKE_MAY_FAIL("nvmlDeviceGetEnforcedPowerLimit");
  *milliwatts = 700'000;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetPowerManagementDefaultLimit(Device, unsigned* milliwatts) {
  FAKE_MAY_FAIL("nvmlDeviceGetPowerManagementDefaultLimit");
  *milliwatts = 700'000;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetPowerManagementLimitConstraints(Device, unsigned* least, unsigned* most) {
  FAKE_MAY_FAIL("nvmlDeviceGetPowerManagementLimitConstraints");
  *least = 200'000;
  *most = 710'000;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetSerial(Device device, char* serial, unsigned length) {
  FAKE_MAY_FAIL("nvmlDeviceGetSerial");
  const std::string own = "16542230" + uuid_of(device).substr(uuid_of(device).size() - 2);
  return copy(setting("FAKE_NVML_SERIAL", own.c_str()), serial, length);
}

Return nvmlDeviceGetBoardPartNumber(Device, char* part_number, unsigned length) {
  FAKE_MAY_FAIL("nvmlDeviceGetBoardPartNumber");
  return copy("692-2G520-0200-000", part_number, length);
}

Return nvmlDeviceGetVbiosVersion(Device, char* version, unsigned length) {
  FAKE_MAY_FAIL("nvmlDeviceGetVbiosVersion");
  return copy("96.00.61.00.01", version, length);
}

Return nvmlDeviceGetMultiGpuBoard(Device, unsigned* is_one) {
  FAKE_MAY_FAIL("nvmlDeviceGetMultiGpuBoard");
  *is_one = 0;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetEccMode(Device, EnableState* current, EnableState* pending) {
  FAKE_MAY_FAIL("nvmlDeviceGetEccMode");
  *current = *pending = setting("FAKE_NVML_ECC_MODE", "1") == "0" ? NVML_FEATURE_DISABLED : NVML_FEATURE_ENABLED;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetTemperature(Device, TemperatureSensor, unsigned* celsius) {
  FAKE_MAY_FAIL("nvmlDeviceGetTemperature");
  *celsius = 43;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetCurrentClocksThrottleReasons(Device, unsigned long long* reasons) {
  FAKE_MAY_FAIL("nvmlDeviceGetCurrentClocksThrottleReasons");
  *reasons = static_cast<unsigned long long>(in_turn("FAKE_NVML_REASONS", "0", reason_readings++));
  return NVML_SUCCESS;
}

Return nvmlDeviceGetTotalEccErrors(Device, ErrorType type, EccCounter, unsigned long long* count) {
  FAKE_MAY_FAIL("nvmlDeviceGetTotalEccErrors");
  const auto first = static_cast<unsigned long long>(std::atoi(setting("FAKE_NVML_ECC", "7").c_str()));
  *count = type == NVML_MEMORY_ERROR_TYPE_CORRECTED ? first + static_cast<unsigned>(ecc_readings++) : 0;
  return NVML_SUCCESS;
}

#ifndef FAKE_NVML_OLD

Return nvmlDeviceGetPciInfo_v3(Device device, PciInfo* pci) {
  FAKE_MAY_FAIL("nvmlDeviceGetPciInfo_v3");
  *pci = PciInfo{};
  pci->bus =
      static_cast<unsigned>(std::strtoul(uuid_of(device).substr(uuid_of(device).size() - 2).c_str(), nullptr, 16));
  std::snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.0", pci->domain, pci->bus & 0xFF, pci->device);
  return NVML_SUCCESS;
}

Return nvmlDeviceGetFieldValues(Device, int count, FieldValue* fields) {
  FAKE_MAY_FAIL("nvmlDeviceGetFieldValues");
  for (FieldValue* field = fields; field < fields + count; ++field) {
    field->nvmlReturn = ailment(std::to_string(field->fieldId));
    field->valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
    field->value.uiVal =
        field->fieldId == NVML_FI_DEV_POWER_INSTANT
            ? static_cast<unsigned>(1e3 * watts())
            : static_cast<unsigned>(std::atoi(setting("FAKE_NVML_MEMORY_TEMPERATURE", "55").c_str()));
  }
  return NVML_SUCCESS;
}

Return nvmlDeviceGetTotalEnergyConsumption(Device, unsigned long long* millijoules) {
  FAKE_MAY_FAIL("nvmlDeviceGetTotalEnergyConsumption");
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  *millijoules = 1'000'000 + static_cast<unsigned long long>(1e3 * watts() * seconds);
  return NVML_SUCCESS;
}

Return nvmlDeviceGetTemperatureV(Device, Temperature* asked) {
  FAKE_MAY_FAIL("nvmlDeviceGetTemperatureV");
  if (asked->version != nvmlTemperature_v1 || asked->sensorType != NVML_TEMPERATURE_GPU)
    return NVML_ERROR_INVALID_ARGUMENT;
  asked->temperature = 42;
  return NVML_SUCCESS;
}

Return nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long* reasons) {
  FAKE_MAY_FAIL("nvmlDeviceGetCurrentClocksEventReasons");
  return nvmlDeviceGetCurrentClocksThrottleReasons(device, reasons);
}

Return nvmlDeviceGetRemappedRows(Device, unsigned* corrected, unsigned* uncorrected, unsigned* pending,
                                 unsigned* failed) {
  FAKE_MAY_FAIL("nvmlDeviceGetRemappedRows");
  *corrected = 2;
  *uncorrected = 1;
  *pending = *failed = 0;
  return NVML_SUCCESS;
}

#endif
}

#include "harness/telemetry/nvml_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "kernels/device/error.hpp"
#include "kernels/device/module.hpp"

namespace petaproof {
namespace {

void* opened(const std::string& file) {
  if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  throw Error(Domain::loading, explain_load_failure(dlerror(), {}));
}

nvml::Functions functions_of(void* library) {
  nvml::Functions found{};
  const auto find = [library]<typename Function>(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(dlsym(library, name));
  };
#define PETAPROOF_FIND(name) find(found.name, #name)
  PETAPROOF_FIND(nvmlInit_v2);
  PETAPROOF_FIND(nvmlErrorString);
  PETAPROOF_FIND(nvmlSystemGetDriverVersion);
  PETAPROOF_FIND(nvmlSystemGetNVMLVersion);
  PETAPROOF_FIND(nvmlDeviceGetHandleByUUID);
  PETAPROOF_FIND(nvmlDeviceGetMigMode);
  PETAPROOF_FIND(nvmlDeviceGetDeviceHandleFromMigDeviceHandle);
  PETAPROOF_FIND(nvmlDeviceGetSerial);
  PETAPROOF_FIND(nvmlDeviceGetPciInfo_v3);
  PETAPROOF_FIND(nvmlDeviceGetBoardPartNumber);
  PETAPROOF_FIND(nvmlDeviceGetMultiGpuBoard);
  PETAPROOF_FIND(nvmlDeviceGetVbiosVersion);
  PETAPROOF_FIND(nvmlDeviceGetEccMode);
  PETAPROOF_FIND(nvmlDeviceGetPowerManagementDefaultLimit);
  PETAPROOF_FIND(nvmlDeviceGetPowerManagementLimitConstraints);
  PETAPROOF_FIND(nvmlDeviceGetClockInfo);
  PETAPROOF_FIND(nvmlDeviceGetMaxClockInfo);
  PETAPROOF_FIND(nvmlDeviceGetFieldValues);
  PETAPROOF_FIND(nvmlDeviceGetPowerUsage);
  PETAPROOF_FIND(nvmlDeviceGetEnforcedPowerLimit);
  PETAPROOF_FIND(nvmlDeviceGetTotalEnergyConsumption);
  PETAPROOF_FIND(nvmlDeviceGetTemperatureV);
  PETAPROOF_FIND(nvmlDeviceGetTemperature);
  PETAPROOF_FIND(nvmlDeviceGetCurrentClocksEventReasons);
  PETAPROOF_FIND(nvmlDeviceGetCurrentClocksThrottleReasons);
  PETAPROOF_FIND(nvmlDeviceGetTotalEccErrors);
  PETAPROOF_FIND(nvmlDeviceGetRemappedRows);
#undef PETAPROOF_FIND
  return found;
}

std::string version_from(nvml::Return (*get)(char*, unsigned)) {
  std::array<char, nvml::NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE> text{};
  static_assert(nvml::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE == text.size());
  if (!get || get(text.data(), text.size()) != nvml::NVML_SUCCESS) return {};
  text.back() = '\0';
  return text.data();
}

}  // namespace

NvmlLibrary::NvmlLibrary() {
  const char* chosen = std::getenv("PETAPROOF_NVML");
  file_ = chosen ? chosen : "libnvidia-ml.so.1";
  functions_ = functions_of(opened(file_));
  if (!functions_.nvmlInit_v2 || !functions_.nvmlDeviceGetHandleByUUID)
    throw Error(Domain::loading,
                fmt::format("{} is no NVML: it has no nvmlInit_v2 or no nvmlDeviceGetHandleByUUID", file_));
  if (const nvml::Return code = functions_.nvmlInit_v2(); code != nvml::NVML_SUCCESS)
    throw Error(Domain::loading, fmt::format("NVML does not start: {}", explain(code)));
  driver_version_ = version_from(functions_.nvmlSystemGetDriverVersion);
  nvml_version_ = version_from(functions_.nvmlSystemGetNVMLVersion);
}

std::string NvmlLibrary::explain(nvml::Return code) const {
  const char* text = functions_.nvmlErrorString ? functions_.nvmlErrorString(code) : nullptr;
  return text ? fmt::format("{} (NVML error {})", text, code) : fmt::format("NVML error {}", code);
}

}  // namespace petaproof

// NvmlDevice::identity(): what NVML says of a GPU once.
#include <fmt/format.h>

#include <array>

#include "harness/telemetry/nvml_device.hpp"

namespace petaproof {
namespace {

using namespace nvml;

// A function of NVML and its name.
#define PETAPROOF_NVML_CALL(name) nvml_.name, #name

// Reads one value after the other; what cannot be read gets its reason.
class Reader {
 public:
  Reader(const NvmlLibrary& library, nvml::Device device, bool mig)
      : library_(library), nvml_(library.call()), device_(device), mig_(mig) {}

  GpuIdentity read() {
    gpu_.reason.clear();
    names();
    modes();
    limits();
    return std::move(gpu_);
  }

 private:
  void names() {
    text("serial", gpu_.serial, PETAPROOF_NVML_CALL(nvmlDeviceGetSerial), NVML_DEVICE_SERIAL_BUFFER_SIZE);
    text("board_part_number", gpu_.board_part_number, PETAPROOF_NVML_CALL(nvmlDeviceGetBoardPartNumber),
         NVML_DEVICE_PART_NUMBER_BUFFER_SIZE);
    text("vbios_version", gpu_.vbios_version, PETAPROOF_NVML_CALL(nvmlDeviceGetVbiosVersion),
         NVML_DEVICE_VBIOS_VERSION_BUFFER_SIZE);
    take("driver_version", gpu_.driver_version, library_.driver_version());
    PciInfo pci{};
    if (!called("pci_bus_id", PETAPROOF_NVML_CALL(nvmlDeviceGetPciInfo_v3), &pci)) return;
    pci.busId[sizeof pci.busId - 1] = '\0';
    take("pci_bus_id", gpu_.pci_bus_id, pci.busId);
  }

  void modes() {
    unsigned value = 0, pending = 0;
    if (called("multi_gpu_board", PETAPROOF_NVML_CALL(nvmlDeviceGetMultiGpuBoard), &value))
      gpu_.multi_gpu_board = value != 0;
    EnableState ecc{}, pending_ecc{};
    if (called("ecc", PETAPROOF_NVML_CALL(nvmlDeviceGetEccMode), &ecc, &pending_ecc))
      gpu_.ecc = ecc == NVML_FEATURE_ENABLED;
    if (mig_) {  // the device was found through an instance
      gpu_.mig = true;
    } else if (called("mig", PETAPROOF_NVML_CALL(nvmlDeviceGetMigMode), &value, &pending)) {
      gpu_.mig = value == NVML_DEVICE_MIG_ENABLE;
    } else if (code_ == NVML_ERROR_NOT_SUPPORTED) {  // "if device doesn't support MIG mode", says NVML
      gpu_.mig = false;
      gpu_.unread.erase("mig");
    }
  }

  void limits() {
    unsigned value = 0, least = 0;
    if (called("max_sm_clock_megahertz", PETAPROOF_NVML_CALL(nvmlDeviceGetMaxClockInfo), NVML_CLOCK_SM, &value))
      take("max_sm_clock_megahertz", gpu_.max_sm_clock_megahertz, value);
    if (called("power_limit_watts", PETAPROOF_NVML_CALL(nvmlDeviceGetEnforcedPowerLimit), &value))
      take("power_limit_watts", gpu_.power_limit_watts, value / 1000.0);
    if (called("default_power_limit_watts", PETAPROOF_NVML_CALL(nvmlDeviceGetPowerManagementDefaultLimit), &value))
      take("default_power_limit_watts", gpu_.default_power_limit_watts, value / 1000.0);
    if (called("max_power_limit_watts", PETAPROOF_NVML_CALL(nvmlDeviceGetPowerManagementLimitConstraints), &least,
               &value))
      take("max_power_limit_watts", gpu_.max_power_limit_watts, value / 1000.0);
  }

  // False, with the reason, where there is no value.
  template <typename Function, typename... Arguments>
  bool called(const char* name, Function* function, const char* function_name, Arguments... arguments) {
    code_ = NVML_SUCCESS;
    if (!function) {
      gpu_.unread[name] = fmt::format("this driver's NVML has no {}", function_name);
      return false;
    }
    code_ = function(device_, arguments...);
    if (code_ != NVML_SUCCESS) gpu_.unread[name] = library_.explain(code_);
    return code_ == NVML_SUCCESS;
  }

  template <typename Function>
  void text(const char* name, std::optional<std::string>& value, Function* function, const char* function_name,
            unsigned length) {
    std::array<char, NVML_DEVICE_PART_NUMBER_BUFFER_SIZE + 1> buffer{};  // the longest, and an end in any case
    if (called(name, function, function_name, buffer.data(), length)) take(name, value, buffer.data());
  }

  // Some boards have the field and nothing in it.
  void take(const char* name, std::optional<std::string>& value, const std::string& read) {
    if (read.empty())
      gpu_.unread[name] = "NVML reports an empty text";
    else
      value = read;
  }

  void take(const char* name, std::optional<double>& value, double read) {
    if (read > 0)
      value = read;
    else
      gpu_.unread[name] = "NVML reports 0, which no GPU has";
  }

  const NvmlLibrary& library_;
  const nvml::Functions& nvml_;
  const nvml::Device device_;
  const bool mig_;
  Return code_ = NVML_SUCCESS;  // of the last call
  GpuIdentity gpu_;
};

}  // namespace

GpuIdentity NvmlDevice::identity() {
  return Reader(library_, device_, mig_).read();
}

}  // namespace petaproof

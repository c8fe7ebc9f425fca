// What tells one GPU from another, and how it is set up: read once, before anything is measured.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace petaproof {

/// As the driver reports it; a forged driver forges it. Of a MIG instance, of its whole GPU.
struct GpuIdentity {
  std::string reason = "nothing was read";  // why that is so; empty where something was
  std::optional<std::string> serial;        // of the board, as on its label
  std::optional<std::string> pci_bus_id;    // "00000000:1B:00.0"
  std::optional<std::string> board_part_number;
  std::optional<std::string> vbios_version;
  std::optional<std::string> driver_version;
  std::optional<bool> multi_gpu_board;  // then several GPUs may rightly have one serial number
  std::optional<bool> ecc;              // on or off
  std::optional<bool> mig;              // the GPU is in MIG mode, so that it may be cut into instances
  std::optional<double> max_sm_clock_megahertz;
  std::optional<double> power_limit_watts;  // that the driver enforces
  std::optional<double> default_power_limit_watts;
  std::optional<double> max_power_limit_watts;
  std::map<std::string, std::string> unread;  // why a value is absent, by its name in for_each_value
};

/// Calls visit(name, value) for each value, with its name in records.
template <typename Identity, typename Visit>
void for_each_value(Identity& gpu, Visit visit) {
  visit("serial", gpu.serial);
  visit("pci_bus_id", gpu.pci_bus_id);
  visit("board_part_number", gpu.board_part_number);
  visit("vbios_version", gpu.vbios_version);
  visit("driver_version", gpu.driver_version);
  visit("multi_gpu_board", gpu.multi_gpu_board);
  visit("ecc", gpu.ecc);
  visit("mig", gpu.mig);
  visit("max_sm_clock_megahertz", gpu.max_sm_clock_megahertz);
  visit("power_limit_watts", gpu.power_limit_watts);
  visit("default_power_limit_watts", gpu.default_power_limit_watts);
  visit("max_power_limit_watts", gpu.max_power_limit_watts);
}

}  // namespace petaproof

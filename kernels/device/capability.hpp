// What a GPU can do, by its compute capability.
#pragma once

#include <optional>
#include <string>

#include "kernels/device/device.hpp"

namespace petaproof {

/// 90 for "9.0"; 0 where the device has none.
inline int capability_of(const DeviceFacts& facts) {
  const auto found = facts.more.find("compute_capability");
  if (found == facts.more.end()) return 0;
  const std::size_t dot = found->second.find('.');
  return dot == std::string::npos
             ? 0
             : 10 * std::stoi(found->second.substr(0, dot)) + std::stoi(found->second.substr(dot + 1));
}

/// Whether its tensor cores sum the products of FP8 as wide as FP32, as Blackwell's do. Those of Ada and Hopper keep
/// 13 bits: bounds.hpp, "Aligned products".
inline bool sums_fp8_in_fp32(const DeviceFacts& facts) {
  return capability_of(facts) >= 100;
}

/// Why a kernel of sm_90a cannot run on a device; empty where it can: on 9.0 alone, not on what comes after.
inline std::optional<std::string> hopper_refusal(const DeviceFacts& facts) {
  if (capability_of(facts) == 90) return std::nullopt;
  const auto capability = facts.more.find("compute_capability");
  return "wgmma needs compute capability 9.0 (H100, H200); " + facts.name + " has " +
         (capability == facts.more.end() ? "none" : capability->second);
}

}  // namespace petaproof

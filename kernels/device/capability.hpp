// What a GPU can do, by its compute capability.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "kernels/device/device.hpp"

namespace petaproof {

/// 90 for "9.0"; 0 for what is none: "gfx942", or nothing.
inline int capability_of(const std::string& text) {
  int major = 0, minor = 0, end = 0;
  const int read = std::sscanf(text.c_str(), "%d.%d%n", &major, &minor, &end);
  return read == 2 && static_cast<std::size_t>(end) == text.size() ? 10 * major + minor : 0;
}

/// "9.0"; empty where the device has none.
inline std::string capability_text(const DeviceFacts& facts) {
  const auto found = facts.more.find("compute_capability");
  return found == facts.more.end() ? std::string() : found->second;
}

inline int capability_of(const DeviceFacts& facts) {
  return capability_of(capability_text(facts));
}

/// Whether its tensor cores sum the products of FP8 as wide as FP32, as Blackwell's do. Those of Ada and Hopper keep
/// 13 bits: bounds.hpp, "Aligned products".
inline bool sums_fp8_in_fp32(const DeviceFacts& facts) {
  return capability_of(facts) >= 100;
}

/// Why a kernel of sm_90a does not run on a compute capability; empty where it does: on 9.0 alone, not on what comes
/// after.
inline std::optional<std::string> hopper_refusal(int capability) {
  if (capability == 90) return std::nullopt;
  return "wgmma needs 9.0 (H100, H200)";
}

}  // namespace petaproof

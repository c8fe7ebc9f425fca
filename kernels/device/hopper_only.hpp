// What kernels of sm_90a refuse alike.
#pragma once

#include <optional>
#include <string>

#include "kernels/device/device.hpp"

namespace petaproof {

/// Why a kernel of sm_90a cannot run on a device; empty where it can: on 9.0 alone, not on what comes after.
inline std::optional<std::string> hopper_refusal(const DeviceFacts& facts) {
  const auto capability = facts.more.find("compute_capability");
  if (capability != facts.more.end() && capability->second == "9.0") return std::nullopt;
  return "wgmma needs compute capability 9.0 (H100, H200); " + facts.name + " has " +
         (capability == facts.more.end() ? "none" : capability->second);
}

}  // namespace petaproof

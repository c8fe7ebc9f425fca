// Whose peak a rate is held against, where a workload's precision has no units of its own.
#pragma once

#include <string_view>

namespace petaproof {

/// FP8 of two formats, "fp8_e4m3_e5m2", and with scales of blocks run on the units of "fp8", "nvfp4" on those of
/// "fp4".
constexpr std::string_view unit_precision(std::string_view name) {
  if (name.starts_with("fp8_") || name == "mxfp8") return "fp8";
  return name == "nvfp4" ? "fp4" : name;
}

}  // namespace petaproof

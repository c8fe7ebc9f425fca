// What the loops of kernels/peak refuse alike.
#pragma once

#include <optional>
#include <string>

#include "kernels/workload.hpp"

namespace petaproof::peak {

/// Every multiprocessor has an iteration to do.
inline std::optional<std::string> too_few_iterations(const Setting& setting, const Params& params) {
  const int units = setting.device.facts().units;
  if (params.integer("iterations") >= units) return std::nullopt;
  return std::to_string(params.integer("iterations")) + " iterations are fewer than the " + std::to_string(units) +
         " multiprocessors";
}

/// Why mma.sync in `precision` and shape m x 8 x k is not the ceiling of a compute capability; empty where it is.
///   8.x   every precision; of FP64 m8n8k4 alone
///   9.0   FP64; the others are faster with wgmma, which peak/wgmma measures
///   10.x, 11.x   none: their tensor cores are fed by tcgen05
///   12.x  as 8.x with all shapes: these have neither wgmma nor tcgen05
inline std::optional<std::string> mma_refusal(int capability, const std::string& precision, bool needs_sm_90) {
  if (capability >= 100 && capability < 120)
    return "the ceiling of this device is that of tcgen05, which no loop here measures yet; mma.sync is none";
  if (capability == 90 && precision != "fp64")
    return "the ceiling of this device in " + precision + " is that of wgmma: peak/wgmma; mma.sync is none";
  if (capability < 90 && needs_sm_90) return "this shape of FP64 needs 9.0";
  return std::nullopt;
}

inline std::optional<std::string> wgmma_refusal(int capability) {
  if (capability == 90) return std::nullopt;
  return capability >= 100 && capability < 120
             ? "wgmma is Hopper's; the ceiling of this device is that of tcgen05, which no loop here measures yet"
             : "wgmma is Hopper's; the ceiling of this device is that of mma.sync: peak/mma";
}

}  // namespace petaproof::peak

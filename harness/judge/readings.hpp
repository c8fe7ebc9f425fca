// What a claim may mean: its readings, GPU model x precision x sparsity x emulation x kind.
//
// "4,000 GPUs, 240 petaflops" says none of the five. It gets no single verdict: each reading gets its own.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/claim.hpp"

namespace petaproof::judge {

struct Reading {
  std::string hardware_id;
  Precision precision = Precision::fp64;
  Sparsity sparsity = Sparsity::dense;
  Emulation emulation = Emulation::native;
  Kind kind = Kind::peak;

  /// "h100-sxm-80gb/fp64_tensor/dense/kernel"; "h100-sxm-80gb/fp64-emulated/dense/kernel"
  std::string id() const;
};

/// Every reading that the claim in FLOP/s leaves open, by model, sparsity, emulation, precision, kind. A model has
/// readings for the precisions that it has a published peak for. Empty for a claim without compute or without GPUs;
/// Error(config) if one with both has no reading at all, such as FP4 on a GPU without FP4.
std::vector<Reading> expand_readings(const Claim& claim, const HardwareDatabase& hardware);

}  // namespace petaproof::judge

// What a claim may mean: its readings, GPU model x precision x sparsity x kind.
//
// "4,000 GPUs, 240 petaflops" says none of the four. It gets no single verdict: each reading gets its own.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/claim.hpp"

namespace petaproof::judge {

struct Reading {
  std::string hardware_id;
  Precision precision = Precision::fp64;
  Sparsity sparsity = Sparsity::dense;
  Kind kind = Kind::peak;

  std::string id() const;  // "h100-sxm-80gb/fp64_tensor/dense/kernel"
};

/// Every reading that the claim leaves open, by model, sparsity, precision, kind. A model has readings for
/// the precisions that it has a published peak for. Error(config) if the claim has no reading at all, such as
/// FP4 on a GPU without FP4.
std::vector<Reading> expand_readings(const Claim& claim, const HardwareDatabase& hardware);

}  // namespace petaproof::judge

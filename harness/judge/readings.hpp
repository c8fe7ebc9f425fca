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

struct Expansion {
  std::vector<Reading> readings;
  std::string contradiction;  // why the claim was read without some of its words
};

/// Every reading that the claim in FLOP/s leaves open, by model, sparsity, emulation, precision, kind. A model has
/// readings for the precisions that it has a published peak for. None for a claim without compute or without GPUs.
///
/// What cannot be meant together, such as FP4 on a GPU without FP4 or 2:4 in training, is a contradiction: the claim
/// is read without any one of its words, or any two where that is not enough, in every way that then has a reading.
Expansion expand_readings(const Claim& claim, const HardwareDatabase& hardware);

/// The same contradiction of a claim in FLOP/s of no stated number of GPUs, which has no readings; empty: none.
std::string contradiction_without_count(const Claim& claim, const HardwareDatabase& hardware);

}  // namespace petaproof::judge

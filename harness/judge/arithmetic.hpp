// What paper alone says about a reading: the peak, the clock it would take, and whether no GPU could do it.
#pragma once

#include <optional>
#include <string>

#include "harness/judge/need.hpp"

namespace petaproof::judge {

struct Arithmetic {
  double peak_tflops = 0;  // per GPU, as published
  Status peak_status = Status::recalled;
  std::string peak_source;
  std::optional<double> flop_per_clock;      // of the whole GPU
  std::optional<double> required_clock_mhz;  // at which a perfect kernel just reaches the need
  double need_over_peak = 0;
  double paper_total_tflops = 0;  // claimed count x peak

  /// The most that the claim's GPUs can do by any source: the largest count that rounds to the claim, times
  /// the highest of published peak, what other sources print, and FLOP per clock x maximum SM clock.
  double ceiling_per_gpu_tflops = 0;
  double ceiling_total_tflops = 0;
  std::string ceiling_basis;

  /// How many packages each counted GPU must at least be for the ceiling to reach the least that rounds to the claim.
  /// One suffices unless `refuted`.
  double packages_needed = 1;
  /// With one package to a GPU, even the ceiling is below the least that rounds to the claim: refuted, whatever the
  /// kind.
  bool refuted = false;
};

/// The unit that computes a precision: its own, or, where it is emulated, the narrower one whose products stand in
/// for it: INT8 for FP64, BF16 for FP32. Nothing for a precision that nobody emulates.
std::optional<Precision> unit_of(Precision precision, Emulation emulation);

/// The most that one GPU does of what `unit` computes, TFLOP/s, by the kindest source: the highest peak that any
/// prints, or FLOP per clock x maximum SM clock. Nothing where no peak is published.
std::optional<double> ceiling_tflops(const Hardware& gpu, Precision unit, Sparsity sparsity);

/// `gpu` must have a peak of unit_of() with this sparsity. An emulated product takes at least one of the unit, so the
/// unit's peak is the ceiling of what it emulates, and the kindest there is: libraries take many.
Arithmetic arithmetic_of(const Hardware& gpu, Precision precision, Sparsity sparsity, Emulation emulation,
                         const Need& need);

}  // namespace petaproof::judge

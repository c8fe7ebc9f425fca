// A published claim as data: configs/claims/<id>.json.
//
// What the claim does not state is `unspecified` in the file and empty here. It is never filled in:
// readings.hpp expands it into every reading that it leaves open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/dimensions.hpp"
#include "harness/judge/hardware.hpp"
#include "harness/judge/rounding.hpp"

namespace petaproof::judge {

/// Whether what is claimed is said to exist. What is planned or contracted cannot be measured yet.
enum class Existence { unspecified, operational, planned, contracted };
std::string_view to_string(Existence existence);

struct Claim {
  std::string id;
  std::string quote;    // word for word
  std::string subject;  // who or what it is about; may be empty
  std::string source;
  std::string as_of;  // date; may be empty
  Existence existence = Existence::unspecified;

  PrintedNumber compute;  // in `unit`
  std::string unit;       // "PFLOP/s"
  double unit_tflops = 0;
  PrintedNumber gpus;

  std::optional<Kind> kind;
  std::optional<Precision> precision;
  std::optional<Sparsity> sparsity;
  std::optional<std::string> model;  // a hardware id
  std::vector<std::string> models;   // the one stated, or those that the file says to assume

  /// What is left open, as words for a reader: "GPU model", "precision", "sparsity", "kind".
  std::vector<std::string> not_stated() const;
};

/// Error(config), one line with file, JSON path and what is allowed, for anything that is not a claim: an
/// unknown key, unit, precision or GPU, a count or value of 0 or below, a printed form that is another
/// number.
Claim load_claim(const std::filesystem::path& file, const HardwareDatabase& hardware);

/// What the claim asks for, TFLOP/s, in total and of each GPU, with both numbers rounded as printed.
struct Need {
  double total_tflops = 0;
  double total_lower_tflops = 0;  // the least that rounds to the claim: below it, a claim is refuted
  double total_upper_tflops = 0;
  std::int64_t gpus = 0;
  std::int64_t gpus_min = 0;
  std::int64_t gpus_max = 0;
  double per_gpu_tflops = 0;
  double per_gpu_lower_tflops = 0;  // least compute on most GPUs
  double per_gpu_upper_tflops = 0;  // most compute on fewest GPUs
};
Need need_of(const Claim& claim);

}  // namespace petaproof::judge

// What a claim in FLOP/s must say to mean one thing, beside the GPU model: precision, sparsity, emulation, kind.
// The words here are those of claim files, hardware files, records and JSON output.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof::judge {

/// `fp64` is the vector unit, `fp64_tensor` the tensor cores; the ordering is that of the tables.
/// `int8` counts operations, not FLOP: hardware files have it, claims in FLOP/s cannot mean it.
enum class Precision { fp64, fp64_tensor, fp32, tf32, bf16, fp16, fp8, fp6, fp4, int8 };

/// `two_of_four`, written "2:4": two of every four weights are zero and the skipped products are credited.
enum class Sparsity { dense, two_of_four };

/// `emulated`: products of this precision put together from products of a narrower one (FP64 from INT8, FP32 from
/// BF16), as libraries offer. Their rate may exceed the peak of the unit that they replace.
enum class Emulation { native, emulated };

/// What is summed over the cluster, from the weakest statement to the strongest. Proving one proves none
/// below it.
enum class Kind {
  peak,      // K0: datasheet times count, on paper
  kernel,    // K1: every GPU runs its own verified kernel, at the same time
  coupled,   // K2: GPUs wait for each other: HPL, a bulk-synchronous program
  training,  // K3: model FLOPs of training steps
  goodput,   // K4: the same over days, failures and restarts included
};

/// Of training, in tokens: more than any that a claim or a result means.
inline constexpr std::int64_t longest_sequence = 1'000'000'000;

std::string_view to_string(Precision precision);
std::string_view to_string(Sparsity sparsity);
std::string_view to_string(Emulation emulation);
std::string_view to_string(Kind kind);

std::optional<Precision> find_precision(std::string_view name);
std::optional<Sparsity> find_sparsity(std::string_view name);
std::optional<Emulation> find_emulation(std::string_view name);
std::optional<Kind> find_kind(std::string_view name);

std::span<const Precision> all_precisions();
std::span<const Sparsity> all_sparsities();
std::span<const Emulation> all_emulations();
std::span<const Kind> all_kinds();

/// The names of a list above, for messages and for `choice`.
template <typename T>
std::vector<std::string> names_of(std::span<const T> values) {
  std::vector<std::string> names;
  for (const T value : values) names.emplace_back(to_string(value));
  return names;
}

}  // namespace petaproof::judge

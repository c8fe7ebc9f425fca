#include "harness/judge/readings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/judge/arithmetic.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// 2:4 sparsity is credited on paper and in a GEMM whose one operand was pruned for it. HPL's matrices are
// dense by definition, and training does not run on pruned weights as a matter of course, so crediting
// products that nobody asked for would inflate the coupled kinds and those above it: they are read as dense
// only.
bool has_sparse_reading(Kind kind) {
  return kind == Kind::peak || kind == Kind::kernel;
}

// What is emulated is a library's product, so it is read as a kernel, or as HPL made of such kernels. No datasheet
// has a peak of it.
bool has_emulated_reading(Sparsity sparsity, Kind kind) {
  return sparsity == Sparsity::dense && (kind == Kind::kernel || kind == Kind::coupled);
}

template <typename T>
bool may_mean(const std::optional<T>& stated, T value) {
  return !stated || *stated == value;
}

template <typename T>
std::string_view stated_or_not(const std::optional<T>& stated) {
  return stated ? to_string(*stated) : "unspecified";
}

bool is_claimed(const ComputeClaim& compute, const Reading& reading) {
  return may_mean(compute.sparsity, reading.sparsity) && may_mean(compute.precision, reading.precision) &&
         may_mean(compute.emulation, reading.emulation) && may_mean(compute.kind, reading.kind);
}

// Whether the GPU and the kind know such a thing at all.
bool exists(const Hardware& gpu, const Reading& reading) {
  if (reading.precision == Precision::int8) return false;
  if (reading.sparsity == Sparsity::two_of_four && !has_sparse_reading(reading.kind)) return false;
  if (reading.emulation == Emulation::emulated && !has_emulated_reading(reading.sparsity, reading.kind)) return false;
  const auto unit = unit_of(reading.precision, reading.emulation);
  return unit && gpu.peak(*unit, reading.sparsity) != nullptr;
}

std::vector<Reading> readings_of(const ComputeClaim& compute, const std::vector<std::string>& models,
                                 const HardwareDatabase& hardware) {
  std::vector<Reading> readings;
  for (const auto& model : models)
    for (const Sparsity sparsity : all_sparsities())
      for (const Emulation emulation : all_emulations())
        for (const Precision precision : all_precisions())
          for (const Kind kind : all_kinds()) {
            const Reading reading{model, precision, sparsity, emulation, kind};
            const Hardware* gpu = hardware.find(model);
            if (gpu != nullptr && is_claimed(compute, reading) && exists(*gpu, reading)) readings.push_back(reading);
          }
  return readings;
}

// Words of a claim that may have to go for it to mean anything; in the order tried, the fewest first.
struct LeftOut {
  bool emulation = false;
  bool sparsity = false;
  bool precision = false;
  bool kind = false;
};
constexpr LeftOut left_out_in_turn[] = {
    {},
    {.emulation = true},
    {.sparsity = true},
    {.precision = true},
    {.kind = true},
    {.emulation = true, .sparsity = true},
    {.emulation = true, .sparsity = true, .precision = true},
    {.emulation = true, .sparsity = true, .precision = true, .kind = true},
};

template <typename T>
void add_words(const char* name, const std::optional<T>& stated, bool left_out, std::vector<std::string>& gone,
               std::vector<std::string>& kept) {
  if (stated) (left_out ? gone : kept).push_back(fmt::format("{} {}", name, to_string(*stated)));
}

// The compute claim without these words, and what was said in them.
std::string leave_out(const LeftOut& words, ComputeClaim& compute) {
  std::vector<std::string> gone;
  std::vector<std::string> kept;
  add_words("precision", compute.precision, words.precision, gone, kept);
  add_words("sparsity", compute.sparsity, words.sparsity, gone, kept);
  add_words("emulation", compute.emulation, words.emulation, gone, kept);
  add_words("kind", compute.kind, words.kind, gone, kept);
  if (words.precision) compute.precision.reset();
  if (words.sparsity) compute.sparsity.reset();
  if (words.emulation) compute.emulation.reset();
  if (words.kind) compute.kind.reset();
  if (gone.empty()) return {};
  std::string said = fmt::format("{}", fmt::join(gone, ", "));
  if (!kept.empty()) said += fmt::format(" (beside {})", fmt::join(kept, ", "));
  return said;
}

std::string names_of_models(const Claim& claim, const HardwareDatabase& hardware) {
  std::vector<std::string> names;
  for (const auto& id : claim.models) names.push_back(hardware.find(id)->short_name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string Reading::id() const {
  return fmt::format("{}/{}{}/{}/{}", hardware_id, to_string(precision),
                     emulation == Emulation::emulated ? "-emulated" : "", to_string(sparsity), to_string(kind));
}

Expansion expand_readings(const Claim& claim, const HardwareDatabase& hardware) {
  Expansion result;
  if (!claim.compute || !claim.gpus) return result;
  for (const LeftOut& words : left_out_in_turn) {
    ComputeClaim compute = *claim.compute;
    const std::string said = leave_out(words, compute);
    result.readings = readings_of(compute, claim.models, hardware);
    if (result.readings.empty()) continue;
    if (!said.empty())
      result.contradiction = fmt::format(
          "it says {}, which is nothing that {} does: read as if that were not stated (2:4 is read as peak or kernel "
          "only, emulated fp64 and fp32 as kernel or coupled only)",
          said, names_of_models(claim, hardware));
    return result;
  }
  throw Error(Domain::config, fmt::format("claim {}: no peak of any precision is known of {}", claim.id,
                                          fmt::join(claim.models, ", ")));
}

}  // namespace petaproof::judge

#include "harness/judge/readings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

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

bool is_claimed(const ComputeClaim& compute, const Reading& reading, const Hardware& gpu) {
  return compute.may_mean(reading.precision, reading.sparsity, reading.emulation, gpu) &&
         (!compute.kind || *compute.kind == reading.kind);
}

// Whether the GPU and the kind know such a thing at all.
bool exists(const Hardware& gpu, const Reading& reading) {
  if (reading.precision == Precision::int8) return false;
  if (reading.sparsity == Sparsity::two_of_four && !has_sparse_reading(reading.kind)) return false;
  if (reading.emulation == Emulation::emulated && !has_emulated_reading(reading.sparsity, reading.kind)) return false;
  const auto unit = unit_of(reading.precision, reading.emulation);
  return unit && gpu.peak(*unit, reading.sparsity) != nullptr;
}

// What a claim in FLOP/s states, one bit each, in the order of ComputeClaim.
enum Word : unsigned { precision_word = 1, sparsity_word = 2, emulation_word = 4, kind_word = 8 };
constexpr unsigned all_words = 15;

unsigned words_of(const ComputeClaim& compute) {
  return (compute.precision ? precision_word : 0U) | (compute.sparsity ? sparsity_word : 0U) |
         (compute.emulation ? emulation_word : 0U) | (compute.kind ? kind_word : 0U);
}

ComputeClaim without(ComputeClaim compute, unsigned words) {
  if (words & precision_word) compute.precision.reset();
  if (words & sparsity_word) compute.sparsity.reset();
  if (words & emulation_word) compute.emulation.reset();
  if (words & kind_word) compute.kind.reset();
  return compute;
}

// "precision fp4, sparsity dense, kind kernel"
std::string said_by(const ComputeClaim& compute) {
  std::vector<std::string> words;
  if (compute.precision) words.push_back(fmt::format("precision {}", compute.precision->word()));
  if (compute.sparsity) words.push_back(fmt::format("sparsity {}", to_string(*compute.sparsity)));
  if (compute.emulation) words.push_back(fmt::format("emulation {}", to_string(*compute.emulation)));
  if (compute.kind) words.push_back(fmt::format("kind {}", to_string(*compute.kind)));
  return fmt::format("{}", fmt::join(words, ", "));
}

// The claim without any `count` of its words.
std::vector<ComputeClaim> versions_of(const ComputeClaim& compute, int count) {
  std::vector<ComputeClaim> versions;
  for (unsigned words = 0; words <= all_words; ++words)
    if (std::popcount(words) == count && (words & ~words_of(compute)) == 0)
      versions.push_back(without(compute, words));
  return versions;
}

// Whatever any of these versions may mean.
std::vector<Reading> readings_of(const std::vector<ComputeClaim>& versions, const std::vector<std::string>& models,
                                 const HardwareDatabase& hardware) {
  std::vector<Reading> readings;
  for (const auto& model : models) {
    const Hardware& gpu = *hardware.find(model);
    for (const Sparsity sparsity : all_sparsities())
      for (const Emulation emulation : all_emulations())
        for (const Precision precision : all_precisions())
          for (const Kind kind : all_kinds()) {
            const Reading reading{model, precision, sparsity, emulation, kind};
            const auto claims = [&](const ComputeClaim& version) { return is_claimed(version, reading, gpu); };
            if (exists(gpu, reading) && std::ranges::any_of(versions, claims)) readings.push_back(reading);
          }
  }
  return readings;
}

std::string names_of_models(const Claim& claim, const HardwareDatabase& hardware) {
  std::vector<std::string> names;
  for (const auto& id : claim.models) names.push_back(hardware.find(id)->short_name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// What a version of the claim is not read for, as it stands in a sentence.
constexpr std::string_view what_is_read =
    "2:4 is read as peak or kernel only, emulated fp64 and fp32 as kernel or coupled only";

std::string said_together(const Claim& claim, const HardwareDatabase& hardware) {
  return fmt::format("it says {}, which together is nothing that {} does", said_by(*claim.compute),
                     names_of_models(claim, hardware));
}

}  // namespace

std::string Reading::id() const {
  return fmt::format("{}/{}{}/{}/{}", hardware_id, to_string(precision),
                     emulation == Emulation::emulated ? "-emulated" : "", to_string(sparsity), to_string(kind));
}

std::string contradiction_without_count(const Claim& claim, const HardwareDatabase& hardware) {
  if (!claim.compute || claim.gpus || claim.models.empty()) return {};
  if (!readings_of({*claim.compute}, claim.models, hardware).empty()) return {};
  return fmt::format("{} ({})", said_together(claim, hardware), what_is_read);
}

Expansion expand_readings(const Claim& claim, const HardwareDatabase& hardware) {
  if (!claim.compute || !claim.gpus) return {};
  for (int count = 0; count <= std::popcount(all_words); ++count) {
    auto versions = versions_of(*claim.compute, count);
    // claim_text.cpp names it: whichever of the two words is wrong
    if (claim.compute->benchmark_excludes_precision()) versions.push_back(without(*claim.compute, precision_word));
    Expansion result{readings_of(versions, claim.models, hardware), {}};
    if (result.readings.empty()) continue;
    if (count > 0)
      result.contradiction =
          fmt::format("{}: read without any {} of these words ({})", said_together(claim, hardware),
                      count == 1 ? "one" : std::to_string(count), what_is_read);
    return result;
  }
  throw Error(Domain::config, fmt::format("claim {}: no peak of any precision is known of {}", claim.id,
                                          fmt::join(claim.models, ", ")));
}

}  // namespace petaproof::judge

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

[[noreturn]] void fail_without_readings(const Claim& claim) {
  const ComputeClaim& compute = *claim.compute;
  throw Error(
      Domain::config,
      fmt::format("claim {}: it has no reading: no peak is known for precision {}, sparsity {}, emulation {}, "
                  "kind {} on {} (2:4 is read as peak or kernel only, emulated fp64 or fp32 as kernel or "
                  "coupled only)",
                  claim.id, stated_or_not(compute.precision), stated_or_not(compute.sparsity),
                  stated_or_not(compute.emulation), stated_or_not(compute.kind), fmt::join(claim.models, ", ")));
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

}  // namespace

std::string Reading::id() const {
  return fmt::format("{}/{}{}/{}/{}", hardware_id, to_string(precision),
                     emulation == Emulation::emulated ? "-emulated" : "", to_string(sparsity), to_string(kind));
}

std::vector<Reading> expand_readings(const Claim& claim, const HardwareDatabase& hardware) {
  std::vector<Reading> readings;
  if (!claim.compute || !claim.gpus) return readings;
  for (const auto& model : claim.models)
    for (const Sparsity sparsity : all_sparsities())
      for (const Emulation emulation : all_emulations())
        for (const Precision precision : all_precisions())
          for (const Kind kind : all_kinds()) {
            const Reading reading{model, precision, sparsity, emulation, kind};
            const Hardware* gpu = hardware.find(model);
            if (gpu != nullptr && is_claimed(*claim.compute, reading) && exists(*gpu, reading))
              readings.push_back(reading);
          }
  if (readings.empty()) fail_without_readings(claim);
  return readings;
}

}  // namespace petaproof::judge

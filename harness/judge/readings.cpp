#include "harness/judge/readings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

[[noreturn]] void fail_without_readings(const Claim& claim) {
  throw Error(
      Domain::config,
      fmt::format("claim {}: it has no reading: no peak is known for precision {}, sparsity {}, kind {} on {} "
                  "(2:4 is read as peak or kernel only)",
                  claim.id, claim.precision ? to_string(*claim.precision) : "unspecified",
                  claim.sparsity ? to_string(*claim.sparsity) : "unspecified",
                  claim.kind ? to_string(*claim.kind) : "unspecified", fmt::join(claim.models, ", ")));
}

}  // namespace

std::string Reading::id() const {
  return fmt::format("{}/{}/{}/{}", hardware_id, to_string(precision), to_string(sparsity), to_string(kind));
}

std::vector<Reading> expand_readings(const Claim& claim, const HardwareDatabase& hardware) {
  std::vector<Reading> readings;
  for (const auto& model : claim.models)
    for (const Sparsity sparsity : all_sparsities())
      for (const Precision precision : all_precisions())
        for (const Kind kind : all_kinds()) {
          const bool claimed = (!claim.sparsity || *claim.sparsity == sparsity) &&
                               (!claim.precision || *claim.precision == precision) &&
                               (!claim.kind || *claim.kind == kind);
          if (!claimed || precision == Precision::int8) continue;
          if (sparsity == Sparsity::two_of_four && !has_sparse_reading(kind)) continue;
          const Hardware* gpu = hardware.find(model);
          if (gpu == nullptr || gpu->peak(precision, sparsity) == nullptr) continue;
          readings.push_back({model, precision, sparsity, kind});
        }
  if (readings.empty()) fail_without_readings(claim);
  return readings;
}

}  // namespace petaproof::judge

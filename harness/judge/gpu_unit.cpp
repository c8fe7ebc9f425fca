#include "harness/judge/gpu_unit.hpp"

#include <fmt/format.h>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

std::string plural(GpuUnit unit) {
  return unit == GpuUnit::h100_equivalent ? "H100-equivalents" : fmt::format("{}s", to_string(unit));
}

}  // namespace

std::optional<PackageRange> packages_in(GpuUnit unit, const Hardware& gpu) {
  const auto node = static_cast<double>(gpu.node_gpus());
  switch (unit) {
    case GpuUnit::package: return PackageRange{1, 1};
    case GpuUnit::die: return PackageRange{0.25, 1};     // up to four dies to a package are announced (Rubin Ultra)
    case GpuUnit::superchip: return PackageRange{1, 2};  // GH200 has one GPU, GB200 two
    case GpuUnit::pair: return PackageRange{1, 2};  // of dies in one package (MI250X), or of two cards (H100 NVL)
    case GpuUnit::node: return PackageRange{node, node};
    case GpuUnit::h100_equivalent: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> most_packages(const GpuClaim& gpus, const Hardware& gpu) {
  const auto range = packages_in(gpus.unit.value_or(GpuUnit::node), gpu);
  return range ? std::optional(range->most) : std::nullopt;
}

bool counts_packages(const GpuClaim& gpus) {
  return !gpus.unit || *gpus.unit == GpuUnit::package;
}

std::string counted_text(const GpuClaim& gpus, const Hardware& gpu) {
  if (counts_packages(gpus)) return fmt::format("{} {}", gpus.count.printed, gpu.short_name);
  const auto range = packages_in(*gpus.unit, gpu);
  if (!range) return counted_text(gpus);
  const std::string each = range->least == range->most
                               ? shown_exactly(range->most)
                               : fmt::format("{} to {}", shown_exactly(range->least), shown_exactly(range->most));
  return fmt::format("{} {} of {} {}", gpus.count.printed, plural(*gpus.unit), each, gpu.short_name);
}

std::string counted_text(const GpuClaim& gpus) {
  return fmt::format("{} {}", gpus.count.printed, counts_packages(gpus) ? "GPUs" : plural(*gpus.unit));
}

}  // namespace petaproof::judge

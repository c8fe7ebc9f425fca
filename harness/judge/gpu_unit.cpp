#include "harness/judge/gpu_unit.hpp"

#include <fmt/format.h>

#include "harness/judge/text.hpp"

namespace petaproof::judge {

std::optional<PackageRange> packages_in(GpuUnit unit, const Hardware& gpu) {
  const auto node = static_cast<double>(gpu.node_gpus());
  switch (unit) {
    case GpuUnit::package: return PackageRange{1, 1};
    case GpuUnit::die: return PackageRange{0.25, 1};     // up to four dies to a package are announced (Rubin Ultra)
    case GpuUnit::superchip: return PackageRange{1, 4};  // GH200 has one GPU, GB200 two, GB200 NVL4 four
    case GpuUnit::pair: return PackageRange{1, 2};  // of dies in one package (MI250X), or of two cards (H100 NVL)
    case GpuUnit::node: return PackageRange{node, node};
    case GpuUnit::h100_equivalent: return std::nullopt;
  }
  return std::nullopt;
}

double packages_read(const GpuClaim& gpus, const Hardware& gpu) {
  const auto range = packages_in(gpus.unit.value_or(GpuUnit::package), gpu);
  return range ? range->most : 1;
}

bool packages_known(const GpuClaim& gpus, const Hardware& gpu) {
  const auto range = packages_in(gpus.unit.value_or(GpuUnit::package), gpu);
  return range && range->least == range->most;
}

std::optional<PackageRange> packages_counted(const GpuClaim& gpus, const Hardware& gpu) {
  const auto each = packages_in(gpus.unit.value_or(GpuUnit::package), gpu);
  if (!each) return std::nullopt;
  const WholeRange range = whole_range(gpus.count);
  return PackageRange{each->least * static_cast<double>(range.min), each->most * static_cast<double>(range.max)};
}

bool counts_packages(const GpuClaim& gpus) {
  return !gpus.unit || *gpus.unit == GpuUnit::package;
}

std::string counted_text(const GpuClaim& gpus, const Hardware& gpu) {
  if (counts_packages(gpus)) return fmt::format("{} {}", gpus.count.grouped(), gpu.short_name);
  const auto range = packages_in(*gpus.unit, gpu);
  if (!range) return counted_text(gpus);
  const std::string each = range->least == range->most
                               ? shown_exactly(range->most)
                               : fmt::format("{} to {}", shown_exactly(range->least), shown_exactly(range->most));
  return fmt::format("{} of {} {}", counted_text(gpus), each, gpu.short_name);
}

std::string counted_text(const GpuClaim& gpus) {
  return fmt::format("{} {}{}", gpus.count.grouped(), counted_unit(gpus), gpus.count.value == 1 ? "" : "s");
}

std::string counted_unit(const GpuClaim& gpus) {
  if (counts_packages(gpus)) return "GPU";
  return *gpus.unit == GpuUnit::h100_equivalent ? "H100-equivalent" : std::string(to_string(*gpus.unit));
}

}  // namespace petaproof::judge

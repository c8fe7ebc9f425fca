#include "kernels/gemm/precision.hpp"

#include <fmt/format.h>

namespace petaproof {

std::optional<std::string> misaligned(const GemmPrecision& precision, const GemmShape& shape) {
  if (shape.n % precision.n_multiple == 0 && shape.k % precision.k_multiple == 0) return std::nullopt;
  return fmt::format("{} takes n in multiples of {} and k in multiples of {}, and this is n={} k={}", precision.name,
                     precision.n_multiple, precision.k_multiple, shape.n, shape.k);
}

std::optional<std::string> too_old(const GemmPrecision& precision, const DeviceFacts& gpu) {
  const auto found = gpu.more.find("compute_capability");  // "9.0"
  if (found == gpu.more.end()) return std::nullopt;
  const auto point = found->second.find('.');
  const int capability = 10 * std::stoi(found->second) + std::stoi(found->second.substr(point + 1));
  if (capability >= precision.least_capability) return std::nullopt;
  return fmt::format("{} needs compute capability {}.{}, and {} has {}", precision.name,
                     precision.least_capability / 10, precision.least_capability % 10, gpu.name, found->second);
}

}  // namespace petaproof

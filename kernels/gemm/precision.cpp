#include "kernels/gemm/precision.hpp"

#include <fmt/format.h>

namespace petaproof {

std::optional<std::string> misaligned(const GemmPrecision& precision, const GemmShape& shape) {
  if (shape.n % precision.n_multiple == 0 && shape.k % precision.k_multiple == 0) return std::nullopt;
  return fmt::format("{} takes n in multiples of {} and k in multiples of {}, and this is n={} k={}", precision.name,
                     precision.n_multiple, precision.k_multiple, shape.n, shape.k);
}

}  // namespace petaproof

#include "kernels/gemm/precision.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/device/capability.hpp"
#include "kernels/flops.hpp"

namespace petaproof {

std::vector<Quantity> gemm_work(const GemmPrecision& precision, const GemmShape& shape, std::int64_t scale_bytes) {
  const auto [m, n, k] = shape;
  const bool integers = precision.c == Element::int32;
  const double bytes = gemm_bytes(m, n, k, bits_of(precision.a), bits_of(precision.b), bits_of(precision.c));
  return {{integers ? "ops" : "flops", integers ? "OP" : "FLOP", gemm_flops(m, n, k)},
          {"bytes", "B", bytes + static_cast<double>(scale_bytes)}};
}

std::optional<std::string> misaligned(const GemmPrecision& precision, const GemmShape& shape,
                                      const GemmLayout& layout, const GemmScaling& scaling) {
  const bool along_m = layout.a_by_column, along_n = !layout.b_by_column;
  const std::int64_t of_m = std::max<std::int64_t>(along_m ? precision.k_multiple : 1, scaling.of_blocks() ? 4 : 1);
  const std::int64_t of_n = along_n ? std::max(precision.n_multiple, precision.k_multiple) : precision.n_multiple;
  if (shape.m % of_m == 0 && shape.n % of_n == 0 && shape.k % precision.k_multiple == 0) return std::nullopt;
  const std::string rows = of_m > 1 ? fmt::format("m in multiples of {}, ", of_m) : "";
  return fmt::format("{} takes {}n in multiples of {} and k in multiples of {}, and this is {}n={} k={}",
                     precision.name, rows, of_n, precision.k_multiple, of_m > 1 ? fmt::format("m={} ", shape.m) : "",
                     shape.n, shape.k);
}

std::optional<std::string> wrong_layout(const GemmPrecision& precision, const GemmLayout& layout,
                                        const DeviceFacts& gpu) {
  if (precision.layout != layout_tn || layout == layout_tn) return std::nullopt;
  if (!is_fp8(precision.a))
    return fmt::format("cuBLASLt multiplies {} in layout tn alone, and this is {}", precision.name, layout.name);
  const int capability = capability_of(gpu);
  if (capability == 0 || (capability > 90 && capability / 10 != 12)) return std::nullopt;
  return fmt::format(
      "cuBLASLt multiplies {} in layout {} on compute capability 10.x and 11.x alone, elsewhere in tn; {} has {}",
      precision.name, layout.name, gpu.name, gpu.more.at("compute_capability"));
}

std::optional<std::string> wrong_scaling(const GemmScaling& scaling, bool fast_accumulation, const DeviceFacts& gpu) {
  if (!scaling.of_blocks()) return std::nullopt;
  if (fast_accumulation)
    return fmt::format("with scaling {} sums are promoted to FP32 after {} products, to be scaled: none is fast",
                       scaling.name, scaling.a->elements);
  const int capability = capability_of(gpu);
  if (capability == 0 || capability == 90) return std::nullopt;
  return fmt::format("cuBLASLt takes scaling {} on compute capability 9.0 alone, and {} has {}", scaling.name,
                     gpu.name, gpu.more.at("compute_capability"));
}

GemmRounding rounding_on(const DeviceFacts& gpu, const GemmPrecision& precision, bool fast_accumulation,
                         const GemmScaling& scaling) {
  if (is_fp8(precision.a) && sums_fp8_in_fp32(gpu)) return blackwell_rounding;
  return precision.rounding_with(fast_accumulation, scaling);
}

std::optional<std::string> too_old(const GemmPrecision& precision, const DeviceFacts& gpu) {
  const int capability = capability_of(gpu);
  if (capability == 0 || capability >= precision.least_capability) return std::nullopt;
  return fmt::format("{} needs compute capability {}.{}, and {} has {}", precision.name,
                     precision.least_capability / 10, precision.least_capability % 10, gpu.name,
                     gpu.more.at("compute_capability"));
}

}  // namespace petaproof

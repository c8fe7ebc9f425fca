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

std::optional<std::string> wrong_layout(const GemmPrecision& precision, const GemmLayout& layout) {
  if (precision.layout != layout_tn || layout == layout_tn || is_fp8(precision.a)) return std::nullopt;
  return fmt::format("cuBLASLt multiplies {} in layout tn alone, and this is {}", precision.name, layout.name);
}

std::optional<std::string> wrong_scaling(const GemmScaling& scaling, bool fast_accumulation) {
  if (!scaling.of_blocks() || !fast_accumulation) return std::nullopt;
  return fmt::format("with scaling {} sums are promoted to FP32 after {} products, to be scaled: none is fast",
                     scaling.name, scaling.a->elements);
}

std::optional<std::string> gemm_needs(const GemmPrecision& precision, const GemmLayout& layout,
                                      const GemmScaling& scaling, int capability) {
  if (capability < precision.least_capability)
    return fmt::format("{} needs {}.{}", precision.name, precision.least_capability / 10,
                       precision.least_capability % 10);
  const bool in_tn_alone = is_fp8(precision.a) && (capability <= 90 || capability / 10 == 12);
  if (in_tn_alone && layout != layout_tn)
    return fmt::format("cuBLASLt multiplies {} in layout {} on 10.x and 11.x alone, elsewhere in tn", precision.name,
                       layout.name);
  if (precision.has_scalings() && scaling.of_blocks() && capability != 90)
    return fmt::format("cuBLASLt takes scaling {} on 9.0 alone", scaling.name);
  return std::nullopt;
}

GemmRounding rounding_on(const DeviceFacts& gpu, const GemmPrecision& precision, bool fast_accumulation,
                         const GemmScaling& scaling) {
  if (is_fp8(precision.a) && sums_fp8_in_fp32(gpu)) return blackwell_rounding;
  return precision.rounding_with(fast_accumulation, scaling);
}

}  // namespace petaproof

#include "kernels/bench/peaks.hpp"

#include <algorithm>
#include <string>

namespace petaproof::bench {
namespace {

std::optional<double> find(std::string_view gpu, std::string_view of) {
  for (const Peak& peak : peak_table())
    if (peak.gpu == gpu && peak.of == of) return peak.per_second;
  return std::nullopt;
}

std::string precision_of(const Params& params) {
  const auto found = params.values().find("precision");
  const auto* name = found == params.values().end() ? nullptr : std::get_if<std::string>(&found->second);
  return name ? *name : "";
}

}  // namespace

std::optional<double> peak_of(std::string_view gpu, std::string_view quantity, const Params& params) {
  if (quantity == "bytes") return find(gpu, "memory");
  if (quantity != "flops" && quantity != "ops") return std::nullopt;
  const std::string precision = precision_of(params);
  const auto tensor = precision == "fp64" ? find(gpu, "fp64_tensor") : std::nullopt;
  return tensor ? tensor : find(gpu, precision);
}

std::optional<double> share_of_nearest_peak(std::string_view gpu, const std::vector<Quantity>& work,
                                            const Params& params, double seconds) {
  std::optional<double> nearest;
  for (const Quantity& quantity : work) {
    const auto peak = peak_of(gpu, quantity.name, params);
    if (peak) nearest = std::max(nearest.value_or(0), quantity.per_launch / seconds / *peak);
    if (!nearest) return std::nullopt;  // of the first
  }
  return nearest;
}

bool is_known(std::string_view gpu) {
  return std::ranges::find(peak_table(), gpu, &Peak::gpu) != peak_table().end();
}

}  // namespace petaproof::bench

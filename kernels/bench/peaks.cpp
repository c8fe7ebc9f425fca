#include "kernels/bench/peaks.hpp"

#include <algorithm>
#include <string>

#include "kernels/unit_precision.hpp"

namespace petaproof::bench {
namespace {

std::optional<double> find(std::string_view gpu, std::string_view of) {
  for (const Peak& peak : peak_table())
    if (peak.gpu == gpu && peak.of == of) return peak.per_second;
  return std::nullopt;
}

std::string word_of(const Params& params, std::string_view key) {
  const auto found = params.values().find(std::string(key));
  const auto* word = found == params.values().end() ? nullptr : std::get_if<std::string>(&found->second);
  return word ? *word : "";
}

}  // namespace

std::optional<double> peak_of(std::string_view gpu, std::string_view quantity, const Params& params) {
  if (quantity == "bytes") return find(gpu, "memory");
  if (quantity != "flops" && quantity != "ops") return std::nullopt;
  const std::string precision = word_of(params, "precision");
  const bool vector = word_of(params, "path") == "vector";  // of peak/fma, which leaves tensor cores aside
  const auto tensor = precision == "fp64" && !vector ? find(gpu, "fp64_tensor") : std::nullopt;
  return tensor ? tensor : find(gpu, unit_precision(precision));
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

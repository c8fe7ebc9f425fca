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

bool is_known(std::string_view gpu) {
  return std::ranges::find(peak_table(), gpu, &Peak::gpu) != peak_table().end();
}

}  // namespace petaproof::bench

#include "harness/record/per_clock.hpp"

#include <nlohmann/json.hpp>

namespace petaproof {

using nlohmann::json;

std::optional<double> work_per_clock(const json& record) {
  if (record.at("mode") == "burst") return std::nullopt;
  const json &rates = record.at("per_rank").at("rate"), &clocks = record["per_rank"].at("clock_megahertz");
  double sum = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (rates[i].is_null() || clocks[i].is_null()) return std::nullopt;
    sum += rates[i].get<double>() / (1e6 * clocks[i].get<double>());
  }
  return rates.empty() ? std::nullopt : std::optional(sum / static_cast<double>(rates.size()));
}

}  // namespace petaproof

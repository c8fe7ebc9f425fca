#include "harness/record/issue_peak.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace petaproof {
namespace {

using nlohmann::json;

bool is_peak(const json& record) {
  return record.at("workload").get_ref<const std::string&>().starts_with("peak/");
}

// What a peak and a kernel must have in common; null where the record says nothing of it.
json units_of(const json& record) {
  if (record.at("rates").empty() || !record.contains("per_rank") || record["per_rank"].is_null()) return nullptr;
  const json precision = record["rates"][0].value("peak_precision", json());
  const json& devices = record["per_rank"].at("device");
  if (precision.is_null() || devices.empty() || record.value("gpu_shared", false)) return nullptr;
  return {precision, devices[0], record.value("run_id", json())};
}

// FLOP per clock, the mean over ranks; nothing where a clock is not known, nor in burst mode, whose clock includes
// the pauses.
std::optional<double> per_clock(const json& record) {
  if (record.at("mode") == "burst") return std::nullopt;
  const json &rates = record["per_rank"].at("rate"), &clocks = record["per_rank"].at("clock_megahertz");
  double sum = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (rates[i].is_null() || clocks[i].is_null()) return std::nullopt;
    sum += rates[i].get<double>() / (1e6 * clocks[i].get<double>());
  }
  return rates.empty() ? std::nullopt : std::optional(sum / static_cast<double>(rates.size()));
}

std::optional<double> most_per_clock(const std::vector<json>& records, const json& units) {
  double most = 0;
  for (const json& one : records)
    if (is_peak(one) && one.at("disposition") == "pass" && one.at("fill") == "normal" && units_of(one) == units)
      most = std::max(most, per_clock(one).value_or(0));
  return most > 0 ? std::optional(most) : std::nullopt;
}

}  // namespace

void add_share_of_issue_peak(const std::vector<json>& earlier, json& record) {
  if (record.at("rates").empty() || !record["rates"][0].contains("share_of_clock_peak")) return;
  const json units = units_of(record);
  std::optional<double> mine, most;
  if (!units.is_null() && !is_peak(record)) {
    mine = per_clock(record);
    most = most_per_clock(earlier, units);
  }
  record["rates"][0]["share_of_issue_peak"] = mine && most ? json(*mine / *most) : json(nullptr);
}

}  // namespace petaproof

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

double rate_of(const json& record) {
  return record.at("rates").at(0).at("value");
}

std::optional<double> fastest_peak(const std::vector<json>& records, const json& units) {
  double fastest = 0;
  for (const json& one : records)
    if (is_peak(one) && one.at("disposition") == "pass" && one.at("fill") == "normal" && units_of(one) == units)
      fastest = std::max(fastest, rate_of(one));
  return fastest > 0 ? std::optional(fastest) : std::nullopt;
}

}  // namespace

void add_share_of_issue_peak(const std::vector<json>& earlier, json& record) {
  if (record.at("rates").empty() || !record["rates"][0].contains("share_of_clock_peak")) return;
  const json units = units_of(record);
  const auto peak = units.is_null() || is_peak(record) ? std::nullopt : fastest_peak(earlier, units);
  record["rates"][0]["share_of_issue_peak"] = peak ? json(rate_of(record) / *peak) : json(nullptr);
}

}  // namespace petaproof

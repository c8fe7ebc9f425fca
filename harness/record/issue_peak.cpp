#include "harness/publish/issue_peak.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

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

}  // namespace

std::optional<double> share_of_issue_peak(const json& record, const std::vector<json>& records) {
  const json units = units_of(record);
  if (units.is_null() || is_peak(record)) return std::nullopt;
  double fastest = 0;
  for (const json& one : records)
    if (is_peak(one) && one.at("disposition") == "pass" && one.at("fill") == "normal" && units_of(one) == units)
      fastest = std::max(fastest, rate_of(one));
  return fastest > 0 ? std::optional(rate_of(record) / fastest) : std::nullopt;
}

}  // namespace petaproof

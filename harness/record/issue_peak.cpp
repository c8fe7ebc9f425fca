#include "harness/record/issue_peak.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/record/per_clock.hpp"

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
  return {precision, devices[0]};
}

std::optional<double> most_per_clock(const std::vector<json>& records, const json& units) {
  double most = 0;
  for (const json& one : records)
    if (is_peak(one) && one.at("disposition") == "pass" && one.at("fill") == "normal" && units_of(one) == units)
      most = std::max(most, work_per_clock(one).value_or(0));
  return most > 0 ? std::optional(most) : std::nullopt;
}

}  // namespace

void add_share_of_issue_peak(const std::vector<json>& earlier, json& record) {
  if (record.at("rates").empty() || !record["rates"][0].contains("share_of_clock_peak")) return;
  const json units = units_of(record);
  std::optional<double> mine, most;
  if (!units.is_null() && !is_peak(record)) {
    mine = work_per_clock(record);
    most = most_per_clock(earlier, units);
  }
  record["rates"][0]["share_of_issue_peak"] = mine && most ? json(*mine / *most) : json(nullptr);
}

void add_shares_of_joined_issue_peaks(std::vector<json>& records) {
  const auto is_measured = [](const json& one) { return one.contains("rates") && !one["rates"].empty(); };
  std::vector<json> peaks;
  std::ranges::copy_if(records, std::back_inserter(peaks),
                       [&](const json& one) { return is_measured(one) && is_peak(one); });
  for (json& record : records) {
    const auto share = [](const json& one) { return one["rates"][0].value("share_of_issue_peak", json()); };
    if (!is_measured(record) || !share(record).is_null()) continue;
    json completed = record;
    add_share_of_issue_peak(peaks, completed);
    if (share(completed).is_null()) continue;
    completed.erase("checksum");
    record = std::move(completed);
  }
}

}  // namespace petaproof

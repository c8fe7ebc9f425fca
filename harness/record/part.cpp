#include "harness/record/part.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace petaproof {
namespace {

using nlohmann::json;

using Ranks = std::vector<std::size_t>;  // positions in the columns

Ranks ranks_with(const std::set<std::string>& devices, const json& column) {
  Ranks ranks;
  for (std::size_t i = 0; i < column.size(); ++i)
    if (devices.contains(column[i].get_ref<const std::string&>())) ranks.push_back(i);
  return ranks;
}

// Columns stand in objects, in telemetry in objects of objects.
json columns_of(const json& columns, const Ranks& ranks) {
  json result = columns.is_object() ? json::object() : json::array();
  if (columns.is_object())
    for (const auto& [name, column] : columns.items()) result[name] = columns_of(column, ranks);
  else
    for (const std::size_t rank : ranks) result.push_back(columns.at(rank));
  return result;
}

// Null if one of them is.
json mean_of(const json& column) {
  double sum = 0;
  for (const json& value : column) {
    if (value.is_null()) return nullptr;
    sum += value.get<double>();
  }
  return sum / static_cast<double>(column.size());
}

json rate_of_part(const json& whole, double per_launch, const json& columns, double widening) {
  json rate = whole;
  double sum = 0, launches = 0, longest = 0;
  for (const json& seconds : columns.at("seconds_mean")) sum += per_launch / seconds.get<double>();
  for (const json& count : columns.at("launches")) launches += count.get<double>();
  for (const json& seconds : columns.at("window_seconds")) longest = std::max(longest, seconds.get<double>());
  const double value = whole.at("value"), mean = sum / static_cast<double>(columns.at("rank").size());
  rate["value"] = mean;
  for (const char* bound : {"lower", "upper"})
    if (!whole.at(bound).is_null()) rate[bound] = mean + widening * (whole.at(bound).get<double>() - value);
  rate["sum_over_devices"] = sum;
  rate["synchronous"] = per_launch * launches / longest;
  rate.erase("latency");
  return rate;
}

// As records have it: the device's own count where every rank has one, else what was sampled.
json clock_of(const json& columns, const json& telemetry) {
  json counted = mean_of(columns.at("clock_megahertz"));
  if (!counted.is_null() || telemetry.is_null()) return counted;
  const auto sampled = telemetry.find("sm_clock_megahertz");
  return sampled == telemetry.end() ? json(nullptr) : mean_of(sampled->at("mean"));
}

}  // namespace

json part_of_record(const json& record, const std::set<std::string>& devices) {
  const Ranks ranks = ranks_with(devices, record.at("per_rank").at("device"));
  const double widening =
      static_cast<double>(record.at("per_rank").at("rank").size()) / static_cast<double>(ranks.size());
  json part = record;
  part["per_rank"] = columns_of(record.at("per_rank"), ranks);
  json& telemetry = part["telemetry"];
  json& sampled = telemetry["per_rank"];
  if (!sampled.is_null()) sampled = columns_of(sampled, ranks);
  telemetry["clock_megahertz"] = clock_of(part.at("per_rank"), sampled);
  telemetry["power_watts"] = sampled.is_null() ? json(nullptr) : mean_of(sampled.at("mean_power_watts"));
  for (std::size_t i = 0; i < part.at("rates").size(); ++i)
    if (part["rates"][i].contains("sum_over_devices"))  // a collective's rate is of all ranks together
      part["rates"][i] =
          rate_of_part(part["rates"][i], record.at("work").at(i).at("per_launch"), part.at("per_rank"), widening);
  return part;
}

}  // namespace petaproof

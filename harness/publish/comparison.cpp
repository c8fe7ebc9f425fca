#include "harness/publish/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/publish/nearest_limit.hpp"
#include "harness/publish/table.hpp"
#include "harness/suite/plan.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// One property of a case, or one of its parameters, that is compared, and the value that the others are held against.
struct Dimension {
  const char* heading;
  const char* key;
  bool is_param;
  const char* reference;
  std::vector<const char*> same;  // what the cases must agree in
  const char* besides;            // a value without which there is nothing to tell; null: any
};

const std::vector<Dimension>& dimensions() {
  static const std::vector<Dimension> all{
      // windows of one length: the longer one runs warmer
      {"FILLS", "fill", false, "normal", {"workload", "params", "mode", "seconds", "run_id"}, nullptr},
      {"MODES", "mode", false, "burst", {"workload", "params", "fill", "run_id"}, "sustained"},
      {"SEARCH", "algorithm", true, "heuristic", {"workload", "mode", "seconds", "fill", "run_id"}, "searched"}};
  return all;
}

struct Group {
  json key;
  std::vector<const json*> records;
};

bool is_measured(const json& record) {
  return record.at("disposition") == "pass" && !record.at("rates").empty();
}

std::string value_of(const json& record, const Dimension& dimension) {
  if (dimension.is_param) return record.at("params").value(dimension.key, "");
  return record.at(dimension.key);
}

// The record as if it had no such parameter.
json without_param(const json& record, const Dimension& dimension) {
  json one = record;
  one["params"].erase(dimension.key);
  return one;
}

// What the cases of a group have in common.
json key_of(const json& record, const Dimension& dimension) {
  json key;
  for (const char* name : dimension.same) key.push_back(record.value(name, json()));
  if (dimension.is_param) key.push_back(without_param(record, dimension).at("params"));
  return key;
}

// In the order of their first records; a value that comes again (another seed) is not compared twice.
std::vector<Group> groups_of(const std::vector<json>& records, const Dimension& dimension) {
  std::vector<Group> groups;
  for (const json& record : records) {
    const std::string value = value_of(record, dimension);
    if (!is_measured(record) || value.empty()) continue;
    json key = key_of(record, dimension);
    auto group = std::ranges::find(groups, key, &Group::key);
    if (group == groups.end()) group = groups.insert(groups.end(), {std::move(key), {}});
    if (std::ranges::none_of(group->records, [&](const json* one) { return value_of(*one, dimension) == value; }))
      group->records.push_back(&record);
  }
  return groups;
}

double rate_of(const json& record) {
  return nearest_limit(record).at("value");
}

// "sw_power_cap 92 %": clock events that were on for a hundredth of the time or more, the mean over ranks.
std::string throttled(const json& telemetry) {
  const auto columns = telemetry.find("per_rank");
  if (columns == telemetry.end() || !columns->is_object()) return {};
  std::vector<std::string> events;
  for (const auto& [name, fractions] : columns->at("clock_event_fractions").items()) {
    double sum = 0;
    for (const json& fraction : fractions) sum += fraction.is_null() ? 0 : fraction.get<double>();
    const double mean = fractions.empty() ? 0 : sum / static_cast<double>(fractions.size());
    if (name != "gpu_idle" && mean >= 0.01) events.push_back(fmt::format("{} {:.0f} %", name, 100 * mean));
  }
  return fmt::format("{}", fmt::join(events, ", "));
}

std::string line_of(const json& record, const Dimension& dimension, double reference) {
  const json& telemetry = record.at("telemetry");
  const std::string rate = with_prefix(rate_of(record), nearest_limit(record).at("unit"));
  std::string line = fmt::format("         {:<10}{:>14}{:>7.2f}{:>11}{:>8}  {}", value_of(record, dimension), rate,
                                 rate_of(record) / reference, number_or_dash(telemetry.at("clock_megahertz"), "MHz"),
                                 number_or_dash(telemetry.at("power_watts"), "W"), throttled(telemetry));
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

// Of the case without the property that is compared.
std::string title_of(const json& record, const Dimension& dimension) {
  if (dimension.is_param) return case_title(without_param(record, dimension));
  const std::string subject = case_subject(record);
  if (std::string_view(dimension.key) == "fill") return subject + " " + record.at("mode").get<std::string>();
  const std::string fill = record.at("fill");
  return fill == "normal" ? subject : subject + " fill=" + fill;
}

}  // namespace

std::string render_comparisons(const std::vector<json>& records) {
  std::string text;
  for (const Dimension& dimension : dimensions())
    for (const Group& group : groups_of(records, dimension)) {
      const auto find = [&](const char* value) {
        return std::ranges::find_if(group.records,
                                    [&](const json* one) { return value_of(*one, dimension) == value; });
      };
      const auto reference = find(dimension.reference);
      if (group.records.size() < 2 || reference == group.records.end()) continue;
      if (dimension.besides != nullptr && find(dimension.besides) == group.records.end()) continue;
      text += fmt::format("\n{}    {}\n", dimension.heading, title_of(**reference, dimension));
      for (const json* record : group.records) text += line_of(*record, dimension, rate_of(**reference));
    }
  return text;
}

}  // namespace petaproof

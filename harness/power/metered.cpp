#include "harness/power/metered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "harness/json/strict.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::power {
namespace {

using judge::MeteredPower;
using nlohmann::json;

[[noreturn]] void fail(const std::string& place, const std::string& what) {
  throw Error(Domain::config, fmt::format("{}: {}", place, what));
}

// No node, and no rack, draws more than a few hundred kW.
double checked(double watts, const std::string& place) {
  constexpr double most = 1e7;
  if (!(watts > 0 && watts < most)) fail(place, fmt::format("watts above 0 are expected, found {}", watts));
  return watts;
}

double watts_of(const std::string& text, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(place, fmt::format("a number of watts is expected, found \"{}\"", text));
  return checked(value, place);
}

// Adds one reading to the entry of its node or rack.
void add(double watts, MeteredPower& entry) {
  entry.min_watts = entry.samples == 0 ? watts : std::min(entry.min_watts, watts);
  entry.max_watts = std::max(entry.max_watts, watts);
  ++entry.samples;
  entry.mean_watts += (watts - entry.mean_watts) / static_cast<double>(entry.samples);
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',')
      fields.emplace_back();
    else if (c != '\r')
      fields.back() += c;
  }
  return fields;
}

std::vector<MeteredPower> from_csv(const std::string& text, const std::string& file) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  if (fields_of(line) != std::vector<std::string>{"utc", "meter", "of", "watts"})
    fail(file + ", line 1", "the header \"utc,meter,of,watts\" is expected");
  std::map<std::string, MeteredPower> entries;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const std::string place = fmt::format("{}, line {}", file, number);
    const auto fields = fields_of(line);
    if (fields.size() != 4) fail(place, fmt::format("4 fields are expected, found {}", fields.size()));
    if (fields[1] != "bmc" && fields[1] != "pdu")
      fail(place, fmt::format("a meter is \"bmc\" (of a node) or \"pdu\" (of a rack), found \"{}\"", fields[1]));
    if (fields[2].empty()) fail(place, "the node or rack has no name");
    MeteredPower& entry = entries[fields[1] + "/" + fields[2]];
    entry.file = file;
    entry.meter = fields[1];
    entry.of = fields[2];
    entry.rack = fields[1] == "pdu";
    add(watts_of(fields[3], place), entry);
  }
  std::vector<MeteredPower> result;
  for (auto& [name, entry] : entries) result.push_back(std::move(entry));
  return result;
}

double number_at(const json& value, const std::string& place) {
  if (!value.is_number()) fail(place, fmt::format("a number of watts is expected, found {}", abbreviate(value)));
  return checked(value.get<double>(), place);
}

// GPUs are processors in Redfish, and NVIDIA's boards name theirs HGX_...; what such a resource or metric says is a
// GPU's power, not its node's.
bool is_of_a_gpu(const json& object) {
  for (const char* key : {"@odata.id", "MetricId", "MetricProperty"}) {
    if (!object.contains(key) || !object.at(key).is_string()) continue;
    const std::string& name = object.at(key).get_ref<const std::string&>();
    for (const char* mark : {"/Processors/", "GPU", "HGX_", "ProcessorModule"})
      if (name.find(mark) != std::string::npos) return true;
  }
  return false;
}

bool is_about_power(const json& metric) {
  for (const char* key : {"MetricId", "MetricProperty"})
    if (metric.contains(key) && metric.at(key).is_string() &&
        metric.at(key).get<std::string>().find("Power") != std::string::npos)
      return true;
  return false;
}

// A MetricReport carries its values as texts (Redfish DSP0268, MetricReport.MetricValues.MetricValue).
void add_metric_report(const json& values, const std::string& file, MeteredPower& entry) {
  std::string metric;  // of one name only: the mean of input, CPU and fan power is the power of nothing
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_object() || !is_about_power(values[i])) continue;
    if (is_of_a_gpu(values[i])) continue;
    const std::string name = values[i].value("MetricId", values[i].value("MetricProperty", ""));
    if (!metric.empty() && name != metric)
      fail(fmt::format("{}: $.MetricValues[{}]", file, i),
           fmt::format("it is about \"{}\", others about \"{}\"; leave the one of the whole node", name, metric));
    metric = name;
    const std::string place = fmt::format("{}: $.MetricValues[{}].MetricValue", file, i);
    const json value = values[i].value("MetricValue", json());
    add(value.is_string() ? watts_of(value.get<std::string>(), place) : number_at(value, place), entry);
  }
}

std::vector<MeteredPower> from_redfish(const std::filesystem::path& path) {
  const std::string file = path.string();
  const json document = read_json_file(path);
  if (!document.is_object()) fail(file, "a Redfish resource is expected");
  if (is_of_a_gpu(document)) fail(file, "it is a GPU's resource: its watts never stand for those of a node");
  MeteredPower entry{.file = file, .meter = "bmc", .of = path.stem().string()};
  if (document.contains("PowerControl") && document.at("PowerControl").is_array()) {
    // vendors list the whole chassis beside its parts, and their mean is the power of nothing
    if (document.at("PowerControl").size() > 1)
      fail(file, "$.PowerControl has several members; leave the one of the whole chassis");
    for (std::size_t i = 0; i < document.at("PowerControl").size(); ++i)
      add(number_at(document.at("PowerControl")[i].value("PowerConsumedWatts", json()),
                    fmt::format("{}: $.PowerControl[{}].PowerConsumedWatts", file, i)),
          entry);
  }
  if (document.contains("PowerWatts") && document.at("PowerWatts").is_object())
    add(number_at(document.at("PowerWatts").value("Reading", json()), file + ": $.PowerWatts.Reading"), entry);
  if (document.contains("MetricValues") && document.at("MetricValues").is_array())
    add_metric_report(document.at("MetricValues"), file, entry);
  if (entry.samples == 0) fail(file, "no reading: PowerControl, PowerWatts or MetricValues about power are expected");
  return {entry};
}

// The watts of "    Average power reading over sample period:      433 Watts".
std::optional<double> reading_of(const std::string& text, const std::string& label, const std::string& file) {
  const auto at = text.find(label);
  if (at == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(at + label.size(), text.find('\n', at) - at - label.size()));
  std::string number;
  rest >> number;
  return watts_of(number, fmt::format("{}: \"{}\"", file, label));
}

std::vector<MeteredPower> from_ipmitool(const std::string& text, const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto mean = reading_of(text, "Average power reading over sample period:", file);
  const auto least = reading_of(text, "Minimum during sampling period:", file);
  const auto most = reading_of(text, "Maximum during sampling period:", file);
  if (text.find("deactivated") != std::string::npos) fail(file, "the BMC says that its power reading is deactivated");
  if (!mean) fail(file, "the output of \"ipmitool dcmi power reading\" is expected");
  return {{.file = file,
           .meter = "bmc",
           .of = path.stem().string(),
           .mean_watts = *mean,
           .min_watts = least.value_or(*mean),
           .max_watts = most.value_or(*mean),
           .samples = 1}};
}

}  // namespace

std::vector<MeteredPower> read_metered_power(const std::filesystem::path& path) {
  const std::string kind = path.extension().string();
  std::vector<MeteredPower> result;
  if (kind == ".json")
    result = from_redfish(path);
  else if (kind == ".csv")
    result = from_csv(read_text_file(path, "CSV"), path.string());
  else if (kind == ".txt")
    result = from_ipmitool(read_text_file(path, "text"), path);
  else
    fail(path.string(), "a meter's file is .json (Redfish), .csv (utc,meter,of,watts) or .txt (ipmitool)");
  if (result.empty()) fail(path.string(), "it has no reading");
  return result;
}

std::vector<MeteredPower> read_all_metered_power(const std::vector<std::string>& files) {
  std::vector<MeteredPower> all;
  for (const auto& file : files)
    for (auto& meter : read_metered_power(file)) all.push_back(std::move(meter));
  return all;
}

}  // namespace petaproof::power

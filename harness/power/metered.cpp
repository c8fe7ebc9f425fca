#include "harness/power/metered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

#include "harness/json/strict.hpp"
#include "harness/power/log.hpp"
#include "harness/power/meter_time.hpp"
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

// An average weighs its interval: one that is longer than any meter lives is a mistake that would drown the others.
double checked_seconds(double seconds, const std::string& place) {
  constexpr double most = 1e9;  // 30 years
  if (!(seconds < most)) fail(place, fmt::format("no average is of an interval of {} s", seconds));
  return seconds;
}

double watts_of(const std::string& text, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(place, fmt::format("a number of watts is expected, found {}", abbreviate(text)));
  return checked(value, place);
}

// Where each meter was read at each time: the same reading twice, copied into two files say, would count double.
class Places {
 public:
  void add(const MeteredPower& meter, std::int64_t time, const std::string& place) {
    const auto [earlier, is_new] = places_.try_emplace({meter.meter, meter.of, time}, place);
    if (!is_new)
      fail(place, fmt::format("{} {} was read at this time already: {}", meter.meter, abbreviate(meter.of),
                              earlier->second));
  }

 private:
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::string> places_;
};

// Without blanks at its ends: a name that a spreadsheet padded would be another rack, and one rack two.
std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

// Of the node that the file is named by.
std::string name_of(const std::filesystem::path& file) {
  std::string name = trimmed(file.stem().string());
  if (name.empty()) fail(file.string(), "the file is named by its node, and this one has no name");
  return name;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::string_view rest = line;
  for (auto comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    fields.push_back(trimmed(rest.substr(0, comma)));
    rest.remove_prefix(comma + 1);
  }
  fields.push_back(trimmed(rest));
  return fields;
}

std::int64_t utc_of(const std::string& text, const std::string& place) {
  const auto time = read_utc(text);
  if (!time) fail(place, fmt::format("a time such as 2026-11-25T20:00:00Z is expected, found {}", abbreviate(text)));
  return *time;
}

std::vector<MeteredPower> from_csv(const std::string& text, const std::string& file, Places& places) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  if (fields_of(line) != std::vector<std::string>{"utc", "meter", "of", "watts"})
    fail(file + ", line 1", "the header \"utc,meter,of,watts\" is expected");
  std::map<std::string, std::pair<MeteredPower, Log>> entries;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (trimmed(line).empty()) continue;
    const std::string place = fmt::format("{}, line {}", file, number);
    const auto fields = fields_of(line);
    if (fields.size() != 4) fail(place, fmt::format("4 fields are expected, found {}", fields.size()));
    if (fields[1] != "bmc" && fields[1] != "pdu")
      fail(place,
           fmt::format("a meter is \"bmc\" (of a node) or \"pdu\" (of a rack), found {}", abbreviate(fields[1])));
    if (fields[2].empty()) fail(place, "the node or rack has no name");
    const std::int64_t time = utc_of(fields[0], place);
    auto& [entry, log] = entries[fields[1] + "/" + fields[2]];
    entry.file = file;
    entry.meter = fields[1];
    entry.of = fields[2];
    entry.rack = fields[1] == "pdu";
    log.add(watts_of(fields[3], place), time);
    places.add(entry, time, place);
  }
  std::vector<MeteredPower> result;
  for (const auto& [name, metered] : entries) result.push_back(metered.second.written_to(metered.first));
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

// Of a value of a report, which need not say when it was read.
std::optional<std::int64_t> timestamp_of(const json& value, const std::string& place) {
  const json timestamp = value.value("Timestamp", json());
  if (timestamp.is_null()) return std::nullopt;
  const auto time = timestamp.is_string() ? read_date_time(timestamp.get<std::string>()) : std::nullopt;
  if (!time) fail(place + ".Timestamp", fmt::format("no date and time: {}", abbreviate(timestamp)));
  return time;
}

// A MetricReport carries its values as texts (Redfish DSP0268, MetricReport.MetricValues.MetricValue).
Log log_of_metric_report(const json& values, const MeteredPower& entry, Places& places) {
  const std::string& file = entry.file;
  Log log;
  std::string metric;  // of one name only: the mean of input, CPU and fan power is the power of nothing
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_object() || !is_about_power(values[i])) continue;
    if (is_of_a_gpu(values[i])) continue;
    const std::string name = values[i].value("MetricId", values[i].value("MetricProperty", ""));
    if (!metric.empty() && name != metric)
      fail(fmt::format("{}: $.MetricValues[{}]", file, i),
           fmt::format("it is about {}, others about {}; leave the one of the whole node", abbreviate(name),
                       abbreviate(metric)));
    metric = name;
    const std::string one = fmt::format("{}: $.MetricValues[{}]", file, i);
    const std::string place = one + ".MetricValue";
    const json value = values[i].value("MetricValue", json());
    const auto time = timestamp_of(values[i], one);
    log.add(value.is_string() ? watts_of(value.get<std::string>(), place) : number_at(value, place), time);
    if (time) places.add(entry, *time, one);
  }
  return log;
}

MeteredPower of_one_reading(double watts, const MeteredPower& node) {
  Log log;
  log.add(watts);
  return log.written_to(node);
}

// PowerConsumedWatts is of a moment; where the service says what the mean was over an interval (Redfish DSP0268,
// Power.PowerControl.PowerMetrics), that is the load.
MeteredPower from_power_control(const json& control, const std::string& place, const MeteredPower& node) {
  const json metrics = control.value("PowerMetrics", json::object());
  const json average = metrics.is_object() ? metrics.value("AverageConsumedWatts", json()) : json();
  const json minutes = metrics.is_object() ? metrics.value("IntervalInMin", json()) : json();
  if (!average.is_number() || !minutes.is_number() || !(minutes.get<double>() > 0))
    return of_one_reading(number_at(control.value("PowerConsumedWatts", json()), place + ".PowerConsumedWatts"),
                          node);
  MeteredPower entry = of_one_reading(number_at(average, place + ".PowerMetrics.AverageConsumedWatts"), node);
  entry.seconds = checked_seconds(minutes.get<double>() * 60, place + ".PowerMetrics.IntervalInMin");
  for (const auto& [key, bound] :
       {std::pair("MinConsumedWatts", &entry.min_watts), {"MaxConsumedWatts", &entry.max_watts}})
    if (metrics.contains(key) && metrics.at(key).is_number())
      *bound = number_at(metrics.at(key), fmt::format("{}.PowerMetrics.{}", place, key));
  return entry;
}

// An entry for each form that the file has, since an average of an hour and a moment are not of equal weight.
std::vector<MeteredPower> from_redfish(const std::filesystem::path& path, Places& places) {
  const std::string file = path.string();
  const json document = read_json_file(path);
  if (!document.is_object()) fail(file, "a Redfish resource is expected");
  if (is_of_a_gpu(document)) fail(file, "it is a GPU's resource: its watts never stand for those of a node");
  const MeteredPower node{.file = file, .meter = "bmc", .of = name_of(path)};
  std::vector<MeteredPower> entries;
  if (document.contains("PowerControl") && document.at("PowerControl").is_array()) {
    // vendors list the whole chassis beside its parts, and their mean is the power of nothing
    if (document.at("PowerControl").size() > 1)
      fail(file, "$.PowerControl has several members; leave the one of the whole chassis");
    if (!document.at("PowerControl").empty()) {
      const std::string place = file + ": $.PowerControl[0]";
      if (!document.at("PowerControl")[0].is_object()) fail(place, "an object is expected");
      entries.push_back(from_power_control(document.at("PowerControl")[0], place, node));
    }
  }
  if (document.contains("PowerWatts") && document.at("PowerWatts").is_object()) {
    const json reading = document.at("PowerWatts").value("Reading", json());
    entries.push_back(of_one_reading(number_at(reading, file + ": $.PowerWatts.Reading"), node));
  }
  if (document.contains("MetricValues") && document.at("MetricValues").is_array())
    if (const Log log = log_of_metric_report(document.at("MetricValues"), node, places); !log.empty())
      entries.push_back(log.written_to(node));
  if (entries.empty()) fail(file, "no reading: PowerControl, PowerWatts or MetricValues about power are expected");
  return entries;
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

// ipmitool says "Sampling period:   00000005 Seconds.", older versions "00005000 Milliseconds", and after
// `power reading 5_sec` the name of the period. Others say nothing that is known here.
double sampling_seconds(const std::string& text) {
  constexpr std::string_view label = "Sampling period:";  // not that of "during sampling period:"
  const auto at = text.find(label);
  if (at == std::string::npos) return 0;
  std::istringstream rest(text.substr(at + label.size(), text.find('\n', at) - at - label.size()));
  double count = 0;
  std::string unit;
  if (!(rest >> count >> unit)) return 0;
  for (const auto& [name, seconds] :
       {std::pair("Seconds", 1.0), {"Milliseconds", 1e-3}, {"_sec", 1.0}, {"_min", 60.0}, {"_hour", 3600.0}})
    if (unit.starts_with(name)) return count * seconds;
  return 0;
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
           .of = name_of(path),
           .mean_watts = *mean,
           .min_watts = least.value_or(*mean),
           .max_watts = most.value_or(*mean),
           .samples = 1,
           .seconds = checked_seconds(sampling_seconds(text), file + ": \"Sampling period\"")}};
}

std::vector<MeteredPower> read_file(const std::filesystem::path& path, Places& places) {
  const std::string kind = path.extension().string();
  std::vector<MeteredPower> result;
  if (kind == ".json")
    result = from_redfish(path, places);
  else if (kind == ".csv")
    result = from_csv(read_text_file(path, "CSV"), path.string(), places);
  else if (kind == ".txt")
    result = from_ipmitool(read_text_file(path, "text"), path);
  else
    fail(path.string(), "a meter's file is .json (Redfish), .csv (utc,meter,of,watts) or .txt (ipmitool)");
  if (result.empty()) fail(path.string(), "it has no reading");
  return result;
}

}  // namespace

std::vector<MeteredPower> read_metered_power(const std::filesystem::path& path) {
  Places places;
  return read_file(path, places);
}

std::vector<MeteredPower> read_all_metered_power(const std::vector<std::string>& files) {
  Places places;
  std::vector<MeteredPower> all;
  for (const auto& file : files)
    for (auto& meter : read_file(file, places)) all.push_back(std::move(meter));
  return all;
}

}  // namespace petaproof::power

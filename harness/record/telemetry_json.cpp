#include "harness/record/telemetry_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/json/write.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

json count_or_null(const std::optional<double>& value) {
  return value ? json(static_cast<std::int64_t>(*value)) : json(nullptr);
}
std::optional<double> number_from(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

json counters_json(const std::array<std::optional<double>, counter_count>& counters) {
  json result;
  for (std::size_t i = 0; i < counter_count; ++i) result[counter_names[i]] = count_or_null(counters[i]);
  return result;
}

std::array<std::optional<double>, counter_count> counters_from(const json& value) {
  std::array<std::optional<double>, counter_count> result;
  for (std::size_t i = 0; i < counter_count; ++i) result[i] = number_from(value.at(counter_names[i]));
  return result;
}

// One number of a rank, where it comes from, and why there is none.
struct Figure {
  std::optional<double> value;
  std::string basis;
  std::string why;
};

std::string why_unread(const TelemetrySummary& summary, Sensor sensor) {
  if (!summary.reason.empty()) return summary.reason;
  const auto found = summary.unread.find(sensor_names[index_of(sensor)]);
  return found == summary.unread.end() ? "it was not read" : found->second;
}

// The device's own count over exactly the timed launches, before a sensor that is read now and then.
Figure clock_of(const RankReport& rank) {
  if (rank.clock)
    return {.value = 1e-6 * rank.clock->hertz, .basis = "the multiprocessors' own cycle counters", .why = {}};
  const auto& clock = rank.telemetry.gauges[index_of(Sensor::sm_clock)];
  if (!clock) return {.value = {}, .basis = {}, .why = why_unread(rank.telemetry, Sensor::sm_clock)};
  return {.value = clock->mean, .basis = "NVML, mean over the timed part", .why = {}};
}

Figure power_of(const RankReport& rank) {
  const MeanPower mean = mean_power(rank.telemetry);
  return {mean.watts, mean.basis, mean.watts ? "" : why_unread(rank.telemetry, Sensor::power)};
}

Figure mean_over(const std::vector<RankReport>& ranks, Figure (*figure_of)(const RankReport&)) {
  Figure mean{.value = 0, .basis = {}, .why = {}};
  std::set<std::string> bases, whys;
  const RankReport* lacking = nullptr;
  std::size_t lacking_count = 0;
  for (const RankReport& rank : ranks) {
    const Figure figure = figure_of(rank);
    if (figure.value) {
      *mean.value += *figure.value / static_cast<double>(ranks.size());
      bases.insert(figure.basis);
      continue;
    }
    if (!lacking) lacking = &rank;
    ++lacking_count;
    whys.insert(figure.why);
  }
  if (!lacking) {
    mean.basis = bases.size() == 1 ? *bases.begin() : "not the same on all ranks: see per_rank";
    return mean;
  }
  const bool unanimous = lacking_count == ranks.size() && whys.size() == 1;
  const std::string more = lacking_count > 1 ? fmt::format(" (and {} more ranks)", lacking_count - 1) : "";
  return {.value = {},
          .basis = {},
          .why = unanimous ? *whys.begin()
                           : fmt::format("rank {} on {}: {}{}", lacking->rank, lacking->host, figure_of(*lacking).why,
                                         more)};
}

// "clock: ...; power: ...", or once what goes for both.
std::string why_null(const Figure& clock, const Figure& power) {
  if (clock.why == power.why) return clock.why;
  if (power.why.empty()) return "clock: " + clock.why;
  if (clock.why.empty()) return "power: " + power.why;
  return fmt::format("clock: {}; power: {}", clock.why, power.why);
}

template <typename Function>
json column(const std::vector<RankReport>& ranks, Function value) {
  json result = json::array();
  for (const RankReport& rank : ranks) result.push_back(value(rank.telemetry));
  return result;
}

json gauge_columns(const std::vector<RankReport>& ranks) {
  json columns;
  for (std::size_t i = 0; i < gauge_count; ++i)
    for (const auto& [name, member] :
         {std::pair{"mean", &Statistic::mean}, std::pair{"min", &Statistic::min}, std::pair{"max", &Statistic::max}})
      columns[sensor_names[i]][name] =
          column(ranks, [&](auto& t) { return t.gauges[i] ? json((*t.gauges[i]).*member) : json(nullptr); });
  return columns;
}

json clock_event_columns(const std::vector<RankReport>& ranks) {
  std::set<std::string> names;
  for (const RankReport& rank : ranks)
    for (const auto& [name, fraction] : rank.telemetry.clock_events) names.insert(name);
  json columns = json::object();
  for (const std::string& name : names)
    columns[name] = column(ranks, [&](auto& t) {
      if (t.clock_events.empty()) return json(nullptr);
      const auto found = t.clock_events.find(name);
      return json(found == t.clock_events.end() ? 0.0 : found->second);
    });
  return columns;
}

template <typename Member>
json counter_columns(const std::vector<RankReport>& ranks, Member member) {
  json columns;
  for (std::size_t i = 0; i < counter_count; ++i)
    columns[counter_names[i]] = column(ranks, [&](auto& t) { return count_or_null((t.*member)[i]); });
  return columns;
}

json columns_json(const std::vector<RankReport>& ranks) {
  json columns = gauge_columns(ranks);
  columns["reason"] = column(ranks, [](auto& t) { return text_or_null(t.reason); });
  columns["samples"] = column(ranks, [](auto& t) { return t.samples; });
  columns["window_seconds"] = column(ranks, [](auto& t) { return t.window_seconds; });
  columns["sampling_seconds"] = column(ranks, [](auto& t) { return t.sampling_seconds; });
  columns["clock_event_fractions"] = clock_event_columns(ranks);
  columns["mean_power_watts"] = column(ranks, [](auto& t) { return number_or_null(mean_power(t).watts); });
  columns["mean_power_basis"] = column(ranks, [](auto& t) { return text_or_null(mean_power(t).basis); });
  columns["energy_joules"] = column(ranks, [](auto& t) { return number_or_null(t.energy_joules); });
  columns["energy_seconds"] =
      column(ranks, [](auto& t) { return t.energy_joules ? json(t.energy_seconds) : json(nullptr); });
  columns["before"] = counter_columns(ranks, &TelemetrySummary::before);
  columns["after"] = counter_columns(ranks, &TelemetrySummary::after);
  columns["power_limit_watts"] = column(ranks, [](auto& t) { return number_or_null(t.power_limit_watts); });
  columns["max_sm_clock_megahertz"] = column(ranks, [](auto& t) { return number_or_null(t.max_sm_clock_megahertz); });
  columns["driver_version"] = column(ranks, [](auto& t) { return text_or_null(t.driver_version); });
  columns["nvml_version"] = column(ranks, [](auto& t) { return text_or_null(t.nvml_version); });
  columns["unread"] = column(ranks, [](auto& t) { return json(t.unread); });
  return columns;
}

json record_json(const Figure& clock, const Figure& power) {
  return {{"clock_megahertz", number_or_null(clock.value)}, {"clock_basis", text_or_null(clock.basis)},
          {"power_watts", number_or_null(power.value)},     {"power_basis", text_or_null(power.basis)},
          {"reason", text_or_null(why_null(clock, power))}, {"per_rank", nullptr}};
}

}  // namespace

json to_json(const TelemetrySummary& s) {
  json gauges;
  for (std::size_t i = 0; i < gauge_count; ++i)
    gauges[sensor_names[i]] =
        s.gauges[i] ? json::array({s.gauges[i]->mean, s.gauges[i]->min, s.gauges[i]->max}) : json(nullptr);
  return {{"reason", s.reason},
          {"samples", s.samples},
          {"window_seconds", s.window_seconds},
          {"sampling_seconds", s.sampling_seconds},
          {"mean_min_max", gauges},
          {"clock_event_fractions", json(s.clock_events)},
          {"energy_joules", number_or_null(s.energy_joules)},
          {"energy_seconds", s.energy_seconds},
          {"before", counters_json(s.before)},
          {"after", counters_json(s.after)},
          {"power_limit_watts", number_or_null(s.power_limit_watts)},
          {"max_sm_clock_megahertz", number_or_null(s.max_sm_clock_megahertz)},
          {"driver_version", s.driver_version},
          {"nvml_version", s.nvml_version},
          {"power_source", s.power_source},
          {"unread", json(s.unread)}};
}

TelemetrySummary telemetry_summary_from(const json& j) {
  TelemetrySummary s;
  s.reason = j.at("reason");
  s.samples = j.at("samples");
  s.window_seconds = j.at("window_seconds");
  s.sampling_seconds = j.at("sampling_seconds");
  for (std::size_t i = 0; i < gauge_count; ++i)
    if (const json& gauge = j.at("mean_min_max").at(sensor_names[i]); !gauge.is_null())
      s.gauges[i] = Statistic{gauge.at(0), gauge.at(1), gauge.at(2)};
  s.clock_events = j.at("clock_event_fractions").get<std::map<std::string, double>>();
  s.energy_joules = number_from(j.at("energy_joules"));
  s.energy_seconds = j.at("energy_seconds");
  s.before = counters_from(j.at("before"));
  s.after = counters_from(j.at("after"));
  s.power_limit_watts = number_from(j.at("power_limit_watts"));
  s.max_sm_clock_megahertz = number_from(j.at("max_sm_clock_megahertz"));
  s.driver_version = j.at("driver_version");
  s.nvml_version = j.at("nvml_version");
  s.power_source = j.at("power_source");
  s.unread = j.at("unread").get<std::map<std::string, std::string>>();
  return s;
}

json no_telemetry(const std::string& backend) {
  const Figure none{.value = {}, .basis = {}, .why = backend == "host" ? no_source_on_host : "nothing was measured"};
  return record_json(none, none);
}

json telemetry_json(const std::vector<RankReport>& ranks) {
  json result = record_json(mean_over(ranks, clock_of), mean_over(ranks, power_of));
  if (std::ranges::any_of(ranks, [](auto& rank) { return rank.telemetry.reason.empty(); }))
    result["per_rank"] = columns_json(ranks);
  return result;
}

}  // namespace petaproof

#include "harness/acceptance/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "kernels/measure/statistics.hpp"

namespace petaproof::acceptance {
namespace {

using nlohmann::json;

bool holds(const ParamRule& rule, const json& value) {
  if (rule.one_of.empty()) return value.is_number_integer() && rule.range.holds(value.get<std::int64_t>());
  return std::ranges::any_of(rule.one_of, [&](const Value& one) {
    return std::visit([&](const auto& allowed) { return value == json(allowed); }, one);
  });
}

// What a case's first rate is to be of.
std::vector<std::string> quantities_of(Kind kind) {
  if (kind == Kind::rate) return {"flops", "ops"};  // of integers; the criterion names the precision
  return {kind == Kind::memory_bandwidth ? "bytes" : "busbw"};
}

double in_unit(double per_second, const Criterion& criterion, const std::string& unit) {
  const double base = criterion.kind == Kind::rate ? 1e-12 * per_second : 1e-9 * per_second;
  return unit == "percent of peak" ? 100 * base / criterion.peak : base;
}

const json* telemetry_of(const json& record) {
  const json& columns = record.at("telemetry").at("per_rank");
  return columns.is_null() ? nullptr : &columns;
}

// Why rank `at` has no value of a sensor, a counter or a limit.
std::string why_unread(const json& record, std::size_t at, const std::string& name) {
  const json* columns = telemetry_of(record);
  if (!columns) {
    const json& reason = record.at("telemetry").at("reason");
    return reason.is_null() ? "no telemetry" : reason.get<std::string>();
  }
  if (const json& reason = columns->at("reason").at(at); !reason.is_null()) return reason;
  const json& unread = columns->at("unread").at(at);
  return unread.contains(name) ? fmt::format("{}: {}", name, unread.at(name).get<std::string>())
                               : fmt::format("{} was not read", name);
}

Measured rate_of(const json& record, std::size_t at, const Criterion& criterion, const Bound& bound) {
  const json& ranks = record.at("per_rank");
  const double seconds = ranks.at("window_seconds").at(at);
  // the loop ends within a launch or so of what the suite asked for
  if (!(seconds >= 0.9 * criterion.cases.at_least_seconds))
    return {std::nullopt, fmt::format("timed for {:.1f} s only", seconds)};
  const json& rate = ranks.at("rate").at(at);
  if (rate.is_null()) return {std::nullopt, "no launch was timed"};
  return {in_unit(rate, criterion, bound.unit), {}};
}

Measured throttled(const json& record, std::size_t at, const Criterion& criterion) {
  double percent = 0;
  const json* columns = telemetry_of(record);
  for (const std::string& event : criterion.events) {
    if (!columns || !columns->at("clock_event_fractions").contains(event) ||
        columns->at("clock_event_fractions").at(event).at(at).is_null())
      return {std::nullopt, why_unread(record, at, "clock_event_reasons")};
    percent += 100 * columns->at("clock_event_fractions").at(event).at(at).get<double>();
  }
  return {percent, {}};
}

Measured hottest(const json& record, std::size_t at, const Criterion& criterion) {
  const json* columns = telemetry_of(record);
  if (!columns || columns->at(criterion.sensor).at("max").at(at).is_null())
    return {std::nullopt, why_unread(record, at, criterion.sensor)};
  return {columns->at(criterion.sensor).at("max").at(at).get<double>(), {}};
}

Measured of_rank(const json& record, std::size_t at, const Criterion& criterion, const Bound& bound) {
  switch (criterion.kind) {
    case Kind::throttle: return throttled(record, at, criterion);
    case Kind::temperature: return hottest(record, at, criterion);
    case Kind::verified: return {0.0, {}};                            // of a case that passed
    case Kind::spread: return rate_of(record, at, criterion, bound);  // the unit cancels
    default: return rate_of(record, at, criterion, bound);
  }
}

// Errors from before the first record to after the last, or all there are after it.
Measured counted_over(const std::vector<const json*>& records, const std::vector<std::size_t>& at,
                      const Criterion& criterion) {
  std::optional<double> first;
  double last = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const json* columns = telemetry_of(*records[i]);
    if (!columns) return {std::nullopt, why_unread(*records[i], at[i], criterion.counter)};
    if (!columns->at("before").contains(criterion.counter))
      return {std::nullopt, fmt::format("records hold no counter {}", criterion.counter)};
    const json& before = columns->at("before").at(criterion.counter).at(at[i]);
    const json& after = columns->at("after").at(criterion.counter).at(at[i]);
    if (before.is_null() || after.is_null()) return {std::nullopt, why_unread(*records[i], at[i], criterion.counter)};
    if (after < before || (first && before.get<double>() < last))
      return {std::nullopt, fmt::format("{} fell during the run: it was reset", criterion.counter)};
    if (!first) first = before.get<double>();
    last = after.get<double>();
  }
  return {criterion.statistic == Statistic::total ? last : last - *first, {}};
}

Measured lowest_power_limit(const std::vector<const json*>& records, const std::vector<std::size_t>& at) {
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const json* columns = telemetry_of(*records[i]);
    if (!columns || columns->at("power_limit_watts").at(at[i]).is_null())
      return {std::nullopt, why_unread(*records[i], at[i], "power_limit_watts")};
    lowest = std::min(lowest, columns->at("power_limit_watts").at(at[i]).get<double>());
  }
  return {lowest, {}};
}

}  // namespace

bool matches(const Criterion& criterion, const json& one) {
  const Cases& cases = criterion.cases;
  if (criterion.kind <= Kind::spread && one.at("fill") != "normal") return false;
  if (!cases.workload.empty() && one.at("workload") != cases.workload) return false;
  if (!cases.modes.empty() && std::ranges::find(cases.modes, one.at("mode").get<std::string>()) == cases.modes.end())
    return false;
  if (!(one.at("seconds").get<double>() >= cases.at_least_seconds)) return false;
  const json& params = one.at("params");
  return std::ranges::all_of(cases.params, [&](const auto& rule) {
    return params.contains(rule.first) && holds(rule.second, params.at(rule.first));
  });
}

std::vector<Measured> measured_in(const json& record, const Criterion& criterion, const Bound& bound) {
  const std::size_t ranks = record.at("per_rank").at("rank").size();
  if (criterion.kind <= Kind::bus_bandwidth) {
    const json& rates = record.at("rates");
    const std::string quantity = rates.empty() ? "nothing" : rates.at(0).at("quantity");
    const std::vector<std::string> wanted = quantities_of(criterion.kind);
    if (std::ranges::find(wanted, quantity) == wanted.end()) {
      const Measured none{std::nullopt, fmt::format("the case measures {}, not {}{}", quantity, wanted.front(),
                                                    ranks == 1 ? ", on one rank" : "")};
      return std::vector<Measured>(criterion.kind == Kind::bus_bandwidth ? 1 : ranks, none);
    }
    if (criterion.kind == Kind::bus_bandwidth) return {{in_unit(rates.at(0).at("value"), criterion, bound.unit), {}}};
  }
  std::vector<Measured> values;
  for (std::size_t at = 0; at < ranks; ++at) values.push_back(of_rank(record, at, criterion, bound));
  return values;
}

Measured measured_over(const std::vector<const json*>& records, int rank, const Criterion& criterion) {
  std::vector<const json*> with;
  std::vector<std::size_t> at;
  for (const json* record : records) {
    if (record->at("per_rank").is_null()) continue;  // it ended before anything was measured
    const json& ranks = record->at("per_rank").at("rank");
    auto place = static_cast<std::size_t>(rank);
    if (place >= ranks.size() || ranks.at(place) != rank)
      place = static_cast<std::size_t>(std::ranges::find(ranks, json(rank)) - ranks.begin());
    if (place >= ranks.size()) continue;
    with.push_back(record);
    at.push_back(place);
  }
  if (with.empty()) return {std::nullopt, "no case was measured on it"};
  return criterion.kind == Kind::counter ? counted_over(with, at, criterion) : lowest_power_limit(with, at);
}

double combined(std::vector<double> values, Statistic statistic) {
  const Summary all = summarise(values);
  switch (statistic) {
    case Statistic::slowest: return all.min;
    case Statistic::range_over_median: return 100 * (all.max - all.min) / all.median;
    case Statistic::slowest_below_median: return 100 * (all.median - all.min) / all.median;
    case Statistic::slowest_below_best: return 100 * (all.max - all.min) / all.max;
    default: return all.mean;
  }
}

}  // namespace petaproof::acceptance

#include "harness/judge/held_down.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace petaproof::judge {
namespace {

using nlohmann::json;
using Ranks = std::set<std::size_t>;  // positions in the columns

// hw_slowdown comes with either of the two hardware causes, and alone for others: where both are set, the other one
// tells more.
constexpr const char* slowdowns[] = {"hw_thermal_slowdown", "sw_thermal_slowdown", "hw_power_brake_slowdown",
                                     "hw_slowdown"};

// The lowest of any rank. Those of `held` that are below the usual join it.
std::optional<double> lowest(const json& columns, const char* name, std::optional<double> usual, Ranks& held) {
  const auto column = columns.find(name);
  std::optional<double> lowest;
  if (column == columns.end()) return lowest;
  for (std::size_t i = 0; i < column->size(); ++i) {
    if (column->at(i).is_null()) continue;
    const double value = column->at(i).get<double>();
    lowest = std::min(lowest.value_or(value), value);
    if (usual && is_lowered(value, *usual)) held.insert(i);
  }
  return lowest;
}

// The share of the time in which the clocks were held down for this reason, of the GPU with most of it.
double time_in(const json& columns, const char* reason, Ranks& held) {
  const auto events = columns.find("clock_event_fractions");
  if (events == columns.end() || !events->contains(reason)) return 0;
  const json& fractions = events->at(reason);
  double most = 0;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    if (fractions.at(i).is_null()) continue;
    const double fraction = fractions.at(i).get<double>();
    most = std::max(most, fraction);
    if (fraction > a_moment) held.insert(i);
  }
  return most;
}

void add_read(const json& column, Ranks& read) {
  for (std::size_t i = 0; i < column.size(); ++i)
    if (!column.at(i).is_null()) read.insert(i);
}

// Positions where something would have told.
Ranks watched(const json& columns) {
  Ranks read;
  if (const auto limits = columns.find("power_limit_watts"); limits != columns.end()) add_read(*limits, read);
  if (const auto events = columns.find("clock_event_fractions"); events != columns.end())
    for (const json& fractions : *events) add_read(fractions, read);
  return read;
}

}  // namespace

void find_what_held_down(const json& telemetry, const Hardware* gpu, Measurement& m) {
  m.unwatched = m.held_down = m.gpus;
  const auto columns = telemetry.find("per_rank");
  if (columns == telemetry.end() || !columns->is_object()) return;
  Ranks held;
  m.power_limit_watts =
      lowest(*columns, "power_limit_watts", gpu ? gpu->least_usual_limit_watts() : std::nullopt, held);
  m.max_sm_clock_mhz = lowest(*columns, "max_sm_clock_megahertz", gpu ? gpu->max_sm_clock_mhz() : std::nullopt, held);
  m.clock_set = time_in(*columns, "applications_clocks_setting", held);
  for (const char* reason : slowdowns)
    if (const double share = time_in(*columns, reason, held); share > m.slowed) {
      m.slowed = share;
      m.slowed_by = reason;
    }
  const Ranks read = watched(*columns);
  m.unwatched = m.gpus - static_cast<std::int64_t>(read.size());
  // the others are counted already
  m.held_down = m.unwatched + std::ranges::count_if(held, [&](std::size_t i) { return read.contains(i); });
}

}  // namespace petaproof::judge

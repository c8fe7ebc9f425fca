#include "harness/telemetry/trace.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

constexpr auto events = index_of(Sensor::clock_events);

// What was set in either; unknown only where both are.
double union_of(double a, double b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  return static_cast<double>(static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b));
}

// A millisecond is what a sample's time means.
double rounded(double unix_seconds) {
  return std::round(1e3 * unix_seconds) / 1e3;
}

}  // namespace

void Trace::phase(std::string name, double unix_seconds) {
  phases_.push_back({std::move(name), unix_seconds});
}

void Trace::add(double unix_seconds, const Sample& sample) {
  Row row{unix_seconds, static_cast<int>(phases_.size()) - 1, {}};
  for (std::size_t i = 0; i < sensor_count; ++i)
    row.values[i] = sample.fields[i].value.value_or(std::numeric_limits<double>::quiet_NaN());
  if (seen_++ % kept_every_ != 0) {
    rows_.back().values[events] = union_of(rows_.back().values[events], row.values[events]);
    return;
  }
  rows_.push_back(row);
  if (rows_.size() == capacity_) thin();
}

void Trace::thin() {
  for (std::size_t i = 0; i < rows_.size() / 2; ++i) {
    const double set = union_of(rows_[2 * i].values[events], rows_[2 * i + 1].values[events]);
    rows_[i] = rows_[2 * i];
    rows_[i].values[events] = set;
  }
  rows_.resize(rows_.size() / 2);
  kept_every_ *= 2;
}

json Trace::to_json() const {
  json phases = json::array();
  for (const Phase& phase : phases_)
    phases.push_back({{"name", phase.name}, {"unix_seconds", rounded(phase.unix_seconds)}});
  json times = json::array(), phase_of = json::array();
  for (const Row& row : rows_) {
    times.push_back(rounded(row.unix_seconds));
    phase_of.push_back(row.phase);
  }
  json columns{{"unix_seconds", times}, {"phase", phase_of}};
  for (std::size_t i = 0; i < sensor_count; ++i) {
    json& column = columns[sensor_names[i]] = json::array();
    for (const Row& row : rows_)
      if (const double value = row.values[i]; std::isnan(value))
        column.push_back(nullptr);
      else if (i == events)
        column.push_back(static_cast<std::uint64_t>(value));
      else
        column.push_back(value);
  }
  return {{"kept_every", kept_every_}, {"phases", phases}, {"columns", columns}};
}

}  // namespace petaproof

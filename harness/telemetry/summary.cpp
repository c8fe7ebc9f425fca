#include "harness/telemetry/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/telemetry/nvml.hpp"

namespace petaproof {
namespace {

constexpr auto energy = index_of(Sensor::energy);
constexpr auto clock_events = index_of(Sensor::clock_events);

std::string name_of(std::size_t bit) {
  for (const auto& reason : nvml::clock_event_reasons)
    if (reason.bit == std::uint64_t{1} << bit) return reason.name;
  return fmt::format("bit_{}", bit);
}

}  // namespace

MeanPower mean_power(const TelemetrySummary& summary) {
  if (summary.energy_joules && summary.energy_seconds >= least_energy_seconds)
    return {*summary.energy_joules / summary.energy_seconds, "NVML, energy counter over the timed part"};
  if (const auto& power = summary.gauges[index_of(Sensor::power)])
    return {power->mean, fmt::format("NVML, {}, mean over the timed part", summary.power_source)};
  return {};
}

void TelemetryStatistics::begin(double seconds) {
  open_ = true;
  opened_ = pending_since_ = seconds;
}

void TelemetryStatistics::end(double seconds) {
  if (!open_) return;
  settle(seconds);
  open_ = false;
  window_seconds_ += seconds - opened_;
  if (first_energy_) {
    joules_ += last_energy_->joules - first_energy_->joules;
    energy_seconds_ += last_energy_->seconds - first_energy_->seconds;
  }
  first_energy_.reset();
}

void TelemetryStatistics::add(double seconds, const Sample& sample, double cost_seconds) {
  if (!open_) return;
  settle(seconds);
  pending_ = sample;
  ++samples_;
  cost_seconds_ += cost_seconds;
  if (const auto& joules = sample[Sensor::energy].value) {
    last_energy_ = {seconds, *joules};
    if (!first_energy_) first_energy_ = last_energy_;
  }
}

// Gives the sample before its weight, now that it is known how long it stood.
void TelemetryStatistics::settle(double until) {
  if (!pending_) return;  // the first will stand for this time too
  const double weight = until - pending_since_;
  for (std::size_t i = 0; i < sensor_count; ++i) {
    const Field& field = pending_->fields[i];
    Sum& sum = sums_[i];
    if (!field.value) {
      ++sum.unknown;
      sum.why = field.why;
      continue;
    }
    sum.min = sum.known == 0 ? *field.value : std::min(sum.min, *field.value);
    sum.max = sum.known == 0 ? *field.value : std::max(sum.max, *field.value);
    sum.weighted += weight * *field.value;
    sum.known_seconds += weight;
    ++sum.known;
  }
  if (const auto& mask = pending_->fields[clock_events].value)
    for (std::size_t bit = 0; bit < bit_seconds_.size(); ++bit)
      if (static_cast<std::uint64_t>(*mask) >> bit & 1U) bit_seconds_[bit] += weight;
  pending_.reset();
  pending_since_ = until;
}

// Says why where it is not, or was not all the time.
bool TelemetryStatistics::is_known(std::size_t sensor, TelemetrySummary& summary) const {
  const Sum& sum = sums_[sensor];
  std::string& unread = summary.unread[sensor_names[sensor]];
  if (samples_ == 0)
    unread = "no sample fell into the timed part";
  else if (sum.unknown == 0)
    summary.unread.erase(sensor_names[sensor]);
  else if (sum.known == 0)
    unread = sum.why;
  else
    unread = fmt::format("{} of {} samples: {}", sum.unknown, samples_, sum.why);
  return sum.known_seconds > 0 && sum.known_seconds >= window_seconds_ / 2;
}

void TelemetryStatistics::write_gauges(TelemetrySummary& summary) const {
  for (std::size_t i = 0; i < gauge_count; ++i)
    if (is_known(i, summary))
      summary.gauges[i] = Statistic{sums_[i].weighted / sums_[i].known_seconds, sums_[i].min, sums_[i].max};
}

void TelemetryStatistics::write_clock_events(TelemetrySummary& summary) const {
  if (!is_known(clock_events, summary)) return;
  const double known = sums_[clock_events].known_seconds;
  for (std::size_t bit = 0; bit < bit_seconds_.size(); ++bit)
    if (const std::string name = name_of(bit); bit_seconds_[bit] > 0 || !name.starts_with("bit_"))
      summary.clock_events[name] = bit_seconds_[bit] / known;
}

void TelemetryStatistics::write_energy(TelemetrySummary& summary) const {
  if (!is_known(energy, summary)) return;
  if (!(energy_seconds_ > 0)) {
    summary.unread[sensor_names[energy]] = "a difference takes two samples in the timed part";
  } else if (joules_ < 0) {
    summary.unread[sensor_names[energy]] = "the counter went back: was the driver loaded anew?";
  } else {
    summary.energy_joules = joules_;
    summary.energy_seconds = energy_seconds_;
  }
}

void TelemetryStatistics::write_to(TelemetrySummary& summary) const {
  summary.reason.clear();
  summary.samples = samples_;
  summary.window_seconds = window_seconds_;
  summary.sampling_seconds = cost_seconds_;
  write_gauges(summary);
  write_clock_events(summary);
  write_energy(summary);
}

TelemetrySummary summarise(const std::vector<TimedSample>& samples, double begin, double end) {
  TelemetryStatistics statistics;
  statistics.begin(begin);
  for (const TimedSample& sample : samples)
    if (sample.seconds >= begin && sample.seconds <= end) statistics.add(sample.seconds, sample.sample);
  statistics.end(end);
  TelemetrySummary summary;
  statistics.write_to(summary);
  return summary;
}

}  // namespace petaproof

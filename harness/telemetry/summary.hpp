// What the samples of one case, taken on one rank, come to.
//
// A sample stands for the time until the next one, the first also for the time before it, so uneven sampling does not
// weigh. Only the timed part counts: warming up has other clocks, and a device that waits while its results are
// checked falls idle.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/telemetry/source.hpp"

namespace petaproof {

struct Statistic {
  double mean = 0;
  double min = 0;
  double max = 0;
};

struct TelemetrySummary {
  std::string reason = "nothing was sampled";  // why that is so; empty where something was
  std::int64_t samples = 0;
  double window_seconds = 0;    // of the timed part
  double sampling_seconds = 0;  // of those, how long the samples took to read: what telemetry itself cost
  std::array<std::optional<Statistic>, gauge_count> gauges;  // by Sensor
  /// Fraction of the time, by bit of nvml::clock_event_reasons ("bit_12" for one without a name there). Every named
  /// bit is there, or none where the reasons could not be read.
  std::map<std::string, double> clock_events;
  /// By the device's counter, between the first and the last sample, which lie `energy_seconds` apart.
  std::optional<double> energy_joules;
  double energy_seconds = 0;
  std::array<std::optional<double>, counter_count> before, after;
  std::optional<double> power_limit_watts;
  std::optional<double> max_sm_clock_megahertz;
  std::string driver_version;
  std::string nvml_version;
  std::string power_source;
  /// What could not be read, in whole or in part, and why; by sensor_names, counter_names and the limits' names.
  std::map<std::string, std::string> unread;
};

/// TelemetrySummary::reason of the host backend.
inline constexpr const char* no_source_on_host = "the host backend has no source of clock or power";

/// NVML does not say how often the counter of energy moves. If in steps of 0.1 s, as the power sensor of A100 and
/// H100 does (arXiv:2312.02741), the difference is wrong by up to that at either end: 4 % of this long, at the most.
/// Over less the mean of the samples is the better power.
inline constexpr double least_energy_seconds = 5;

struct MeanPower {
  std::optional<double> watts;
  std::string basis;
};
/// The best figure that there is.
MeanPower mean_power(const TelemetrySummary& summary);

struct TimedSample {
  double seconds = 0;  // on any monotonic clock
  Sample sample;
};

/// Summarises one sample after the other: a case may take days, and its samples need not be kept.
class TelemetryStatistics {
 public:
  /// The timed part begins, ends; each may happen more than once. Times must not fall.
  void begin(double seconds);
  void end(double seconds);
  /// Ignored outside the timed part. `cost_seconds`: how long it took to read.
  void add(double seconds, const Sample& sample, double cost_seconds = 0);

  /// Everything of the timed part so far. A sensor that could not be read for more than half of it is absent.
  void write_to(TelemetrySummary& summary) const;

 private:
  struct Sum {
    double known_seconds = 0;
    double weighted = 0;
    double min = 0;
    double max = 0;
    std::int64_t known = 0;
    std::int64_t unknown = 0;
    std::string why;  // the last failure's
  };
  struct Point {
    double seconds;
    double joules;
  };

  void settle(double until);
  void write_gauges(TelemetrySummary& summary) const;
  void write_clock_events(TelemetrySummary& summary) const;
  void write_energy(TelemetrySummary& summary) const;
  bool is_known(std::size_t sensor, TelemetrySummary& summary) const;

  bool open_ = false;
  double opened_ = 0;
  double window_seconds_ = 0;
  double cost_seconds_ = 0;
  std::int64_t samples_ = 0;
  std::optional<Sample> pending_;
  double pending_since_ = 0;
  std::array<Sum, sensor_count> sums_;
  std::array<double, 53> bit_seconds_{};
  std::optional<Point> first_energy_, last_energy_;
  double joules_ = 0;
  double energy_seconds_ = 0;
};

/// The same of samples at hand; the timed part is from `begin` to `end`.
TelemetrySummary summarise(const std::vector<TimedSample>& samples, double begin, double end);

}  // namespace petaproof

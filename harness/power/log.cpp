#include "harness/power/log.hpp"

#include <algorithm>

namespace petaproof::power {
namespace {

double in_seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-9;
}

}  // namespace

void Log::add(double watts, std::optional<std::int64_t> time) {
  watts_.push_back(watts);
  if (time) timed_.push_back({*time, watts});
}

judge::MeteredPower Log::written_to(judge::MeteredPower entry) const {
  for (const double watts : watts_) {
    entry.min_watts = entry.samples == 0 ? watts : std::min(entry.min_watts, watts);
    entry.max_watts = std::max(entry.max_watts, watts);
    ++entry.samples;
    entry.mean_watts += (watts - entry.mean_watts) / static_cast<double>(entry.samples);
  }
  // how long a reading without a time stood for, nobody knows, nor then what the mean over time is
  if (!timed_.empty() && timed_.size() == watts_.size()) write_over_time(timed_, entry);
  return entry;
}

void Log::write_over_time(std::vector<Timed> readings, judge::MeteredPower& entry) {
  std::ranges::sort(readings, {}, &Timed::time);  // a file may have its lines in any order
  entry.begin_ns = readings.front().time;
  entry.seconds = in_seconds(readings.back().time - readings.front().time);
  if (!(entry.seconds > 0)) return;
  entry.mean_watts = 0;
  double elapsed = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double seconds = in_seconds(readings[i].time - readings[i - 1].time);
    entry.longest_gap_s = std::max(entry.longest_gap_s, seconds);
    elapsed += seconds;
    // as a running mean, which leaves a steady load what it is to the last digit
    if (seconds > 0)
      entry.mean_watts += ((readings[i].watts + readings[i - 1].watts) / 2 - entry.mean_watts) * seconds / elapsed;
  }
}

}  // namespace petaproof::power

#include "harness/telemetry/sampler.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>

namespace petaproof {
namespace {

using Clock = std::chrono::steady_clock;

double now() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Clock::time_point time_point(double seconds) {
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds)));
}

std::optional<double> taken(const Field& field, const char* name, TelemetrySummary& summary) {
  if (!field.value) summary.unread[name] = field.why;
  return field.value;
}

void take(std::array<std::optional<double>, counter_count>& to, const Counters& counters, TelemetrySummary& summary) {
  for (std::size_t i = 0; i < counter_count; ++i) to[i] = taken(counters[i], counter_names[i], summary);
}

}  // namespace

Sampler::Sampler(TelemetrySource& source, double period) : source_(source), period_(period) {
  marks_.push_back({now(), unix_now(), "begin"});
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Sampler::phase(std::string_view name) {
  {
    const std::lock_guard lock(mutex_);
    marks_.push_back({now(), unix_now(), std::string(name)});
    marked_ = true;
  }
  wake_.notify_one();
}

Sampler::Result Sampler::finish() {
  thread_.request_stop();
  thread_.join();
  return {std::move(summary_), std::move(trace_)};
}

void Sampler::run(const std::stop_token& stop) {
  try {
    sample_until_stopped(stop);
  } catch (const std::exception& error) {  // out of memory: the case can go on without telemetry
    summary_ = {};
    summary_.reason = error.what();
  }
}

void Sampler::sample_until_stopped(const std::stop_token& stop) {
  take(summary_.before, source_.counters(), summary_);
  const DeviceLimits limits = source_.limits();
  summary_.power_limit_watts = taken(limits.power_limit_watts, "power_limit_watts", summary_);
  summary_.max_sm_clock_megahertz = taken(limits.max_sm_clock_megahertz, "max_sm_clock_megahertz", summary_);
  summary_.driver_version = limits.driver_version;
  summary_.nvml_version = limits.nvml_version;
  summary_.power_source = limits.power_source;
  while (!stop.stop_requested()) {
    const double next = take_sample();
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, stop, time_point(next), [this] { return marked_; });
    marked_ = false;
  }
  const double end = now();
  apply_marks(end);
  statistics_.end(end);
  statistics_.write_to(summary_);
  take(summary_.after, source_.counters(), summary_);
}

// Returns when the next one is due.
double Sampler::take_sample() {
  const double begin = now();
  apply_marks(begin);
  const double unix_seconds = unix_now();
  const Sample sample = source_.read();
  const double cost = now() - begin;
  statistics_.add(begin, sample, cost);
  trace_.add(unix_seconds, sample);
  const double longest = std::max(period_, longest_sampling_period);
  return begin + std::clamp(cost / sampling_share, period_, longest);
}

// Phases that began before `until` begin before what is sampled then.
void Sampler::apply_marks(double until) {
  std::vector<Mark> due;
  {
    const std::lock_guard lock(mutex_);
    const auto later = std::ranges::find_if(marks_, [until](const Mark& mark) { return mark.seconds > until; });
    due.assign(marks_.begin(), later);
    marks_.erase(marks_.begin(), later);
  }
  for (const Mark& mark : due) {
    statistics_.end(mark.seconds);
    if (mark.phase == timed_phase) statistics_.begin(mark.seconds);
    trace_.phase(mark.phase, mark.unix_seconds);
  }
}

}  // namespace petaproof

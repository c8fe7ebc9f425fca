// Samples a device while a case runs, in a thread of its own: it calls no MPI and no CUDA.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/telemetry/summary.hpp"
#include "harness/telemetry/trace.hpp"

namespace petaproof {

/// The power sensor of A100 and H100 is renewed every 0.1 s (arXiv:2312.02741), so more often would tell little more.
/// What a sample costs is measured and stands in the record (TelemetrySummary::sampling_seconds); where it costs
/// much, the pauses between samples grow, up to the longest period: 2 Hz.
inline constexpr double sampling_period = 0.1;
inline constexpr double longest_sampling_period = 0.5;
/// At most this share of the time goes into reading, as long as the longest period allows.
inline constexpr double sampling_share = 0.1;
/// The phase that is timed: kernels/measure/progress.hpp.
inline constexpr std::string_view timed_phase = "measure";

class Sampler {
 public:
  struct Result {
    TelemetrySummary summary;
    Trace trace;
  };

  /// Starts at once. `source` must outlive this.
  explicit Sampler(TelemetrySource& source, double period = sampling_period);
  /// Ends the thread, waiting for the sample that it is taking; NVML's calls know no deadline, so whoever destroys it
  /// must be under one (the watchdog's).
  ~Sampler() = default;
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// A phase begins: a sample is taken soon, without waiting for it.
  void phase(std::string_view name);
  /// Ends the thread, as the destructor does.
  Result finish();

 private:
  struct Mark {
    double seconds;
    double unix_seconds;
    std::string phase;
  };

  void run(const std::stop_token& stop);
  void sample_until_stopped(const std::stop_token& stop);
  double take_sample();
  void apply_marks(double until);

  TelemetrySource& source_;
  const double period_;
  std::mutex mutex_;  // of marks_ and marked_
  std::condition_variable_any wake_;
  std::vector<Mark> marks_;
  bool marked_ = false;
  // of the thread alone, until it has ended
  TelemetryStatistics statistics_;
  TelemetrySummary summary_;
  Trace trace_;
  std::jthread thread_;
};

}  // namespace petaproof

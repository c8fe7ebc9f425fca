// Goodput: the share of time in which a job that every failure interrupts makes progress, from how often GPUs fail,
// how long a checkpoint takes and how long a restart. Formulas and sources: README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace petaproof::project {

/// Failures per GPU and hour: what is believed, and the bounds of a 95 % interval where it rests on a count.
struct FailureRate {
  double per_gpu_hour = 0;
  std::optional<double> lower;
  std::optional<double> upper;
  std::string source;  // "measured: ...", "assumed: ..."
};

/// From `failures` in `gpu_hours` of operation, as a Poisson count: chi-square bounds; of no failures at all the
/// estimate is 0 and the upper bound 3 / gpu_hours. Throws Error(usage) for what no cluster has: a negative count,
/// hours of 0 or below, numbers with which a share could not be computed.
FailureRate measured_failure_rate(std::int64_t failures, double gpu_hours);

/// As the user says, without an interval.
FailureRate assumed_failure_rate(double per_gpu_day);

/// Llama 3's 419 unexpected interruptions in 54 days on 16,384 H100.
FailureRate published_failure_rate();

struct GoodputInput {
  std::int64_t gpus = 0;
  FailureRate failures;
  double checkpoint_seconds = 0;  // that training stands still for
  double restart_seconds = 0;     // from a failure to the first new step
};

struct Goodput {
  std::int64_t gpus = 0;
  double mean_seconds_to_interruption = 0;  // infinite where no failure is expected
  double checkpoint_interval_seconds = 0;   // the best: Young's, or Daly's
  double share = 0;                         // of the time, 0 to 1
  std::optional<double> lower;              // with the failure rate's upper bound
  std::optional<double> upper;
  bool daly = false;  // checkpoint / mean time > 0.05: Daly's higher order
};

/// Throws Error(usage) where a count, a time or the rate is out of range.
Goodput goodput(const GoodputInput& input);

}  // namespace petaproof::project

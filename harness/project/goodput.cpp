#include "harness/project/goodput.hpp"

#include <fmt/format.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/device/error.hpp"

namespace petaproof::project {
namespace {

constexpr double hours_per_day = 24;
constexpr double seconds_per_hour = 3600;
constexpr double largest_young_ratio =
    0.05;  // of checkpoint to mean time; beyond, Young's terms of second order count
constexpr double smallest_young_share = 0.3;

// Wider than anything that runs, and narrow enough that no formula overflows.
constexpr std::int64_t most_failures = 1'000'000'000;
constexpr double fewest_gpu_hours = 1e-3;
constexpr double most_gpu_hours = 1e12;  // 100 million GPUs for a year
constexpr double least_per_gpu_day = 1e-12;
constexpr double most_per_gpu_day = 86'400;   // a failure of each GPU in each second
constexpr double shortest_checkpoint = 1e-9;  // seconds; what is shorter stops nothing
constexpr double most_seconds = 366 * 86'400.0;

double mean_seconds(std::int64_t gpus, double per_gpu_hour) {
  if (per_gpu_hour == 0) return std::numeric_limits<double>::infinity();
  return seconds_per_hour / (per_gpu_hour * static_cast<double>(gpus));
}

struct Plan {
  double interval = 0;
  double share = 0;
  bool daly = false;
};

// Young: the interval balances checkpoints, delta / tau, against lost work, tau / 2M.
Plan young(double delta, double restart, double mean) {
  const double interval = std::sqrt(2 * delta * mean);
  const double waste = (delta > 0 ? delta / interval : 0.0) + interval / (2 * mean) + restart / mean;
  return {interval, 1 - waste, false};
}

// Daly: failures strike checkpoints and restarts too. M e^(R/M) (e^((tau+delta)/M) - 1) seconds pass for tau of work.
Plan daly(double delta, double restart, double mean) {
  const double half = delta / (2 * mean);
  const double interval =
      half < 1 ? std::sqrt(2 * delta * mean) * (1 + std::sqrt(half) / 3 + half / 9) - delta : mean;
  const double passing = mean * std::exp(restart / mean) * std::expm1((interval + delta) / mean);
  return {interval, interval / passing, true};
}

Plan best(const GoodputInput& input, double per_gpu_hour) {
  const double mean = mean_seconds(input.gpus, per_gpu_hour);
  if (std::isinf(mean)) return {mean, 1, false};
  const double delta = input.checkpoint_seconds < shortest_checkpoint ? 0 : input.checkpoint_seconds;
  const double restart = input.restart_seconds;
  const Plan plan = young(delta, restart, mean);
  // a sum of first-order terms is no share any more where they are large; with no checkpoint cost there is no
  // interval either, and the restart alone counts
  const bool first_order = delta / mean <= largest_young_ratio && plan.share >= smallest_young_share;
  if (first_order) return plan;
  return delta > 0 ? daly(delta, restart, mean) : Plan{0, std::exp(-restart / mean), true};
}

void require(bool holds, const std::string& message) {
  if (!holds) throw Error(Domain::usage, message);
}

}  // namespace

FailureRate measured_failure_rate(std::int64_t failures, double gpu_hours) {
  require(failures >= 0 && failures <= most_failures,
          fmt::format("a count of failures from 0 to {} is expected, found {}", most_failures, failures));
  require(gpu_hours >= fewest_gpu_hours && gpu_hours <= most_gpu_hours,
          fmt::format("GPU-hours from {} to {:.0e} are expected, in which the failures were counted, found {}",
                      fewest_gpu_hours, most_gpu_hours, gpu_hours));
  require(static_cast<double>(failures) / gpu_hours * hours_per_day <= most_per_gpu_day,
          fmt::format("{} failures in {} GPU-hours are more than one per GPU and second", failures, gpu_hours));
  const auto chi_square = [&](double probability, double twice_count) {
    return boost::math::quantile(boost::math::chi_squared(twice_count), probability) / (2 * gpu_hours);
  };
  const auto count = static_cast<double>(failures);
  FailureRate rate{.per_gpu_hour = count / gpu_hours, .lower = 0.0, .upper = 3 / gpu_hours, .source = {}};
  if (failures > 0) {
    rate.lower = chi_square(0.025, 2 * count);
    rate.upper = chi_square(0.975, 2 * count + 2);
  }
  rate.source = fmt::format("measured: {} failures in {:.6g} GPU-hours", failures, gpu_hours);
  return rate;
}

FailureRate assumed_failure_rate(double per_gpu_day) {
  require(per_gpu_day >= least_per_gpu_day && per_gpu_day <= most_per_gpu_day,
          fmt::format("failures per GPU and day from {:.0e} to {} (one a second) are expected, found {}",
                      least_per_gpu_day, most_per_gpu_day, per_gpu_day));
  return {per_gpu_day / hours_per_day, std::nullopt, std::nullopt,
          fmt::format("assumed: {:.6g} failures per GPU and day, as given", per_gpu_day)};
}

FailureRate published_failure_rate() {
  constexpr double gpu_hours = 16384.0 * 54 * hours_per_day;
  return {419 / gpu_hours, std::nullopt, std::nullopt,
          "assumed: as published of Llama 3, 419 interruptions in 54 days of 16,384 H100, another cluster than this"};
}

Goodput goodput(const GoodputInput& input) {
  require(input.gpus > 0, fmt::format("a count of GPUs above 0 is expected, found {}", input.gpus));
  for (const auto& [what, seconds] :
       {std::pair{"checkpoint", input.checkpoint_seconds}, {"restart", input.restart_seconds}})
    require(seconds >= 0 && seconds <= most_seconds,
            fmt::format("{} seconds from 0 to {} (a year) are expected, found {}", what, most_seconds, seconds));
  const Plan plan = best(input, input.failures.per_gpu_hour);
  Goodput result{.gpus = input.gpus,
                 .mean_seconds_to_interruption = mean_seconds(input.gpus, input.failures.per_gpu_hour),
                 .checkpoint_interval_seconds = plan.interval,
                 .share = plan.share,
                 .lower = std::nullopt,
                 .upper = std::nullopt,
                 .daly = plan.daly};
  if (input.failures.upper) result.lower = best(input, *input.failures.upper).share;
  if (input.failures.lower) result.upper = best(input, *input.failures.lower).share;
  return result;
}

}  // namespace petaproof::project

#include "kernels/measure/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

constexpr std::size_t batches = 32;

std::vector<double> sorted_finite(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  for (double sample : sorted) PETAPROOF_INVARIANT(std::isfinite(sample));
  std::ranges::sort(sorted);
  return sorted;
}

double mean_of(std::span<const double> samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double stdev_of(std::span<const double> samples, double mean) {
  if (samples.size() < 2) return 0;
  double squares = 0;
  for (double sample : samples) squares += (sample - mean) * (sample - mean);
  return std::sqrt(squares / static_cast<double>(samples.size() - 1));
}

// Means of `batches` runs of consecutive samples; no sample is left out, so lengths may differ by one.
std::vector<double> batch_means(std::span<const double> samples) {
  std::vector<double> means;
  for (std::size_t b = 0; b < batches; ++b) {
    const std::size_t begin = samples.size() * b / batches;
    means.push_back(mean_of(samples.subspan(begin, samples.size() * (b + 1) / batches - begin)));
  }
  return means;
}

}  // namespace

double quantile(std::span<const double> sorted, double q) {
  PETAPROOF_INVARIANT(!sorted.empty() && q >= 0 && q <= 1);
  for (double sample : sorted) PETAPROOF_INVARIANT(std::isfinite(sample));
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

Summary summarise(std::span<const double> samples) {
  if (samples.empty()) return {};
  const std::vector<double> sorted = sorted_finite(samples);
  const double mean = mean_of(samples);
  return {.count = sorted.size(),
          .min = sorted.front(),
          .q1 = quantile(sorted, 0.25),
          .median = quantile(sorted, 0.5),
          .q3 = quantile(sorted, 0.75),
          .max = sorted.back(),
          .mean = mean,
          .stdev = stdev_of(samples, mean)};
}

double t_quantile(std::size_t degrees_of_freedom) {
  PETAPROOF_INVARIANT(degrees_of_freedom >= 1);
  const boost::math::students_t distribution(static_cast<double>(degrees_of_freedom));
  return boost::math::quantile(distribution, 0.5 + confidence_level / 2);
}

std::optional<Interval> mean_interval(std::span<const double> samples) {
  if (samples.size() < 2) return std::nullopt;
  sorted_finite(samples);
  const double mean = mean_of(samples);  // of all samples, as the rate is
  std::vector<double> means;
  if (samples.size() >= 2 * batches) {
    means = batch_means(samples);
    samples = means;
  }
  const double half = t_quantile(samples.size() - 1) * stdev_of(samples, mean_of(samples)) /
                      std::sqrt(static_cast<double>(samples.size()));
  return Interval{mean - half, mean + half};
}

std::optional<Interval> median_interval(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  const std::vector<double> sorted = sorted_finite(samples);
  // P(X_(k) > median) = P(Binomial(n, 1/2) <= k - 1): the widest pair of ranks whose tails stay within alpha / 2
  const boost::math::binomial distribution(static_cast<double>(sorted.size()), 0.5);
  std::size_t rank = 0;
  while (rank < sorted.size() / 2 &&
         boost::math::cdf(distribution, static_cast<double>(rank)) <= (1 - confidence_level) / 2)
    ++rank;
  if (rank == 0) return std::nullopt;
  return Interval{sorted[rank - 1], sorted[sorted.size() - rank]};
}

}  // namespace petaproof

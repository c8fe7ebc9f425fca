// Descriptive statistics and intervals of samples of time.
//
// Quantiles interpolate linearly between order statistics (Hyndman and Fan's type 7, the default of R and NumPy):
// for n = 4, q1 lies a quarter of the way from the first to the second of the three gaps.
// Intervals are two-sided at 95 %. Every function refuses non-finite samples with Error(internal): a NaN must not
// turn into a plausible number by sorting.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace petaproof {

inline constexpr double confidence_level = 0.95;

struct Interval {
  double lower = 0;
  double upper = 0;
};

struct Summary {
  std::size_t count = 0;
  double min = 0;
  double q1 = 0;
  double median = 0;
  double q3 = 0;
  double max = 0;
  double mean = 0;
  double stdev = 0;  // sample standard deviation, n - 1; 0 for n < 2
};

/// All zero for no samples.
Summary summarise(std::span<const double> samples);

/// Quantile `q` in [0, 1] of samples sorted ascending; at least one.
double quantile(std::span<const double> sorted, double q);

/// Student's t quantile, two-sided at `confidence_level`: 12.706 for 1 degree of freedom.
double t_quantile(std::size_t degrees_of_freedom);

/// Interval of the mean of samples that follow each other in time. From 64 samples on it is computed from 32 means
/// of consecutive batches, because neighbouring launches share clocks and temperature and are not independent
/// (batch means: Law, Simulation Modeling and Analysis, section 9.5.3). None for n < 2.
std::optional<Interval> mean_interval(std::span<const double> samples);

/// Distribution-free interval of the median from order statistics (binomial ranks). None where n is too small for
/// the confidence level (n < 6).
std::optional<Interval> median_interval(std::span<const double> samples);

}  // namespace petaproof

// Median, and a spread that outliers do not widen.
#pragma once

#include <span>

namespace petaproof::judge {

/// Where a robust z is an outlier (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
inline constexpr double outlier_z = 3.5;

/// The least standard deviation that rates are taken to have, as a fraction: equal rates were rounded.
inline constexpr double least_variation = 0.0025;

/// Of at least one value, all finite.
double median_of(std::span<const double> values);

/// The standard deviation of residuals about 0, from their median absolute value / 0.6745 (of a normal distribution);
/// least_variation at least.
double robust_deviation(std::span<const double> residuals);

}  // namespace petaproof::judge

// How far a projection may be off: the error, held out, that each method made on published data. Where each number
// comes from is in README.md. No other constant of this folder was taken from data but those of reach.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace petaproof::project {

/// Shares of the prediction: what is measured is expected within predicted x (1 - below) and predicted x (1 + above),
/// for a quantity of which more is better.
struct Band {
  double below = 0;
  double above = 0;
};

/// The largest over the smallest value that it holds.
constexpr double width(const Band& band) {
  return (1 + band.above) / (1 - band.below);
}

/// Of a collective's bus bandwidth, by message size.
constexpr Band collective_band(std::int64_t bytes) {
  constexpr std::int64_t mib = 1 << 20;
  // sizes between those that were validated take the band of the smaller, which is the wider
  if (bytes < 128 * mib) return {.below = 0.08, .above = 0.14};
  if (bytes < 512 * mib) return {.below = 0.10, .above = 0.04};
  return {.below = 0.10, .above = 0.02};
}

/// How far off its own points a fit may be, root mean square: the fits that the bands come from left 3.5 to 4.1 %,
/// and half as much again is still theirs. Beyond, a band is wider by what nine in ten of the further error stay
/// within.
constexpr double usual_scatter = 0.06;
/// Beyond the worst error that the model had anywhere, its law is not theirs, and nothing is predicted.
constexpr double largest_scatter = 0.18;

inline Band widened(const Band& band, double scatter) {
  if (scatter <= usual_scatter) return band;
  constexpr double nine_in_ten = 1.645;  // standard deviations, either way
  const double further = std::exp(nine_in_ten * (scatter - usual_scatter));
  return {.below = 1 - (1 - band.below) / further, .above = (1 + band.above) * further - 1};
}

/// Nine in ten points are to be inside a band: of the very points that are fitted no fewer may follow the model.
constexpr bool too_many_outliers(int outliers, int points) {
  return 10 * outliers > points;
}

/// Of a training rate carried from n GPUs to factor x n. On a cluster that nobody has tuned the rate may fall by
/// twice as much; it may not rise by more.
constexpr Band training_band(double factor, bool untuned) {
  const double below = factor <= 2 ? 0.045 : 0.085;
  return {.below = untuned ? 2 * below : below, .above = 0.01};
}

/// How much a training rate may fall from one measured point to the next, factor times as many GPUs, before nothing
/// is carried from it: 2.5 % per doubling is the 90th percentile of published series, and of one that falls faster
/// the last rate says too little.
inline double training_fall(double factor, bool untuned) {
  const double per_doubling = untuned ? 0.05 : 0.025;
  return std::min(training_band(factor, untuned).below, per_doubling * std::max(1.0, std::log2(factor)));
}

constexpr Band hpl_band() {
  return {.below = 0.05, .above = 0.05};
}

}  // namespace petaproof::project

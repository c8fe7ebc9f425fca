#include "harness/judge/robust.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/measure/statistics.hpp"

namespace petaproof::judge {

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return quantile(sorted, 0.5);
}

double robust_deviation(std::span<const double> residuals) {
  std::vector<double> sizes;
  for (const double residual : residuals) sizes.push_back(std::abs(residual));
  return std::max(least_variation, median_of(sizes) / 0.6745);
}

}  // namespace petaproof::judge

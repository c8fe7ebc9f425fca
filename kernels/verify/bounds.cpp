#include "kernels/verify/bounds.hpp"

#include <cmath>

namespace petaproof {
namespace {

// Of the error of a sum that is never promoted.
double aligned_share(const GemmRounding& rounding, std::int64_t k) {
  if (rounding.promoted == 0 || rounding.promoted >= k) return 1;
  return std::sqrt(static_cast<double>(rounding.promoted) / static_cast<double>(k));
}

}  // namespace

double rounding_lambda(std::int64_t elements) {
  return std::sqrt(2 * std::log(2 * static_cast<double>(elements) / false_alarm));
}

double dot_bound(const GemmRounding& rounding, std::int64_t k, double norm_a, double norm_b, double products,
                 double lambda) {
  if (rounding.aligns)
    return lambda * (aligned_share(rounding, k) * rounding.accumulator + 0x1p-24) * norm_a * norm_b;
  const double growth = rounding.truncates ? 1 + std::sqrt(static_cast<double>(k)) / 15 : 1;
  double bound = lambda * rounding.accumulator * growth * norm_a * norm_b;
  if (rounding.operand > 0) bound += lambda * 2 * rounding.operand * products;
  return bound;
}

double error_spread(const GemmRounding& rounding, std::int64_t k, double norm_a, double norm_b, double products,
                    double size) {
  if (rounding.aligns) {
    const double sum = aligned_share(rounding, k) * rounding.accumulator * norm_a * norm_b / std::sqrt(6.0);
    return std::hypot(sum, rounding.result * size / std::sqrt(3.0));
  }
  return rounding.operand * products;
}

}  // namespace petaproof

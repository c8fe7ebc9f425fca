#include "kernels/verify/bounds.hpp"

#include <cmath>

namespace petaproof {

double rounding_lambda(std::int64_t elements) {
  return std::sqrt(2 * std::log(2 * static_cast<double>(elements) / false_alarm));
}

double dot_bound(const GemmRounding& rounding, std::int64_t k, double norm_a, double norm_b, double products,
                 double lambda) {
  const double growth = rounding.truncates ? 1 + std::sqrt(static_cast<double>(k)) / 15 : 1;
  double bound = lambda * rounding.accumulator * growth * norm_a * norm_b;
  if (rounding.operand > 0) bound += lambda * 2 * rounding.operand * products;
  return bound;
}

}  // namespace petaproof

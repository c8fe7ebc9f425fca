#include "kernels/verify/bounds.hpp"

#include <cmath>

namespace petaproof {

double rounding_lambda(std::int64_t elements) {
  return std::sqrt(2 * std::log(2 * static_cast<double>(elements) / false_alarm));
}

double dot_bound(double u, double norm_a, double norm_b, double lambda) {
  return lambda * u * norm_a * norm_b;
}

}  // namespace petaproof

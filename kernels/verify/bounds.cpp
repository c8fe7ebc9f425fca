#include "kernels/verify/bounds.hpp"

#include <cmath>

namespace petaproof {

double rounding_lambda(std::int64_t elements) {
  return std::sqrt(2 * std::log(2 * static_cast<double>(elements) / false_alarm));
}

double dot_bound(std::int64_t k, double u, double magnitude, double lambda) {
  // K + 1: K products and additions, and the final rounding of the result to its type
  return lambda * std::sqrt(static_cast<double>(k + 1)) * u * magnitude;
}

}  // namespace petaproof

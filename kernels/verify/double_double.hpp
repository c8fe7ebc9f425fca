// Double-double arithmetic, about 106 bits, for host and device code: the wider type in which FP64 results are
// checked on a GPU, which has no other. Error-free transformations of Knuth (sum) and Dekker, with a fused
// multiply-add for the product; Joldes, Muller, Popescu, "Tight and rigorous error bounds for basic building blocks
// of double-word arithmetic", ACM TOMS 44(2), 2017.
#pragma once

#include <cmath>

#include "kernels/verify/distribution.hpp"

namespace petaproof {

struct DoubleDouble {
  double high = 0;
  double low = 0;
};

namespace detail {

// A compiler that contracts a * b + c would take the product's error away; on the device the intrinsics never are.
PETAPROOF_HOST_DEVICE inline double add(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dadd_rn(a, b);
#else
  return a + b;
#endif
}
PETAPROOF_HOST_DEVICE inline double multiply(double a, double b) {
#ifdef __CUDA_ARCH__
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

/// a + b exactly, as a rounded sum and its error.
PETAPROOF_HOST_DEVICE inline DoubleDouble exact_sum(double a, double b) {
  const double sum = add(a, b);
  const double b_part = add(sum, -a);
  const double a_part = add(sum, -b_part);
  return {sum, add(add(a, -a_part), add(b, -b_part))};
}

/// a * b exactly.
PETAPROOF_HOST_DEVICE inline DoubleDouble exact_product(double a, double b) {
  const double product = multiply(a, b);
  return {product, fma(a, b, -product)};
}

}  // namespace detail

/// Relative error at most 3 * 2^-106 (algorithm "AccurateDWPlusDW").
PETAPROOF_HOST_DEVICE inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = detail::exact_sum(a.high, b.high);
  const DoubleDouble low = detail::exact_sum(a.low, b.low);
  const DoubleDouble once = detail::exact_sum(high.high, detail::add(high.low, low.high));
  return detail::exact_sum(once.high, detail::add(once.low, low.low));
}

/// Relative error at most 2 * 2^-106 (algorithm "DWTimesFP3").
PETAPROOF_HOST_DEVICE inline DoubleDouble operator*(DoubleDouble a, double b) {
  const DoubleDouble high = detail::exact_product(a.high, b);
  return detail::exact_sum(high.high, fma(a.low, b, high.low));
}

}  // namespace petaproof

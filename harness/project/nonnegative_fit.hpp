// A robust fit of a positive quantity by a sum of three terms that cannot be negative.
//
//     y ~ x0 p0 + x1 p1 + x2 p2,  p >= 0,  minimising  sum of h(log(model / y))
//
// In logarithms, as an error of 5 % weighs the same at 100 us and at 100 ms. h is Huber's function: a square up to
// three robust standard deviations (1.4826 x the median of |residual|) and linear beyond, so that one congested point
// does not bend the rest; with none beyond, it is plain least squares.
#pragma once

#include <array>
#include <vector>

namespace petaproof::project {

constexpr std::size_t fit_terms = 3;

struct FitSample {
  std::array<double, fit_terms> terms{};  // x, each >= 0
  double value = 0;                       // y, above 0
};

struct NonnegativeFit {
  std::array<double, fit_terms> coefficients{};
  double rms_log_residual = 0;      // of log(model / y)
  double largest_log_residual = 0;  // by magnitude
  int outliers = 0;                 // in the linear part of h
  // How far the samples scatter about the model: the root of the sum of squares over the samples more than there are
  // terms above 0. An outlier counts as far as h is a square.
  double scatter = 0;
};

/// Terms that cannot be told apart from the others by these samples get 0. Throws Error(internal) without samples or
/// where a value is not above 0.
NonnegativeFit fit_nonnegative(const std::vector<FitSample>& samples);

}  // namespace petaproof::project

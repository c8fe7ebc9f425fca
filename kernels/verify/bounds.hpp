// How far a correct matrix product may lie from the exact one, for operands as our fills make them: independent and
// of mean zero.
//
// Take c = sum of K products, rounded to unit roundoff u at each step. The worst case, K*u*sum |a||b| (Higham,
// Accuracy and Stability, section 3.5), is never reached: at K = 4096 it would let TF32 pass for FP32, and so would
// its probabilistic form with sqrt(K) (Higham and Mary, SISC 41(5), 2019), since both take no notice of signs. With
// random signs the partial sum after k products is of size sqrt(k) s, where s is the size of one product, and
// rounding it errs by up to u times that, independently at each k. So the error has a standard deviation of at most
//
//     u * sqrt(sum over k of k s^2 / 3) ~ u * K s / sqrt(6) < u * |a| |b|        (|a| |b| ~ K s, Euclidean norms)
//
// whatever the order of summation; for K = 1 it is at most u |a| |b| outright. The bound is lambda of these. Partial
// sums that happen to be large and errors that happen to be large multiply: at a false alarm of 1e-9 the exact
// tail (Gaussian error times the integrated square of a random walk) reaches 7.6 u |a| |b|, and lambda is 8.9 for the
// smallest products that are measured.
//
// How sharp that is: TF32 operands sold as FP32 err by about 4e-4 sqrt(K) s, 3000 / sqrt(K) times this bound at the
// largest of a few thousand elements: found at every K up to 65,536 and far beyond.
#pragma once

#include <cstdint>

namespace petaproof {

/// Probability that a correct result is refused, per case.
inline constexpr double false_alarm = 1e-9;

/// lambda for `elements` comparisons at once (union bound): sqrt(2 ln(2 * elements / false_alarm)).
double rounding_lambda(std::int64_t elements);

/// Bound on |c - exact|. `norm_a` and `norm_b`: Euclidean norms of the row and the column; `u`: unit roundoff of the
/// accumulator and the result (2^-53 for FP64, 2^-24 for FP32). For a sum of n results with random signs, the norm of
/// all n columns together in place of `norm_b`.
double dot_bound(double u, double norm_a, double norm_b, double lambda);

}  // namespace petaproof

// How far a correct matrix product may lie from the exact one.
//
// For c = sum of K products, rounded to precision u at each operation in any order, the worst case is
// |c - exact| <= gamma_K * sum |a||b| with gamma_K ~ K*u (Higham, Accuracy and Stability, section 3.5). That bound
// is never reached: at K = 4096 it would let TF32 pass for FP32. Rounding errors behave as independent and of mean
// zero, and then, with probability at least 1 - 2*exp(-lambda^2/2),
//
//     |c - exact| <= lambda * sqrt(K) * u * sum |a||b|        (Higham and Mary, SISC 41(5), 2019, Theorem 2.4)
//
// to first order in u. lambda is set so that a correct kernel fails one check in 1e9 at most.
#pragma once

#include <cstdint>

namespace petaproof {

/// Probability that a correct result is refused, per case.
inline constexpr double false_alarm = 1e-9;

/// lambda for `elements` comparisons at once (union bound): sqrt(2 ln(2 * elements / false_alarm)).
double rounding_lambda(std::int64_t elements);

/// Bound on |c - exact| for one element; `magnitude` is sum |a||b|, `u` the unit roundoff of the accumulator and
/// of the result (2^-53 for FP64, 2^-24 for FP32).
double dot_bound(std::int64_t k, double u, double magnitude, double lambda);

}  // namespace petaproof

// How far a correct matrix product may lie from the exact one, for operands as our fills make them: independent and
// of mean zero.
//
// The sum. Take c = sum of K products, rounded to unit roundoff u at each step. The worst case, K*u*sum |a||b|
// (Higham, Accuracy and Stability, section 3.5), is never reached: at K = 4096 it would let TF32 pass for FP32, and
// so would its probabilistic form with sqrt(K) (Higham and Mary, SISC 41(5), 2019), since both take no notice of
// signs. With random signs the partial sum after k products is of size sqrt(k) s, where s is the size of one product,
// and rounding it errs by up to u times that, independently at each k. So the error has a standard deviation of at
// most
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
//
// Truncation. Tensor cores add the products of a block of 8 or more to the accumulator and truncate to FP32 (Fasi,
// Higham, Mikaitis, Pranesh, "Numerical behavior of NVIDIA tensor cores", PeerJ CS 7, 2021; A100 and later). An error
// then always points towards zero, and as long as the partial sum keeps its sign they add up: K/8 of them of u |s_k|
// on average, with E|s_k| = 0.8 sqrt(k) s, make u K s sqrt(K) / 15. The bound grows by that factor.
//
// Aligned products. On Hopper and Ada the FP8 tensor cores are narrower. In one step they take the sum so far and 32
// products (Ada: 16), shift each to the largest exponent among them, cut off what lies below 13 fraction bits of
// that, add exactly, and cut the result to 13 fraction bits (found by bit-exact comparison: Xie and others, "MMA-Sim:
// Bit-Accurate Reference Model of Tensor Cores and Matrix Cores", arXiv:2511.10909, 2025; DeepSeek-V3's report,
// arXiv:2412.19437, section 3.5.2, has it as 14 bits of each product). While the exponent stays the sum loses
// nothing: it lies on the grid already. Each product loses less than one unit of the grid, u |s_k| with u = 2^-13,
// towards zero and so with the sign of the product, which is random. So the error has no drift, and a standard
// deviation of at most u K s / sqrt(6) as above, with u = 2^-13: no growth, unlike the truncation of a sum that is
// longer than its last place. Without fast accumulation the sum is added to an FP32 one every P products and begins
// anew: K/P errors of u P s / sqrt(6) make sqrt(P/K) of that. cuBLAS does not say what its P is; CUTLASS and
// DeepSeek-V3 take 128, and 512 is allowed here. The unit tests emulate such a tensor core: of normal data its errors
// are 0.16 to 0.50 times this standard deviation for K from 32 to 16,384.
//
// The bound for one element, 10^-3 sqrt(K) of a typical one, would let sums through that were rounded to e4m3 now and
// then, 4 % on average. The root mean square over the sampled elements does not: relative to the standard deviation
// above and that of the result's rounding, together, it is 0.7 at most for a right product and 2.5 and more for
// sums in e4m3, at every K up to 16,384. The limit is 1.25. Fast accumulation where it was not asked for is found
// from K = 16,384 on; below, BF16's rounding of the result hides it.
//
// Rounded operands. TF32 keeps 10 bits of each operand's mantissa; whether the rest is rounded or cut off is the
// library's choice, so each errs by up to 2^-10 of itself. The error of a product is then up to 2 * 2^-10 |a_k b_k|
// with a random sign, and Hoeffding's inequality bounds the sum by lambda * 2 * 2^-10 * sqrt(sum (a_k b_k)^2)
// exactly. That would let BF16 operands pass now and then, element by element; the root mean square does not:
// relative to sqrt(sum (a_k b_k)^2) it is 0.30 * 2^-10 for rounded TF32 operands, 0.78 for truncated ones, and 2.35
// for BF16 rounded to nearest (mantissas of normal data; the unit tests measure all three). The limit is 1.5.
//
// Fixed point. Emulated FP64 scales each row of A and column of B so that nothing in it exceeds 1, keeps t bits
// behind the point and multiplies exactly (kernels/gemm/emulation.hpp). Cut off is less than 2^-t of the largest
// element's power of two, so less than 2^(1-t) a_max of each a_k, and the error of the sum below 2^(1-t) (a_max sum
// |b_k| + b_max sum |a_k|) <= 2^(2-t) sqrt(K) |a| |b|, outright. With random signs it spreads by 2^(1-t) (a_max |b| +
// b_max |a|) / sqrt(3), and the largest of K normal numbers is a vanishing part of their norm. The products left out
// below the last of t bits are as many again for each slice of eight bits. With t = 63, eight slices, all that is
// 2^-10 times sqrt(K) u |a| |b| and a few times that: nothing beside the FP64 additions of the partial sums, the
// largest of them |a| |b|, each rounded by u of itself, and each level of slices 2^-8 of the one before. So FP64's
// own bound holds. With t = 55, seven slices, less than sqrt(K) u |a| |b| is cut off, and in the mean over many
// products far less, but of few all of it where one element is much larger than the others. The unit tests emulate
// it: eight and more slices pass at every K up to 8,192, seven wherever K is 256 or more and below as the data has
// it, six and fewer never. (Of uniform data, whose largest elements are no larger than the others, six come down to
// the bound at K = 65,536; normal data, which alone back a claim, exceed it elevenfold there.)
//
// Rounded result. Where C is stored narrower than the accumulator, one rounding of the result: u_c |c|, outright, and
// no less than half the spacing of the format's subnormal numbers, which results of FP16 below 6.1e-5 are. BF16 has
// the exponents of FP32.
#pragma once

#include <cstdint>

namespace petaproof {

/// Unit roundoff of sums whose products are aligned: 13 fraction bits, cut off.
inline constexpr double aligned_roundoff = 0x1p-13;

/// Where the kernel that is checked rounds. 2^-53 for FP64, 2^-24 FP32, 2^-11 FP16, 2^-8 BF16: half a unit in the
/// last place.
struct GemmRounding {
  double accumulator = 0;
  bool truncates = false;     // the accumulator, instead of rounding to nearest
  bool aligns = false;        // products to the sum, cutting off what lies below the accumulator's last place
  std::int64_t promoted = 0;  // where it aligns: most products before the sum goes on in FP32; 0: never
  double operand = 0;         // largest relative error of one operand as it is read; 0: read as it is
  double result = 0;          // of the rounding of the sum as it is stored; 0: stored as it is
  double result_least = 0;    // absolute, of that rounding where the sum is subnormal

  /// Integers: a right result has no error at all. The oracle's has none either: below 2^53 sums in double precision
  /// are exact in any order, and the largest, of Freivalds' check of INT8 at N = K = 2^16, is 2^14 * 2^16 * 2^16.
  constexpr bool exact() const { return accumulator == 0 && operand == 0 && result == 0; }
};

/// Probability that a correct result is refused, per case.
inline constexpr double false_alarm = 1e-9;

/// lambda for `elements` comparisons at once (union bound): sqrt(2 ln(2 * elements / false_alarm)).
double rounding_lambda(std::int64_t elements);

/// Bound on the error of a sum of `k` products before it is stored. `norm_a`, `norm_b`: Euclidean norms of the row
/// and the column; `products`: sqrt(sum (a_k b_k)^2). For a sum of n such sums with random signs, the norms of all n
/// columns together in place of theirs.
double dot_bound(const GemmRounding& rounding, std::int64_t k, double norm_a, double norm_b, double products,
                 double lambda);

/// How far errors of elements of size `size` spread, for the root mean square over all that are sampled; 0 where no
/// limit is set to that.
double error_spread(const GemmRounding& rounding, std::int64_t k, double norm_a, double norm_b, double products,
                    double size);

/// What the root mean square of errors, each relative to its spread, may be.
struct PopulationLimit {
  double rms;
  std::int64_t least;  // elements: of fewer it says too little
};

/// Rounded operands. Errors of truncated ones, 0.78, taken as Gaussian: one alone exceeds the limit in 5 % of all
/// cases; 64, of which at most 16 are sampled twice, in 1e-16 (chi-squared with 48 degrees of freedom, at 3.7 times
/// its mean).
inline constexpr PopulationLimit operand_limit{1.5, 64};
/// Aligned products. An error is a Gaussian number times the integral of a squared random walk, whose tail is long:
/// the limit is six times the mean of the largest share, 0.5 squared, and one error out of 256 that lifts the mean
/// there has a probability of 1e-12.
inline constexpr PopulationLimit aligned_limit{1.25, 256};

}  // namespace petaproof

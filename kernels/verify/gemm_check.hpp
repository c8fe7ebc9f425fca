// Checks a matrix product C = A * B, independently of whoever computed it:
//
//   element-wise   every element of a few sampled rows and columns against dot products in a wider type, within the
//                  rounding bound of bounds.hpp
//   population     where the operands are rounded first (TF32), or products are aligned (FP8): the mean square of
//                  those errors, which a narrower type would exceed although each error by itself were allowed
//   Freivalds      all of C at once: C*r against A*(B*r) for random r of +1 and -1. A wrong C escapes one round with
//                  probability 1/2 at most (Freivalds 1977), so four rounds run. An error must exceed the rounding of
//                  a whole row: in FP32 at 512^3 about 0.03 % of a typical element, growing as K; where C is rounded
//                  to BF16, sqrt(n)/30 typical elements. Smaller ones show on the sampled lines, and as other bits
//                  than in the launches before and on other ranks.
//
// What to compute is said here once, as products of a matrix with four vectors; who computes them is the engine's
// affair: the host for host memory, the GPU (with the same four products, in double-double) for its own. What depends
// on A and B alone is computed once, so that checking the same slot again, after the timed launches, reads C and
// nothing else. Every comparison is written so that a NaN or an infinity fails it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/verify/bounds.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

struct GemmShape {
  std::int64_t m = 0, n = 0, k = 0;
};

/// Vectors are multiplied four at a time: rounds of Freivalds, sampled rows, sampled columns.
inline constexpr int gemm_lanes = 4;
inline constexpr int freivalds_rounds = gemm_lanes;
inline constexpr std::int64_t sampled_lines = gemm_lanes;  // rows, and as many columns

using Lanes = std::array<long double, gemm_lanes>;
using LaneVector = std::vector<Lanes>;  // four vectors, side by side

/// Products of A (m x k), B (k x n) and C (m x n), wherever they lie and however they are stored. Element (i, j) is
/// that of the mathematical matrix; `transposed` multiplies by the transpose.
class GemmEngine {
 public:
  enum class Matrix { a, b, c };

  virtual ~GemmEngine() = default;
  /// X * v, accumulated in a type wider than X's elements.
  virtual LaneVector times(Matrix x, bool transposed, const LaneVector& v) = 0;
  /// The same for one vector, with every element of X squared; v >= 0. Double precision is enough.
  virtual std::vector<double> squares_times(Matrix x, bool transposed, const std::vector<double>& v) = 0;
  /// Four rows of X side by side; columns, if `transposed`.
  virtual LaneVector lines(Matrix x, bool transposed, const std::array<std::int64_t, gemm_lanes>& which) = 0;
};

class GemmCheck {
 public:
  /// Reads A and B through `engine`: before the first launch, since an oracle must not look at operands that the
  /// kernel has had in its hands.
  GemmCheck(GemmShape shape, const GemmRounding& rounding, GemmEngine& engine, std::uint64_t seed);

  /// Reads C.
  Verification check(GemmEngine& engine) const;

 private:
  // Four rows of C, or four columns: where they are, what they should be, and how far off they may be.
  struct Sample {
    bool columns = false;
    int count = 0;  // of the four lanes that are used: a matrix may have fewer lines
    std::array<std::int64_t, gemm_lanes> which{};
    LaneVector expected;
    std::vector<std::array<double, gemm_lanes>> bounds;
    std::vector<std::array<double, gemm_lanes>> spreads;  // of errors: error_spread()
  };
  // What the errors of the sampled elements come to.
  struct Errors {
    std::int64_t elements = 0;
    double worst_over_bound = 0;
    double squares = 0;  // of errors relative to their spreads
  };

  Sample sample(GemmEngine& engine, bool columns, std::uint64_t seed) const;
  void prepare_freivalds(GemmEngine& engine, const std::vector<double>& b_row_squares, std::uint64_t seed);
  std::string check_sample(GemmEngine& engine, const Sample& sample, Errors& errors) const;
  std::string check_population(const Errors& errors) const;
  std::string check_rows(GemmEngine& engine) const;

  GemmShape shape_;
  GemmRounding rounding_;
  double lambda_;
  std::vector<double> row_norms_;     // of A, m of them
  std::vector<double> column_norms_;  // of B, n
  Sample rows_, columns_;
  LaneVector signs_;                // r, n of them
  LaneVector expected_sums_;        // A*(B*r), m
  std::vector<double> row_bounds_;  // m, the same for every round; without the rounding of C itself
};

}  // namespace petaproof

// Checks a matrix product C = A * B, independently of whoever computed it:
//
//   element-wise   every element of a few sampled rows and columns against plain dot products in a wider type,
//                  within the rounding bound of bounds.hpp
//   Freivalds      all of C at once: C*r against A*(B*r) for random r of +1 and -1. A wrong C escapes one round with
//                  probability 1/2 at most (Freivalds 1977), so `freivalds_rounds` rounds run. An error must exceed
//                  the rounding of a whole row, lambda u |a_i| |B|: in FP32 at 512^3 about 0.03 % of a typical
//                  element, growing as K. Smaller ones show on the sampled lines, and as other bits than in the
//                  launches before and on other ranks.
//
// Row-major, contiguous: A is m x k, B is k x n, C is m x n. What depends on A and B alone is computed once, so
// that checking the same slot again, after the timed launches, costs about one read of C per round.
// Every comparison is written so that a NaN fails it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/workload.hpp"

namespace petaproof {

inline constexpr int freivalds_rounds = 4;
inline constexpr std::int64_t sampled_lines = 2;  // rows, and as many columns

struct GemmShape {
  std::int64_t m = 0, n = 0, k = 0;
};

/// T is double (accumulated and checked in long double) or float (checked in double).
template <typename T>
class GemmCheck {
 public:
  /// `unit_roundoff` is that of the kernel's accumulator and result; it defaults to T's.
  GemmCheck(GemmShape shape, std::span<const T> a, std::span<const T> b, std::uint64_t seed,
            double unit_roundoff = default_roundoff);

  Verification check(std::span<const T> c) const;

  static constexpr double default_roundoff = sizeof(T) == 8 ? 0x1p-53 : 0x1p-24;

 private:
  using Wide = std::conditional_t<sizeof(T) == 8, long double, double>;

  struct Element {
    std::int64_t row, column;
    Wide expected;
    double bound;
  };

  void measure_norms(std::span<const T> a, std::span<const T> b);
  void sample(std::span<const T> a, std::span<const T> b, std::uint64_t seed);
  void prepare_freivalds(std::span<const T> a, std::span<const T> b, std::uint64_t seed);
  Verification check_elements(std::span<const T> c) const;
  Verification check_rows(std::span<const T> c) const;

  GemmShape shape_;
  double roundoff_;
  double lambda_;
  std::vector<double> row_norms_;     // of A, m of them
  std::vector<double> column_norms_;  // of B, n
  std::vector<Element> elements_;
  // One value a round, side by side: the rounds' sums are independent, so their latencies overlap.
  template <typename U>
  using Rounds = std::array<U, freivalds_rounds>;
  std::vector<Rounds<std::int8_t>> signs_;   // r, n of them
  std::vector<Rounds<Wide>> expected_sums_;  // A*(B*r), m of them
  std::vector<double> row_bounds_;           // m, the same for every round

  Rounds<Wide> times_signs(const T* row) const;  // of n elements
};

extern template class GemmCheck<float>;
extern template class GemmCheck<double>;

}  // namespace petaproof

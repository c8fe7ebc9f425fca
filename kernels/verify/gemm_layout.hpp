// How the operands of a matrix product C = A * B lie in memory, in the words of BLAS.
#pragma once

#include <string_view>

#include "kernels/verify/gemm_check.hpp"

namespace petaproof {

/// BLAS is column-major, and our C is row-major: what BLAS computes is its transpose, C' = B' * A'. So its first
/// operand is our B and its second is our A, and the two letters are what it is told of them: n, take it as it lies,
/// or t, transpose it. In our words:
///
///   nn   A row by row, B row by row          (A contiguous along K, B along N)
///   tn   A row by row, B column by column    (both contiguous along K)
///   nt   A column by column, B row by row    (A contiguous along M, B along N)
///   tt   both column by column               (A contiguous along M, B along K)
struct GemmLayout {
  std::string_view name;
  bool a_by_column = false, b_by_column = false;

  friend constexpr bool operator==(const GemmLayout& x, const GemmLayout& y) { return x.name == y.name; }
};

inline constexpr GemmLayout layout_nn{"nn", false, false}, layout_tn{"tn", false, true}, layout_nt{"nt", true, false},
    layout_tt{"tt", true, true};
inline constexpr GemmLayout gemm_layouts[] = {layout_nn, layout_tn, layout_nt, layout_tt};

/// An operand as BLAS is told of it: a column-major matrix whose columns follow each other without a gap.
struct BlasOperand {
  std::int64_t rows = 0, columns = 0;  // as it lies in memory
  bool transposed = false;             // before it is multiplied

  constexpr std::int64_t leading() const { return rows; }
};

/// BLAS's second operand, which multiplies as A' [k, m].
constexpr BlasOperand blas_operand_a(const GemmShape& shape, const GemmLayout& layout) {
  return layout.a_by_column ? BlasOperand{shape.m, shape.k, true} : BlasOperand{shape.k, shape.m, false};
}
/// BLAS's first operand, which multiplies as B' [n, k].
constexpr BlasOperand blas_operand_b(const GemmShape& shape, const GemmLayout& layout) {
  return layout.b_by_column ? BlasOperand{shape.k, shape.n, true} : BlasOperand{shape.n, shape.k, false};
}

}  // namespace petaproof

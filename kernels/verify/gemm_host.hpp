// Products for the check of a matrix product in host memory.
#pragma once

#include <span>

#include "kernels/verify/gemm_check.hpp"
#include "kernels/verify/gemm_layout.hpp"

namespace petaproof {

/// Contiguous: A is m x k and B is k x n, as `layout` has them, C is m x n, row-major. T is double (accumulated in
/// long double) or float (in double).
template <typename T>
class HostGemmEngine : public GemmEngine {
 public:
  HostGemmEngine(GemmShape shape, std::span<const T> a, std::span<const T> b, std::span<const T> c,
                 const GemmLayout& layout = layout_nn)
      : a_{a, shape.m, shape.k, layout.a_by_column},
        b_{b, shape.k, shape.n, layout.b_by_column},
        c_{c, shape.m, shape.n, false} {}

  LaneVector times(Matrix x, bool transposed, const LaneVector& v) override;
  std::vector<double> squares_times(Matrix x, bool transposed, const std::vector<double>& v) override;
  LaneVector lines(Matrix x, bool transposed, const std::array<std::int64_t, gemm_lanes>& which) override;

  /// Of a kernel that accumulates in T.
  static constexpr GemmRounding rounding{.accumulator = sizeof(T) == 8 ? 0x1p-53 : 0x1p-24};

 private:
  struct Dense {
    std::span<const T> data;
    std::int64_t rows, columns;
    bool by_column;

    T at(std::int64_t i, std::int64_t j) const { return data[by_column ? j * rows + i : i * columns + j]; }
  };
  const Dense& dense(Matrix x) const { return x == Matrix::a ? a_ : x == Matrix::b ? b_ : c_; }

  Dense a_, b_, c_;
};

extern template class HostGemmEngine<float>;
extern template class HostGemmEngine<double>;

}  // namespace petaproof

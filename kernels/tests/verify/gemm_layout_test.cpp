#include "kernels/verify/gemm_layout.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/verify/fill.hpp"
#include "kernels/verify/gemm_host.hpp"

namespace petaproof {
namespace {

// Where BLAS finds element (row, column) of what it multiplies.
std::int64_t place(const BlasOperand& x, std::int64_t row, std::int64_t column) {
  return x.transposed ? row * x.leading() + column : column * x.leading() + row;
}

TEST(GemmLayout, BlasIsToldWhereEveryElementLies) {
  const GemmShape shape{3, 5, 7};
  for (const GemmLayout& layout : gemm_layouts) {
    const BlasOperand a = blas_operand_a(shape, layout), b = blas_operand_b(shape, layout);
    for (std::int64_t p = 0; p < shape.k; ++p) {
      for (std::int64_t i = 0; i < shape.m; ++i)  // A' [k, m]
        EXPECT_EQ(place(a, p, i), layout.a_by_column ? p * shape.m + i : i * shape.k + p) << layout.name;
      for (std::int64_t j = 0; j < shape.n; ++j)  // B' [n, k]
        EXPECT_EQ(place(b, j, p), layout.b_by_column ? j * shape.k + p : p * shape.n + j) << layout.name;
    }
  }
}

TEST(GemmLayout, ItsLettersAreWhatBlasIsTold) {
  for (const GemmLayout& layout : gemm_layouts) {
    EXPECT_EQ(blas_operand_b({3, 5, 7}, layout).transposed, layout.name[0] == 't');
    EXPECT_EQ(blas_operand_a({3, 5, 7}, layout).transposed, layout.name[1] == 't');
  }
}

// The same matrices, however they lie.
TEST(GemmLayout, TheHostsSumsAreTheSameInEach) {
  const GemmShape shape{6, 9, 11};
  std::vector<double> a(6 * 11), b(11 * 9), c(6 * 9), a_turned(a.size()), b_turned(b.size());
  for (std::vector<double>* x : {&a, &b, &c}) fill_host(std::span<double>(*x), Fill::normal, 1, x->size());
  const auto turn = [](const std::vector<double>& from, std::size_t rows, std::size_t columns, auto& to) {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
  };
  turn(a, 6, 11, a_turned);
  turn(b, 11, 9, b_turned);
  using Matrix = GemmEngine::Matrix;
  HostGemmEngine<double> expected(shape, a, b, c);
  for (const GemmLayout& layout : gemm_layouts) {
    HostGemmEngine<double> got(shape, layout.a_by_column ? a_turned : a, layout.b_by_column ? b_turned : b, c,
                               layout);
    for (const Matrix x : {Matrix::a, Matrix::b, Matrix::c})
      for (const bool transposed : {false, true}) {
        const std::int64_t rows = x == Matrix::b ? 11 : 6, columns = x == Matrix::a ? 11 : 9;
        LaneVector v(static_cast<std::size_t>(transposed ? rows : columns));
        for (std::size_t i = 0; i < v.size(); ++i)
          for (int lane = 0; lane < gemm_lanes; ++lane) v[i][lane] = std::cos(static_cast<double>(4 * i + lane));
        EXPECT_EQ(got.times(x, transposed, v), expected.times(x, transposed, v)) << layout.name;
        const std::vector<double> ones(v.size(), 1);
        EXPECT_EQ(got.squares_times(x, transposed, ones), expected.squares_times(x, transposed, ones)) << layout.name;
        EXPECT_EQ(got.lines(x, transposed, {0, 5, 2, 2}), expected.lines(x, transposed, {0, 5, 2, 2})) << layout.name;
      }
  }
}

}  // namespace
}  // namespace petaproof

// The GPU's sums against the host's, for both ways a matrix can lie in memory.
#include "support/cuda_on_cpu.hpp"

// after it: the kernels, and what they are compared with
#include <gtest/gtest.h>

#include "kernels/verify/cuda/gemm_sums.cuh"
#include "kernels/verify/fill.hpp"
#include "kernels/verify/gemm_host.hpp"

namespace petaproof::cuda {
namespace {

using Matrix = GemmEngine::Matrix;

template <typename T>
class GemmSums : public ::testing::Test {
 protected:
  struct Shape {
    std::int64_t rows, columns;
  };
  // fewer and more rows and columns than a warp and a block have threads
  static constexpr Shape shapes[] = {{1, 1}, {3, 300}, {33, 7}, {70, 41}, {9, 256}};

  // Row-major, as a host engine sees it, and the same elements column by column.
  void make(Shape s) {
    shape_ = s;
    data.resize(static_cast<std::size_t>(s.rows * s.columns));
    fill_host(std::span<T>(data), Fill::normal, 1, 0);
    by_column.resize(data.size());
    for (std::int64_t i = 0; i < s.rows; ++i)
      for (std::int64_t j = 0; j < s.columns; ++j) by_column[j * s.rows + i] = data[i * s.columns + j];
    host.emplace(GemmShape{s.rows, 1, s.columns}, data, std::span<const T>{}, std::span<const T>{});
    v.resize(static_cast<std::size_t>(s.columns));
    for (std::size_t j = 0; j < v.size(); ++j)
      for (int lane = 0; lane < gemm_lanes; ++lane) v[j][lane] = std::sin(static_cast<double>(j * 4 + lane));
  }
  View<T> row_major() const { return {data.data(), shape_.rows, shape_.columns, shape_.columns, 1}; }
  View<T> column_major() const { return {by_column.data(), shape_.rows, shape_.columns, 1, shape_.rows}; }

  std::vector<WideLanes> wide() const {
    std::vector<WideLanes> result(v.size());
    for (std::size_t j = 0; j < v.size(); ++j)
      for (int lane = 0; lane < gemm_lanes; ++lane) result[j].lane[lane] = {static_cast<double>(v[j][lane]), 0};
    return result;
  }

  Shape shape_{};
  std::vector<T> data, by_column;
  std::optional<HostGemmEngine<T>> host;
  LaneVector v;
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GemmSums, Types);

// Fewer blocks than rows need, so that blocks go round.
constexpr unsigned few_blocks = 2;

TYPED_TEST(GemmSums, TimesIsTheHostsInEitherLayout) {
  using Sum = LaneSum<TypeParam>;
  for (const auto& shape : this->shapes) {
    this->make(shape);
    const LaneVector expected = this->host->times(Matrix::a, false, this->v);
    const auto in = this->wide();
    for (const bool along : {true, false}) {
      std::vector<WideLanes> out(expected.size());
      testing::on_cpu(few_blocks, block_threads, [&] {
        if (along)
          sum_rows_along<Sum, TypeParam>(this->row_major(), in.data(), out.data());
        else
          sum_rows_across<Sum, TypeParam>(this->column_major(), in.data(), out.data());
      });
      for (std::size_t i = 0; i < out.size(); ++i)
        for (int lane = 0; lane < gemm_lanes; ++lane) {
          const long double got = static_cast<long double>(out[i].lane[lane].high) + out[i].lane[lane].low;
          // both are wider than what they check by far: the host's long double, the GPU's double-double
          const double allowed = sizeof(TypeParam) == 8 ? 0x1p-58 : 0x1p-46;
          ASSERT_NEAR(static_cast<double>(got - expected[i][lane]), 0, allowed * static_cast<double>(shape.columns))
              << shape.rows << "x" << shape.columns << " row " << i << (along ? " along" : " across");
        }
    }
  }
}

TYPED_TEST(GemmSums, SquaresAreTheHostsInEitherLayout) {
  for (const auto& shape : this->shapes) {
    this->make(shape);
    std::vector<double> weights(static_cast<std::size_t>(shape.columns));
    for (std::size_t j = 0; j < weights.size(); ++j) weights[j] = 1.0 + static_cast<double>(j % 5);
    const auto expected = this->host->squares_times(Matrix::a, false, weights);
    for (const bool along : {true, false}) {
      std::vector<double> out(expected.size());
      testing::on_cpu(few_blocks, block_threads, [&] {
        if (along)
          sum_rows_along<SquareSum, TypeParam>(this->row_major(), weights.data(), out.data());
        else
          sum_rows_across<SquareSum, TypeParam>(this->column_major(), weights.data(), out.data());
      });
      for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i] / expected[i], 1, 1e-13);
    }
  }
}

TYPED_TEST(GemmSums, GatherTakesTheRowsThatAreAskedFor) {
  this->make({9, 256});
  const std::array<std::int64_t, gemm_lanes> which{8, 0, 3, 3};
  const LaneVector expected = this->host->lines(Matrix::a, false, which);
  Lines lines;
  std::ranges::copy(which, lines.which);
  std::vector<double> out(256 * gemm_lanes);
  testing::on_cpu(few_blocks, 100, [&] { gather_rows<TypeParam>(this->column_major(), lines, out.data()); });
  for (std::size_t j = 0; j < 256; ++j)
    for (int lane = 0; lane < gemm_lanes; ++lane)
      ASSERT_EQ(out[j * gemm_lanes + lane], static_cast<double>(expected[j][lane]));
}

// Blocks of 1 x 16 and of 4 x 16 elements, and the transpose, whose blocks are as much longer the other way.
TEST(ScaledGemmSums, EveryElementIsMultipliedWithTheScaleOfItsBlock) {
  const std::int64_t rows = 9, columns = 70, blocks = 5;
  std::vector<float> data(static_cast<std::size_t>(rows * columns));
  fill_host(std::span<float>(data), Fill::normal, 1, 0);
  for (const int row_shift : {0, 2}) {
    const std::int64_t row_blocks = ((rows - 1) >> row_shift) + 1;
    std::vector<float> scales(static_cast<std::size_t>(row_blocks * blocks));
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = 1 + 0.25f * static_cast<float>(i % 7);
    std::vector<float> meant = data;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) meant[i * columns + j] *= scales[(i >> row_shift) * blocks + j / 16];
    const View<float> scaled{data.data(), rows, columns, columns, 1, {scales.data(), blocks, 1, row_shift, 4}};
    const View<float> transposed{data.data(), columns, rows, 1, columns, {scales.data(), 1, blocks, 4, row_shift}};
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) {
        const double expected = double{data[i * columns + j]} * scales[(i >> row_shift) * blocks + j / 16];
        ASSERT_EQ(scaled.at(i, j), expected) << i << ", " << j;
        ASSERT_EQ(transposed.at(j, i), expected) << i << ", " << j;
      }
    std::vector<double> ones(static_cast<std::size_t>(columns), 1), got(rows), of_meant(rows);
    testing::on_cpu(few_blocks, block_threads, [&] {
      sum_rows_along<SquareSum, float>(scaled, ones.data(), got.data());
      sum_rows_along<SquareSum, float>({meant.data(), rows, columns, columns, 1}, ones.data(), of_meant.data());
    });
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i] / of_meant[i], 1, 1e-6);  // meant is rounded
  }
}

// All sixteen values, and both halves of a byte.
TEST(Fp4GemmSums, TwoElementsAreReadFromEveryByte) {
  const double sizes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  std::vector<E2m1Pair> data;
  std::vector<double> expected;
  for (unsigned i = 0; i < 256; ++i) {
    data.push_back({static_cast<unsigned char>(i)});
    for (const unsigned bits : {i & 15, i >> 4}) expected.push_back((bits & 8) != 0 ? -sizes[bits & 7] : sizes[bits]);
  }
  const View<E2m1Pair> by_row{data.data(), 8, 64, 64, 1}, by_column{data.data(), 64, 8, 1, 64};
  for (std::int64_t i = 0; i < 8; ++i)
    for (std::int64_t j = 0; j < 64; ++j) {
      const double element = expected[static_cast<std::size_t>(i * 64 + j)];
      ASSERT_EQ(by_row.at(i, j), element) << i << ", " << j;
      ASSERT_EQ(by_column.at(j, i), element) << i << ", " << j;
    }
}

// INT8 operands and INT32 results: exact, the largest included.
template <typename T>
void expect_exact_integer_sums(T least, T most) {
  const std::int64_t rows = 5, columns = 300;
  std::vector<T> data(static_cast<std::size_t>(rows * columns));
  std::vector<WideLanes> v(static_cast<std::size_t>(columns)), out(static_cast<std::size_t>(rows));
  std::vector<std::int64_t> expected(static_cast<std::size_t>(rows * gemm_lanes), 0);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      T& element = data[static_cast<std::size_t>(i * columns + j)];
      element = j % 3 == i % 3 ? most : static_cast<T>(least + j);
      for (int lane = 0; lane < gemm_lanes; ++lane) {
        const std::int64_t factor = (1 << 13) - 7 * j + lane;
        v[static_cast<std::size_t>(j)].lane[lane] = {static_cast<double>(factor), 0};
        expected[static_cast<std::size_t>(i * gemm_lanes + lane)] += factor * element;
      }
    }
  testing::on_cpu(few_blocks, block_threads, [&] {
    sum_rows_along<LaneSum<T>, T>(View<T>{data.data(), rows, columns, columns, 1}, v.data(), out.data());
  });
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const DoubleDouble& got = out[i / gemm_lanes].lane[i % gemm_lanes];
    EXPECT_EQ(got.low, 0);
    EXPECT_EQ(static_cast<std::int64_t>(got.high), expected[i]) << i;
  }
}

TEST(IntegerGemmSums, AreExact) {
  expect_exact_integer_sums<std::int8_t>(-128, 127);
  expect_exact_integer_sums<std::int32_t>(-(1 << 30), 1 << 30);
}

}  // namespace
}  // namespace petaproof::cuda

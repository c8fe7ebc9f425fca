#include "kernels/verify/gemm_host.hpp"

#include <type_traits>
#include <utility>

namespace petaproof {
namespace {

template <typename T>
using Wide = std::conditional_t<sizeof(T) == 8, long double, double>;
template <typename T>
using WideLanes = std::array<Wide<T>, gemm_lanes>;

template <typename T>
std::vector<WideLanes<T>> narrowed(const LaneVector& v) {
  std::vector<WideLanes<T>> result(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane) result[i][lane] = static_cast<Wide<T>>(v[i][lane]);
  return result;
}

template <typename T>
LaneVector widened(const std::vector<WideLanes<T>>& v) {
  LaneVector result(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane) result[i][lane] = v[i][lane];
  return result;
}

}  // namespace

// The four sums of an element are independent, so their latencies overlap.
template <typename T>
LaneVector HostGemmEngine<T>::times(Matrix x, bool transposed, const LaneVector& v) {
  const Dense& matrix = dense(x);
  const auto [rows, columns] = std::pair(matrix.rows, matrix.columns);
  const auto in = narrowed<T>(v);
  std::vector<WideLanes<T>> out(static_cast<std::size_t>(transposed ? columns : rows), WideLanes<T>{});
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      const Wide<T> element = matrix.at(i, j);
      const WideLanes<T>& factor = in[transposed ? i : j];
      WideLanes<T>& sum = out[transposed ? j : i];
      for (int lane = 0; lane < gemm_lanes; ++lane) sum[lane] += element * factor[lane];
    }
  return widened<T>(out);
}

template <typename T>
std::vector<double> HostGemmEngine<T>::squares_times(Matrix x, bool transposed, const std::vector<double>& v) {
  const Dense& matrix = dense(x);
  const auto [rows, columns] = std::pair(matrix.rows, matrix.columns);
  std::vector<double> out(static_cast<std::size_t>(transposed ? columns : rows), 0);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      const double element = matrix.at(i, j);
      out[transposed ? j : i] += element * element * v[transposed ? i : j];
    }
  return out;
}

template <typename T>
LaneVector HostGemmEngine<T>::lines(Matrix x, bool transposed, const std::array<std::int64_t, gemm_lanes>& which) {
  const Dense& matrix = dense(x);
  const auto [rows, columns] = std::pair(matrix.rows, matrix.columns);
  LaneVector out(static_cast<std::size_t>(transposed ? rows : columns));
  for (std::size_t i = 0; i < out.size(); ++i)
    for (int lane = 0; lane < gemm_lanes; ++lane)
      out[i][lane] = transposed ? matrix.at(static_cast<std::int64_t>(i), which[lane])
                                : matrix.at(which[lane], static_cast<std::int64_t>(i));
  return out;
}

template class HostGemmEngine<float>;
template class HostGemmEngine<double>;

}  // namespace petaproof

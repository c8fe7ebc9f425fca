#include "kernels/verify/gemm_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/verify/bounds.hpp"
#include "kernels/verify/random.hpp"

namespace petaproof {
namespace {

// Streams of the generator, apart from those of the operands.
constexpr std::uint64_t stream_rows = 0x726f7773;
constexpr std::uint64_t stream_columns = 0x636f6c73;
constexpr std::uint64_t stream_signs = 0x7369676e;

// `count` lines of `extent`, one at random in each of `count` equal parts: the whole range is covered.
std::vector<std::int64_t> sampled(std::int64_t extent, std::uint64_t seed, std::uint64_t stream) {
  const std::int64_t count = std::min(sampled_lines, extent);
  std::vector<std::int64_t> lines;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = extent * i / count;
    const std::int64_t length = extent * (i + 1) / count - begin;
    const auto random = philox(seed, stream, static_cast<std::uint64_t>(i))[0];
    lines.push_back(begin + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(length)));
  }
  return lines;
}

}  // namespace

template <typename T>
GemmCheck<T>::GemmCheck(GemmShape shape, std::span<const T> a, std::span<const T> b, std::uint64_t seed,
                        double unit_roundoff)
    : shape_(shape), roundoff_(unit_roundoff), lambda_(rounding_lambda(shape.m * shape.n)) {
  measure_norms(a, b);
  sample(a, b, seed);
  prepare_freivalds(a, b, seed);
}

template <typename T>
void GemmCheck<T>::measure_norms(std::span<const T> a, std::span<const T> b) {
  const auto [m, n, k] = shape_;
  const auto square = [](T x) { return static_cast<double>(x) * static_cast<double>(x); };
  row_norms_.assign(m, 0);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t p = 0; p < k; ++p) row_norms_[i] += square(a[i * k + p]);
  column_norms_.assign(n, 0);
  for (std::int64_t p = 0; p < k; ++p)
    for (std::int64_t j = 0; j < n; ++j) column_norms_[j] += square(b[p * n + j]);
  for (double& norm : row_norms_) norm = std::sqrt(norm);
  for (double& norm : column_norms_) norm = std::sqrt(norm);
}

template <typename T>
void GemmCheck<T>::sample(std::span<const T> a, std::span<const T> b, std::uint64_t seed) {
  const auto [m, n, k] = shape_;
  const auto keep = [&](std::int64_t row, std::int64_t column, Wide expected) {
    elements_.push_back(
        {row, column, expected, dot_bound(roundoff_, row_norms_[row], column_norms_[column], lambda_)});
  };
  for (std::int64_t row : sampled(m, seed, stream_rows)) {
    std::vector<Wide> sums(n, 0);
    for (std::int64_t p = 0; p < k; ++p)
      for (std::int64_t j = 0; j < n; ++j) sums[j] += Wide{a[row * k + p]} * Wide{b[p * n + j]};
    for (std::int64_t j = 0; j < n; ++j) keep(row, j, sums[j]);
  }
  for (std::int64_t column : sampled(n, seed, stream_columns)) {
    std::vector<T> values(k);  // side by side: they are read m times
    for (std::int64_t p = 0; p < k; ++p) values[p] = b[p * n + column];
    for (std::int64_t i = 0; i < m; ++i) {
      Wide sum = 0;
      for (std::int64_t p = 0; p < k; ++p) sum += Wide{a[i * k + p]} * Wide{values[p]};
      keep(i, column, sum);
    }
  }
}

template <typename T>
auto GemmCheck<T>::times_signs(const T* row) const -> Rounds<Wide> {
  Rounds<Wide> sums{};
  for (std::size_t j = 0; j < signs_.size(); ++j)
    for (int round = 0; round < freivalds_rounds; ++round) sums[round] += signs_[j][round] * Wide{row[j]};
  return sums;
}

template <typename T>
void GemmCheck<T>::prepare_freivalds(std::span<const T> a, std::span<const T> b, std::uint64_t seed) {
  const auto [m, n, k] = shape_;
  signs_.resize(n);
  for (std::int64_t j = 0; j < n; ++j) {
    const auto bits = philox(seed, stream_signs, static_cast<std::uint64_t>(j));
    for (int round = 0; round < freivalds_rounds; ++round) signs_[j][round] = (bits[round % 4] & 1) != 0 ? 1 : -1;
  }
  std::vector<Rounds<Wide>> br;
  for (std::int64_t p = 0; p < k; ++p) br.push_back(times_signs(&b[p * n]));
  for (std::int64_t i = 0; i < m; ++i) {
    Rounds<Wide> sums{};
    for (std::int64_t p = 0; p < k; ++p)
      for (int round = 0; round < freivalds_rounds; ++round) sums[round] += Wide{a[i * k + p]} * br[p][round];
    expected_sums_.push_back(sums);
  }
  double squares = 0;
  for (double norm : column_norms_) squares += norm * norm;
  for (double norm : row_norms_) row_bounds_.push_back(dot_bound(roundoff_, norm, std::sqrt(squares), lambda_));
}

template <typename T>
Verification GemmCheck<T>::check_elements(std::span<const T> c) const {
  Verification result{.pass = true};
  for (const Element& element : elements_) {
    const Wide got = c[element.row * shape_.n + element.column];
    const auto error = static_cast<double>(std::abs(got - element.expected));
    if (!(error <= element.bound))
      return Verification::failed(fmt::format(
          "C[{},{}]: expected {:.9g}, got {:.9g}, off by {:.3g} where {:.3g} is allowed", element.row, element.column,
          static_cast<double>(element.expected), static_cast<double>(got), error, element.bound));
    if (element.bound > 0)
      result.worst_error_over_bound = std::max(result.worst_error_over_bound, error / element.bound);
  }
  result.elements_checked = static_cast<std::int64_t>(elements_.size());
  return result;
}

template <typename T>
Verification GemmCheck<T>::check_rows(std::span<const T> c) const {
  for (std::int64_t i = 0; i < shape_.m; ++i) {
    const Rounds<Wide> sums = times_signs(&c[i * shape_.n]);
    for (int round = 0; round < freivalds_rounds; ++round) {
      const auto error = static_cast<double>(std::abs(sums[round] - expected_sums_[i][round]));
      if (!(error <= row_bounds_[i]))
        return Verification::failed(fmt::format(
            "row {} of C: its product with a random sign vector is {:.9g}, expected {:.9g}, off by {:.3g} where "
            "{:.3g} is allowed (Freivalds, round {})",
            i, static_cast<double>(sums[round]), static_cast<double>(expected_sums_[i][round]), error, row_bounds_[i],
            round + 1));
    }
  }
  return {.pass = true};
}

template <typename T>
Verification GemmCheck<T>::check(std::span<const T> c) const {
  Verification result = check_elements(c);
  if (!result.pass) return result;
  if (const Verification rows = check_rows(c); !rows.pass) return rows;
  result.detail = fmt::format("{} elements against a wider type, all {} by {} rounds of Freivalds",
                              result.elements_checked, c.size(), freivalds_rounds);
  return result;
}

template class GemmCheck<float>;
template class GemmCheck<double>;

}  // namespace petaproof

#include "kernels/verify/gemm_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/verify/random.hpp"

namespace petaproof {
namespace {

using Matrix = GemmEngine::Matrix;

// Streams of the generator, apart from those of the operands.
constexpr std::uint64_t stream_rows = 0x726f7773;
constexpr std::uint64_t stream_columns = 0x636f6c73;
constexpr std::uint64_t stream_signs = 0x7369676e;

// Lines of `extent`, one at random in each of `count` equal parts: the whole range is covered.
std::array<std::int64_t, gemm_lanes> sampled(std::int64_t extent, int count, std::uint64_t seed,
                                             std::uint64_t stream) {
  std::array<std::int64_t, gemm_lanes> lines{};
  for (int i = 0; i < count; ++i) {
    const std::int64_t begin = extent * i / count;
    const std::int64_t length = extent * (i + 1) / count - begin;
    const auto random = philox(seed, stream, static_cast<std::uint64_t>(i))[0];
    lines[i] = begin + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(length));
  }
  return lines;
}

std::vector<double> ones(std::int64_t count) {
  return std::vector<double>(static_cast<std::size_t>(count), 1.0);
}

std::vector<double> roots(std::vector<double> squares) {
  for (double& x : squares) x = std::sqrt(x);
  return squares;
}

std::vector<double> squares_of_lane(const LaneVector& v, int lane) {
  std::vector<double> result;
  for (const Lanes& lanes : v) result.push_back(static_cast<double>(lanes[lane] * lanes[lane]));
  return result;
}

// Neither NaN nor an infinite bound lets anything pass.
bool within(double error, double bound) {
  return error <= bound && std::isfinite(bound);
}

}  // namespace

GemmCheck::GemmCheck(GemmShape shape, const GemmRounding& rounding, GemmEngine& engine, std::uint64_t seed)
    : shape_(shape), rounding_(rounding), lambda_(rounding_lambda(shape.m * shape.n)) {
  row_norms_ = roots(engine.squares_times(Matrix::a, false, ones(shape.k)));
  column_norms_ = roots(engine.squares_times(Matrix::b, true, ones(shape.k)));
  rows_ = sample(engine, false, seed);
  columns_ = sample(engine, true, seed);
  prepare_freivalds(engine, engine.squares_times(Matrix::b, false, ones(shape.n)), seed);
}

GemmCheck::Sample GemmCheck::sample(GemmEngine& engine, bool columns, std::uint64_t seed) const {
  Sample result;
  result.columns = columns;
  const std::int64_t extent = columns ? shape_.n : shape_.m;
  result.count = static_cast<int>(std::min(sampled_lines, extent));
  result.which = sampled(extent, result.count, seed, columns ? stream_columns : stream_rows);
  // a row of C is a row of A times B; a column is A times a column of B
  const Matrix line_of = columns ? Matrix::b : Matrix::a;
  const Matrix other = columns ? Matrix::a : Matrix::b;
  const LaneVector lines = engine.lines(line_of, columns, result.which);
  result.expected = engine.times(other, !columns, lines);
  std::vector<std::array<double, gemm_lanes>> products(result.expected.size());  // norms of the sums' terms
  if (rounding_.operand > 0) {
    for (int lane = 0; lane < result.count; ++lane) {
      const auto norms = roots(engine.squares_times(other, !columns, squares_of_lane(lines, lane)));
      for (std::size_t i = 0; i < norms.size(); ++i) products[i][lane] = norms[i];
    }
  }
  const std::vector<double>& line_norms = columns ? column_norms_ : row_norms_;
  const std::vector<double>& other_norms = columns ? row_norms_ : column_norms_;
  result.bounds.resize(result.expected.size());
  result.spreads.resize(result.expected.size());
  for (std::size_t i = 0; i < result.bounds.size(); ++i)
    for (int lane = 0; lane < result.count; ++lane) {
      const double norm_a = line_norms[result.which[lane]], norm_b = other_norms[i];
      const double bound = dot_bound(rounding_, shape_.k, norm_a, norm_b, products[i][lane], lambda_);
      const double size = std::abs(static_cast<double>(result.expected[i][lane]));
      result.bounds[i][lane] = bound + std::max(rounding_.result * (size + bound), rounding_.result_least);
      result.spreads[i][lane] = error_spread(rounding_, shape_.k, norm_a, norm_b, products[i][lane], size);
    }
  return result;
}

void GemmCheck::prepare_freivalds(GemmEngine& engine, const std::vector<double>& b_row_squares, std::uint64_t seed) {
  signs_.resize(static_cast<std::size_t>(shape_.n));
  for (std::size_t j = 0; j < signs_.size(); ++j) {
    const auto bits = philox(seed, stream_signs, j);
    for (int round = 0; round < freivalds_rounds; ++round) signs_[j][round] = (bits[round] & 1) != 0 ? 1 : -1;
  }
  expected_sums_ = engine.times(Matrix::a, false, engine.times(Matrix::b, false, signs_));
  const double norm_b = std::sqrt(std::accumulate(b_row_squares.begin(), b_row_squares.end(), 0.0));
  std::vector<double> products(row_norms_.size(), 0);
  if (rounding_.operand > 0) products = roots(engine.squares_times(Matrix::a, false, b_row_squares));
  for (std::size_t i = 0; i < row_norms_.size(); ++i)
    row_bounds_.push_back(dot_bound(rounding_, shape_.k, row_norms_[i], norm_b, products[i], lambda_));
}

// Empty if all is well.
std::string GemmCheck::check_sample(GemmEngine& engine, const Sample& sample, Errors& errors) const {
  const LaneVector got = engine.lines(Matrix::c, sample.columns, sample.which);
  for (int lane = 0; lane < sample.count; ++lane)
    for (std::size_t i = 0; i < got.size(); ++i) {
      const auto error = static_cast<double>(std::abs(got[i][lane] - sample.expected[i][lane]));
      const double bound = sample.bounds[i][lane];
      if (!within(error, bound)) {
        const auto at = static_cast<std::int64_t>(i);
        return fmt::format("C[{},{}]: expected {:.9g}, got {:.9g}, off by {:.3g} where {:.3g} is allowed",
                           sample.columns ? at : sample.which[lane], sample.columns ? sample.which[lane] : at,
                           static_cast<double>(sample.expected[i][lane]), static_cast<double>(got[i][lane]), error,
                           bound);
      }
      ++errors.elements;
      if (bound > 0) errors.worst_over_bound = std::max(errors.worst_over_bound, error / bound);
      if (sample.spreads[i][lane] > 0) errors.squares += std::pow(error / sample.spreads[i][lane], 2);
    }
  return {};
}

std::string GemmCheck::check_population(const Errors& errors) const {
  if (rounding_.operand == 0 && !rounding_.aligns) return {};
  const auto [limit, least] = rounding_.aligns ? aligned_limit : operand_limit;
  const double rms = std::sqrt(errors.squares / static_cast<double>(errors.elements));
  if (errors.elements < least || rms <= limit) return {};
  return fmt::format(
      "the {} sampled elements are off by {:.2f} {} in the root mean square where {:.2f} is allowed: {}",
      errors.elements, rms, rounding_.aligns ? "times what sums of this kind err" : "operand roundings", limit,
      rounding_.aligns ? "were sums kept, or the result stored, in a narrower type?"
                       : "were the operands rounded to a narrower type?");
}

std::string GemmCheck::check_rows(GemmEngine& engine) const {
  const LaneVector sums = engine.times(Matrix::c, false, signs_);
  std::vector<double> sizes(sums.size(), 0);  // of C's rows, whose elements were each rounded once more
  if (rounding_.result > 0) sizes = roots(engine.squares_times(Matrix::c, false, ones(shape_.n)));
  for (std::size_t i = 0; i < sums.size(); ++i)
    for (int round = 0; round < freivalds_rounds; ++round) {
      const auto error = static_cast<double>(std::abs(sums[i][round] - expected_sums_[i][round]));
      const double rounded = std::max(rounding_.result * sizes[i], rounding_.result_least * std::sqrt(shape_.n));
      const double bound = row_bounds_[i] + lambda_ * rounded;
      if (within(error, bound)) continue;
      return fmt::format(
          "row {} of C: its product with a random sign vector is {:.9g}, expected {:.9g}, off by {:.3g} where "
          "{:.3g} is allowed (Freivalds, round {})",
          i, static_cast<double>(sums[i][round]), static_cast<double>(expected_sums_[i][round]), error, bound,
          round + 1);
    }
  return {};
}

Verification GemmCheck::check(GemmEngine& engine) const {
  Errors errors;
  std::string wrong = check_sample(engine, rows_, errors);
  if (wrong.empty()) wrong = check_sample(engine, columns_, errors);
  if (wrong.empty()) wrong = check_population(errors);
  if (wrong.empty()) wrong = check_rows(engine);
  if (!wrong.empty()) return Verification::failed(wrong);
  return {
      .pass = true,
      .detail = fmt::format("{} elements against a wider type, all {} by {} rounds of Freivalds{}", errors.elements,
                            shape_.m * shape_.n, freivalds_rounds, rounding_.exact() ? "; no error is allowed" : ""),
      .elements_checked = errors.elements,
      .worst_error_over_bound = errors.worst_over_bound};
}

}  // namespace petaproof

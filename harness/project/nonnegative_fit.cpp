#include "harness/project/nonnegative_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "kernels/device/error.hpp"

namespace petaproof::project {
namespace {

using Vector = std::array<double, fit_terms>;

constexpr double huber_deviations = 3;
// The model's own error reached 18 % where it was validated (README.md): a residual below that says nothing about the
// point, and giving it less weight made held-out predictions worse.
constexpr double smallest_outlier = 0.18;
constexpr int most_iterations = 100;

double model(const FitSample& sample, const Vector& p) {
  double sum = 0;
  for (std::size_t i = 0; i < fit_terms; ++i) sum += sample.terms[i] * p[i];
  return sum;
}

// Solves the weighted least squares problem in the terms whose bit is set in `chosen`, by Cholesky on columns of
// length one; nothing where one of them is a combination of the others.
std::optional<Vector> solve(const std::vector<Vector>& rows, const std::vector<double>& targets,
                            const std::vector<double>& weights, unsigned chosen) {
  std::vector<std::size_t> terms;
  for (std::size_t i = 0; i < fit_terms; ++i)
    if (chosen >> i & 1u) terms.push_back(i);
  Vector length{};
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (const std::size_t i : terms) length[i] += weights[r] * rows[r][i] * rows[r][i];
  for (const std::size_t i : terms) {
    length[i] = std::sqrt(length[i]);
    if (!(length[i] > 0) || !std::isfinite(length[i])) return std::nullopt;
  }

  const std::size_t n = terms.size();
  std::array<Vector, fit_terms> lower{};
  Vector right{};
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t i = 0; i < n; ++i) {
      const double x = weights[r] * rows[r][terms[i]] / length[terms[i]];
      right[i] += x * targets[r];
      for (std::size_t j = 0; j <= i; ++j) lower[i][j] += x * rows[r][terms[j]] / length[terms[j]];
    }
  constexpr double smallest_pivot = 1e-10;  // of columns of length one: beyond, nine digits are lost
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      for (std::size_t k = 0; k < j; ++k) lower[i][j] -= lower[i][k] * lower[j][k];
      if (i == j) {
        if (!(lower[i][i] > smallest_pivot)) return std::nullopt;
        lower[i][i] = std::sqrt(lower[i][i]);
      } else {
        lower[i][j] /= lower[j][j];
      }
    }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= lower[i][k] * right[k];
    right[i] /= lower[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) right[i] -= lower[k][i] * right[k];
    right[i] /= lower[i][i];
  }
  Vector p{};
  for (std::size_t i = 0; i < n; ++i) p[terms[i]] = right[i] / length[terms[i]];
  return p;
}

// With three terms all seven sets of those that are not 0 can be tried: exact, where an active-set method may cycle.
std::optional<Vector> solve_nonnegative(const std::vector<Vector>& rows, const std::vector<double>& targets,
                                        const std::vector<double>& weights) {
  std::optional<Vector> best;
  double best_sum = std::numeric_limits<double>::infinity();
  for (unsigned chosen = 1; chosen < 1u << fit_terms; ++chosen) {
    const auto p = solve(rows, targets, weights, chosen);
    if (!p || std::ranges::any_of(*p, [](double x) { return !(x >= 0) || !std::isfinite(x); })) continue;
    double sum = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double error = -targets[r];
      for (std::size_t i = 0; i < fit_terms; ++i) error += rows[r][i] * (*p)[i];
      sum += weights[r] * error * error;
    }
    if (sum < best_sum) {
      best_sum = sum;
      best = p;
    }
  }
  return best;
}

std::vector<double> residuals(const std::vector<FitSample>& samples, const Vector& p) {
  std::vector<double> all;
  for (const FitSample& sample : samples) all.push_back(std::log(model(sample, p) / sample.value));
  return all;
}

double robust_deviation(std::vector<double> residuals) {
  for (double& r : residuals) r = std::abs(r);
  std::ranges::sort(residuals);
  const std::size_t n = residuals.size();
  const double median = (residuals[(n - 1) / 2] + residuals[n / 2]) / 2;
  return 1.4826 * median;
}

double huber(double residual, double limit) {
  const double r = std::abs(residual);
  return r <= limit ? r * r : limit * (2 * r - limit);
}

double cost(const std::vector<double>& residuals, double limit) {
  double sum = 0;
  for (const double r : residuals) sum += huber(r, limit);
  return sum;
}

// Gauss-Newton: log(model) is linearised around p, which makes each step a nonnegative least squares problem. A step
// that makes it worse is halved, so that the cost never rises.
Vector minimise(const std::vector<FitSample>& samples, Vector p, double limit) {
  double current = cost(residuals(samples, p), limit);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    const auto r = residuals(samples, p);
    std::vector<Vector> rows;
    std::vector<double> targets;
    std::vector<double> weights;
    for (std::size_t s = 0; s < samples.size(); ++s) {
      Vector row = samples[s].terms;
      for (double& x : row) x /= model(samples[s], p);
      rows.push_back(row);
      targets.push_back(1 - r[s]);
      weights.push_back(std::abs(r[s]) <= limit ? 1 : limit / std::abs(r[s]));
    }
    const auto next = solve_nonnegative(rows, targets, weights);
    if (!next) return p;
    bool better = false;
    for (double step = 1; step > 1e-4 && !better; step /= 2) {
      Vector tried{};
      for (std::size_t i = 0; i < fit_terms; ++i) tried[i] = p[i] + step * ((*next)[i] - p[i]);
      const double sum = cost(residuals(samples, tried), limit);
      if (!(sum < current * (1 - 1e-12))) continue;
      p = tried;
      current = sum;
      better = true;
    }
    if (!better) return p;
  }
  return p;
}

}  // namespace

NonnegativeFit fit_nonnegative(const std::vector<FitSample>& samples) {
  PETAPROOF_INVARIANT(!samples.empty());
  std::vector<Vector> rows;
  for (const FitSample& sample : samples) {
    PETAPROOF_INVARIANT(sample.value > 0);
    Vector row = sample.terms;
    for (double& x : row) x /= sample.value;
    rows.push_back(row);
  }
  // relative errors first, which are linear: close enough to start from
  const std::vector<double> ones(samples.size(), 1.0);
  const auto start = solve_nonnegative(rows, ones, ones);
  PETAPROOF_INVARIANT(start.has_value());
  NonnegativeFit fit{.coefficients = minimise(samples, *start, std::numeric_limits<double>::infinity())};
  // a gross outlier bends the plain fit, and with it the deviation by which outliers are told: again, while it
  // shrinks
  double limit = std::numeric_limits<double>::infinity();
  for (int i = 0; i < most_iterations; ++i) {
    const double robust = huber_deviations * robust_deviation(residuals(samples, fit.coefficients));
    const double next = std::max(robust, smallest_outlier);
    if (!(next < limit)) break;
    limit = next;
    fit.coefficients = minimise(samples, fit.coefficients, limit);
  }
  const auto left = residuals(samples, fit.coefficients);
  double squares = 0;
  double within = 0;
  for (const double r : left) {
    squares += r * r;
    within += std::min(r * r, limit * limit);
    if (std::abs(r) > std::abs(fit.largest_log_residual)) fit.largest_log_residual = r;
    if (std::abs(r) > limit) ++fit.outliers;
  }
  fit.rms_log_residual = std::sqrt(squares / static_cast<double>(left.size()));
  const auto terms =
      static_cast<std::size_t>(std::ranges::count_if(fit.coefficients, [](double x) { return x > 0; }));
  fit.scatter = std::sqrt(within / static_cast<double>(left.size() > terms ? left.size() - terms : 1));
  return fit;
}

}  // namespace petaproof::project

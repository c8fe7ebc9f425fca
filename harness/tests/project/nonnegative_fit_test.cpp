#include "harness/project/nonnegative_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace petaproof::project {
namespace {

std::vector<FitSample> samples_of(const std::array<double, 3>& p) {
  std::vector<FitSample> samples;
  for (const double k : {2.0, 3.0, 4.0, 7.0})
    for (const double s : {1e7, 1e8, 1e9, 1e10}) samples.push_back({{1, k, s}, p[0] + p[1] * k + p[2] * s});
  return samples;
}

TEST(NonnegativeFit, RecoversWhatTheDataFollow) {
  const std::array<double, 3> p{40e-6, 80e-6, 1 / 350e9};
  const auto fit = fit_nonnegative(samples_of(p));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(fit.coefficients[i] / p[i], 1, 1e-6) << i;
  EXPECT_LT(fit.rms_log_residual, 1e-8);
  EXPECT_EQ(fit.outliers, 0);
}

// What least squares would make negative is 0, and the others are the best that remain.
TEST(NonnegativeFit, NothingIsNegative) {
  auto samples = samples_of({0, 80e-6, 1 / 350e9});
  for (FitSample& sample : samples) sample.value -= 30e-6;
  const auto fit = fit_nonnegative(samples);
  EXPECT_EQ(fit.coefficients[0], 0);
  EXPECT_GT(fit.coefficients[1], 0);
  EXPECT_GT(fit.coefficients[2], 0);
  const auto cost = [&](std::array<double, 3> p) {
    double sum = 0;
    for (const FitSample& s : samples)
      sum += std::pow(std::log((p[0] + p[1] * s.terms[1] + p[2] * s.terms[2]) / s.value), 2);
    return sum;
  };
  const double best = cost(fit.coefficients);
  for (const double up : {0.99, 1.01}) {
    auto p = fit.coefficients;
    p[1] *= up;
    EXPECT_GT(cost(p), best);
    p = fit.coefficients;
    p[2] *= up;
    EXPECT_GT(cost(p), best);
  }
  EXPECT_GT(cost({1e-6, fit.coefficients[1], fit.coefficients[2]}), best);
}

TEST(NonnegativeFit, NoiseAveragesOut) {
  std::mt19937_64 random(1);
  auto samples = samples_of({40e-6, 80e-6, 1 / 350e9});
  for (FitSample& sample : samples) sample.value *= 1 + 0.02 * (static_cast<double>(random() % 2001) / 1000 - 1);
  const auto fit = fit_nonnegative(samples);
  EXPECT_NEAR(fit.coefficients[1] * 1e6, 80, 8);
  EXPECT_NEAR(1 / fit.coefficients[2] / 1e9, 350, 7);
  EXPECT_LT(fit.rms_log_residual, 0.02);
}

// One congested point, three times as slow as the others say, bends plain least squares by far more.
TEST(NonnegativeFit, OneOutlier) {
  auto samples = samples_of({40e-6, 80e-6, 1 / 350e9});
  samples[5].value *= 3;
  const auto fit = fit_nonnegative(samples);
  EXPECT_EQ(fit.outliers, 1);
  EXPECT_NEAR(1 / fit.coefficients[2] / 1e9, 350, 10);
  EXPECT_GT(std::abs(fit.largest_log_residual), 0.8);
}

TEST(NonnegativeFit, TermsThatCannotBeToldApart) {
  std::vector<FitSample> samples;
  for (const double k : {2.0, 3.0, 4.0}) samples.push_back({{1, k, 1e9}, 1e-3 + k * 1e-4});
  const auto fit = fit_nonnegative(samples);  // the first and the third are one and the same
  for (const FitSample& s : samples) {
    double model = 0;
    for (std::size_t i = 0; i < 3; ++i) model += fit.coefficients[i] * s.terms[i];
    EXPECT_NEAR(model / s.value, 1, 1e-9);
  }
}

}  // namespace
}  // namespace petaproof::project

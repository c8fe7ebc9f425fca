#include "harness/judge/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "harness/judge/sample_size.hpp"
#include "kernels/device/error.hpp"
#include "kernels/measure/statistics.hpp"
#include "kernels/verify/random.hpp"

namespace petaproof::judge {
namespace {

// Uniform in (0, 1), one stream for each draw.
class Uniforms {
 public:
  Uniforms(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
  double next() {
    if (at_ == 0) block_ = philox(seed_, stream_, counter_++);
    const std::uint64_t bits = std::uint64_t{block_[at_]} << 32 | block_[at_ + 1];
    at_ = (at_ + 2) % 4;
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
  }

 private:
  std::uint64_t seed_, stream_, counter_ = 0;
  PhiloxBlock block_{};
  std::size_t at_ = 0;
};

// Student's t for any degrees of freedom by the polar method (Bailey, Math. Comp. 62, 1994, 779-781).
double student_t(double degrees_of_freedom, Uniforms& uniforms) {
  while (true) {
    const double u = 2 * uniforms.next() - 1, v = 2 * uniforms.next() - 1;
    const double w = u * u + v * v;
    if (w >= 1) continue;
    return u * std::sqrt(degrees_of_freedom * (std::pow(w, -2 / degrees_of_freedom) - 1) / w);
  }
}

// Nodes that hide from a sample, at a confidence drawn uniformly: a quantile of these draws is unseen_bad_nodes() at
// that confidence.
class UnseenShare {
 public:
  explicit UnseenShare(const StratifiedMean& mean)
      : chances_(chances_unseen(mean.shares(), 1e-12)), nodes_(static_cast<double>(mean.nodes)) {}
  double draw(Uniforms& uniforms) const {
    // the most nodes whose chance to stay unseen is `least` at least; the chances fall, from 1 for none
    const double least = uniforms.next();
    const auto below = std::ranges::partition_point(chances_, [&](double chance) { return chance >= least; });
    return static_cast<double>(below - chances_.begin() - 1) / nodes_;
  }

 private:
  std::vector<double> chances_;
  double nodes_;
};

double drawn_mean(const StratifiedMean& all, Uniforms& uniforms) {
  double sum = 0;
  for (const StratumMean& one : all.strata) {
    const double error = one.variance > 0 ? std::sqrt(one.variance) * student_t(one.degrees_of_freedom, uniforms) : 0;
    sum += (one.mean + error) * static_cast<double>(one.nodes);
  }
  return sum / static_cast<double>(all.nodes);
}

// The quantile of `guarded(mean, share of unseen nodes)` over all draws; streams begin at `stream`.
double quantile_of_draws(const StratifiedMean& mean, double q, std::uint64_t seed, std::uint64_t stream, int draws,
                         const std::function<double(double, double)>& guarded) {
  const UnseenShare unseen(mean);
  std::vector<double> values;
  for (int i = 0; i < draws; ++i) {
    Uniforms uniforms(seed, stream + static_cast<std::uint64_t>(i));
    const double one = drawn_mean(mean, uniforms);
    values.push_back(guarded(one, unseen.draw(uniforms)));
  }
  std::ranges::sort(values);
  return quantile(values, q);
}

}  // namespace

SimulatedBounds simulate_bounds(std::span<const Stratum> strata, std::uint64_t seed, int draws,
                                const UnseenNodes& assumed) {
  if (draws < 1000)
    throw Error(Domain::config, fmt::format("{} draws are too few for a bound: 1000 at least", draws));
  const ClusterBounds closed = cluster_bounds(strata, assumed);  // checks, and is right where nothing is random
  SimulatedBounds bounds{.lower = closed.lower, .upper = closed.upper, .seed = seed, .draws = draws};

  const StratifiedMean drawn = stratified_mean(strata, Missing::zero);
  const auto part = [&](const StratifiedMean& mean) {
    return static_cast<double>(mean.nodes) / static_cast<double>(closed.nodes);
  };
  if (drawn.sampling() && std::isfinite(drawn.standard_error)) {
    const auto guarded = [&](double mean, double share) {
      return detail::guarded_lower(std::max(0.0, mean), drawn.mean, share, assumed);
    };
    bounds.lower = part(drawn) * quantile_of_draws(drawn, 1 - bound_confidence, seed, 0, draws, guarded);
  }
  const StratifiedMean measured = stratified_mean(strata, Missing::left_out);
  if (measured.sampling() && std::isfinite(measured.standard_error) && std::isfinite(closed.upper)) {
    const auto guarded = [&](double mean, double share) {
      return detail::guarded_upper(std::min(mean, closed.assumed.ceiling), share, closed.assumed.ceiling);
    };
    const double upper =
        quantile_of_draws(measured, bound_confidence, seed, static_cast<std::uint64_t>(draws), draws, guarded);
    bounds.upper = measured.nodes == closed.nodes
                       ? upper
                       : part(measured) * upper + (1 - part(measured)) * closed.assumed.ceiling;
  }
  return bounds;
}

}  // namespace petaproof::judge

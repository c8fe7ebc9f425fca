// The bounds of estimate.hpp a second time, by Monte Carlo: the mean and the unseen nodes are drawn together instead
// of split, so the bounds lie a little closer. Printed beside the closed form, which decides.
#pragma once

#include <cstdint>
#include <span>

#include "harness/judge/estimate.hpp"

namespace petaproof::judge {

struct SimulatedBounds {
  double lower = 0;  // as ClusterBounds has them
  double upper = 0;
  std::uint64_t seed = 0;
  int draws = 0;
};

/// Every draw takes the mean of each pod from the t distribution of its sample, and the unseen bad and fast nodes
/// from the confidence distribution of their hypergeometric bound; the bounds are quantiles at bound_confidence.
/// Random numbers are Philox's, so a seed gives the same draws on any machine (to the last digits of its pow and
/// log). Throws Error(config) as cluster_bounds() does, and on fewer than 1000 draws.
SimulatedBounds simulate_bounds(std::span<const Stratum> strata, std::uint64_t seed, int draws = 10'000,
                                const UnseenNodes& assumed = {});

}  // namespace petaproof::judge

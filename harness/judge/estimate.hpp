// Bounds on the mean rate per GPU over a whole cluster, from a random sample of its nodes. The node is the unit of
// sampling: repeating a run on the same nodes tells next to nothing about the others. STATISTICS.md says why it is
// done like this and how often it is wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "harness/judge/stratified.hpp"

namespace petaproof::judge {

/// Rate of a slow node over that of the rest: outliers of five clusters took 1.5 times as long as the median
/// (arXiv:2208.11035).
inline constexpr double slow_node_ratio = 0.67;

/// What nodes that the sample has not seen can be like at worst and at best.
struct UnseenNodes {
  double slow_ratio = slow_node_ratio;  // the worst, over the mean
  /// The best, a rate per GPU that none exceeds: a published peak, or that at the highest clock. A measured rate
  /// above it replaces it. Infinite: not known, and `upper` is not guarded.
  double ceiling = std::numeric_limits<double>::infinity();
};

/// All rates per GPU, in the unit of the strata. Bounds are one-sided at bound_confidence.
struct ClusterBounds {
  double mean = 0;             // of the measured nodes, pods weighted by their nodes
  double mean_all = 0;         // with missing nodes at 0; of pods that have a node drawn
  double lower = 0;            // 0 at least: that is also what pods without a node drawn count
  double upper = 0;            // infinite where nothing bounds it: one node of several, a pod without a measured one
  double unguarded_lower = 0;  // of the sampled mean alone, t at split_confidence, without nodes that it has not seen
  double unguarded_upper = 0;
  double standard_error = 0;      // of `mean`; infinite for one node of several
  double degrees_of_freedom = 0;  // of that; 0 where it is 0 or infinite
  double variation = 0;           // between measured nodes, stdev / mean; infinite for a single one
  std::int64_t nodes = 0;         // of the cluster
  std::int64_t measured = 0;
  std::int64_t missing = 0;
  std::int64_t unseen_bad = 0;   // nodes that may be bad although no drawn one is, at split_confidence
  std::int64_t unseen_fast = 0;  // the same of fast ones, of which only a measured node tells
  UnseenNodes assumed;           // with the ceiling that was used

  bool census() const { return measured == nodes; }
};

/// Of one window. Of several windows of the same nodes, the lowest `lower` and the highest `upper` count.
/// Throws Error(config) on strata that cannot be: check_strata().
ClusterBounds cluster_bounds(std::span<const Stratum> strata, const UnseenNodes& assumed = {});

/// The fewest nodes of a cluster without pods whose bounds would tell `mean` from `threshold`, if nodes varied by
/// `variation` as they did so far: n0 / (1 + n0 / N) with n0 = (t variation mean / distance)^2, and more where nodes
/// that were not seen decide. All of them where the two are equal; never below fewest_nodes().
std::int64_t nodes_needed(std::int64_t cluster_nodes, double mean, double variation, double threshold,
                          const UnseenNodes& assumed = {});

namespace detail {
/// `share` of all nodes may be bad or fast: what is left of a bound.
double guarded_lower(double lower, double mean, double share, const UnseenNodes& assumed);
double guarded_upper(double upper, double share, double ceiling);
}  // namespace detail

}  // namespace petaproof::judge

#include "harness/judge/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/sample_size.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

void check_assumed(const UnseenNodes& assumed) {
  if (!(assumed.slow_ratio >= 0 && assumed.slow_ratio <= 1))
    throw Error(Domain::config, fmt::format("slow nodes at {} of the mean: 0 to 1 is allowed", assumed.slow_ratio));
  if (!(assumed.ceiling > 0)) throw Error(Domain::config, fmt::format("a ceiling of {} per GPU", assumed.ceiling));
}

// Nodes outside the sample that may be of a kind of which the sample has none.
std::int64_t unseen_of(const StratifiedMean& mean) {
  return unseen_bad_nodes(mean.shares(), split_confidence);
}

void bound_below(ClusterBounds& bounds, const StratifiedMean& drawn) {
  const double part = ratio(drawn.nodes, bounds.nodes);  // nodes of pods of which none is drawn count 0
  const double lower = std::max(0.0, drawn.mean - drawn.margin(split_confidence));
  bounds.mean_all = drawn.mean;
  bounds.unseen_bad = unseen_of(drawn);
  bounds.unguarded_lower = part * lower;
  bounds.lower =
      part * detail::guarded_lower(lower, drawn.mean, ratio(bounds.unseen_bad, drawn.nodes), bounds.assumed);
}

void bound_above(ClusterBounds& bounds, const StratifiedMean& measured) {
  const double ceiling = bounds.assumed.ceiling;
  // where there is no other pod it must not be 0 x infinity
  const auto with_others = [&](double upper) {
    const double part = ratio(measured.nodes, bounds.nodes);
    return measured.nodes == bounds.nodes ? upper : part * upper + (1 - part) * ceiling;
  };
  const double upper = std::min(ceiling, measured.mean + measured.margin(split_confidence));
  bounds.unseen_fast = unseen_of(measured);
  bounds.unguarded_upper = with_others(upper);
  bounds.upper = with_others(detail::guarded_upper(upper, ratio(bounds.unseen_fast, measured.nodes), ceiling));
}

}  // namespace

namespace detail {

double guarded_lower(double lower, double mean, double share, const UnseenNodes& assumed) {
  return std::min(lower, (1 - share) * lower + share * assumed.slow_ratio * mean);
}

double guarded_upper(double upper, double share, double ceiling) {
  if (!std::isfinite(ceiling)) return upper;
  return std::max(upper, (1 - share) * upper + share * ceiling);
}

}  // namespace detail

ClusterBounds cluster_bounds(std::span<const Stratum> strata, const UnseenNodes& assumed) {
  check_strata(strata);
  check_assumed(assumed);
  ClusterBounds bounds{.assumed = assumed};
  for (const Stratum& stratum : strata) {
    bounds.nodes += stratum.nodes;
    bounds.measured += static_cast<std::int64_t>(stratum.rates.size());
    bounds.missing += stratum.missing;
    for (const double rate : stratum.rates) bounds.assumed.ceiling = std::max(bounds.assumed.ceiling, rate);
  }
  const StratifiedMean measured = stratified_mean(strata, Missing::left_out);
  bounds.mean = measured.mean;
  bounds.standard_error = measured.standard_error;
  bounds.degrees_of_freedom = measured.degrees_of_freedom;
  bounds.variation = measured.variation;
  bound_below(bounds, stratified_mean(strata, Missing::zero));
  bound_above(bounds, measured);
  return bounds;
}

std::int64_t nodes_needed(std::int64_t cluster_nodes, double mean, double variation, double threshold,
                          const UnseenNodes& assumed) {
  check_assumed(assumed);
  const auto decided = [&](std::int64_t nodes) {
    const double margin = mean * margin_of(nodes, cluster_nodes, variation, split_confidence);
    const double unseen = ratio(unseen_bad_nodes(nodes, cluster_nodes, split_confidence), cluster_nodes);
    if (threshold < mean)
      return detail::guarded_lower(std::max(0.0, mean - margin), mean, unseen, assumed) >= threshold;
    return detail::guarded_upper(mean + margin, unseen, assumed.ceiling) < threshold;
  };
  std::int64_t low = fewest_nodes(cluster_nodes), high = cluster_nodes;
  while (low < high) {  // both bounds close in with every node
    const std::int64_t middle = low + (high - low) / 2;
    if (decided(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace petaproof::judge

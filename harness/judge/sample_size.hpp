// How many nodes a verdict about a cluster takes, and what a number of them can say: planning figures, and the two
// margins on which the bounds of a sample rest (estimate.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace petaproof::judge {

/// GPUs per node where no run tells; DGX and HGX machines have eight.
inline constexpr std::int64_t default_gpus_per_node = 8;

/// Between nodes, as a fraction of their mean, where the cooling is not known. A planning figure, as are 1.5 % for
/// liquid and 3 % for air.
inline constexpr double default_variation = 0.05;

/// Of every bound, one-sided. Where a bound rests on two statements, such as a mean and the bad nodes that it did not
/// see, each is made at split_confidence: the chances to be wrong add up at most (Bonferroni).
inline constexpr double bound_confidence = 0.95;
inline constexpr double split_confidence = 1 - (1 - bound_confidence) / 2;

/// Nodes of a cluster, the last one perhaps not full.
std::int64_t nodes_of(std::int64_t gpus, std::int64_t gpus_per_node);

/// The fewest nodes, drawn at random, on which anything cluster-wide may be said (evidence level C).
std::int64_t fewest_nodes(std::int64_t cluster_nodes);

/// Nodes whose mean separates `mean` from `threshold` (per GPU, one unit) at 95 % one-sided; all of them when
/// the two are equal, and never below fewest_nodes().
std::int64_t nodes_to_decide(std::int64_t cluster_nodes, double mean, double threshold);

/// The same for evidence level B.
std::int64_t fewest_nodes_level_b(std::int64_t cluster_nodes);

/// Half of the one-sided interval of a mean over `sampled` of `cluster_nodes` nodes, drawn at random, as a fraction
/// of that mean; `variation` between nodes likewise (stdev / mean). 0 for all nodes; infinite for one of several,
/// which says nothing about the others.
double margin_of(std::int64_t sampled, std::int64_t cluster_nodes, double variation,
                 double confidence = bound_confidence);

/// The fewest nodes whose margin_of() is `margin` at most; two at least, where there are two.
std::int64_t nodes_for_margin(std::int64_t cluster_nodes, double margin, double variation);

/// How many of `cluster_nodes` nodes may be bad although none of `sampled` is.
std::int64_t unseen_bad_nodes(std::int64_t sampled, std::int64_t cluster_nodes, double confidence = bound_confidence);

/// One pod of a stratified sample.
struct SampledShare {
  std::int64_t nodes = 0;
  std::int64_t sampled = 0;
};

/// The same for a sample of so many of every pod, however the bad nodes lie: pods that were sampled less hide more.
std::int64_t unseen_bad_nodes(std::span<const SampledShare> pods, double confidence = bound_confidence);

/// The chance that a sample has none of 0, 1, 2, ... bad nodes, lying as they hide best; as far as it is `least`.
std::vector<double> chances_unseen(std::span<const SampledShare> pods, double least);

}  // namespace petaproof::judge

// How many nodes a verdict about a cluster would take: planning figures, printed beside NOT DECIDABLE.
#pragma once

#include <cstdint>

namespace petaproof::judge {

/// GPUs per node where no run tells; DGX and HGX machines have eight.
inline constexpr std::int64_t default_gpus_per_node = 8;

/// Between nodes, as a fraction of their mean, where the cooling is not known. A planning figure, as are 1.5 % for
/// liquid and 3 % for air.
inline constexpr double default_variation = 0.05;

/// Nodes of a cluster, the last one perhaps not full.
std::int64_t nodes_of(std::int64_t gpus, std::int64_t gpus_per_node);

/// The fewest nodes, drawn at random, on which anything cluster-wide may be said (evidence level C).
std::int64_t fewest_nodes(std::int64_t cluster_nodes);

/// Nodes whose mean separates `mean` from `threshold` (per GPU, one unit) at 95 % one-sided; all of them when
/// the two are equal, and never below fewest_nodes().
std::int64_t nodes_to_decide(std::int64_t cluster_nodes, double mean, double threshold);

/// The same for evidence level B.
std::int64_t fewest_nodes_level_b(std::int64_t cluster_nodes);

/// Half of the one-sided 95 % interval of a mean over `sampled` of `cluster_nodes` nodes, drawn at random, as a
/// fraction of that mean; `variation` between nodes likewise (stdev / mean). 0 for all nodes; infinite for one of
/// several, which says nothing about the others.
double margin_of(std::int64_t sampled, std::int64_t cluster_nodes, double variation);

/// The fewest nodes whose margin_of() is `margin` at most; two at least, where there are two.
std::int64_t nodes_for_margin(std::int64_t cluster_nodes, double margin, double variation);

/// How many of `cluster_nodes` nodes may be bad, at 95 %, although none of `sampled` is.
std::int64_t unseen_bad_nodes(std::int64_t sampled, std::int64_t cluster_nodes);

}  // namespace petaproof::judge

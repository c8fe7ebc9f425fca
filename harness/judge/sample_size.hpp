// How many nodes a verdict about a cluster would take: planning figures, printed beside NOT DECIDABLE.
#pragma once

#include <cstdint>

namespace petaproof::judge {

/// GPUs per node where no run tells; DGX and HGX machines have eight.
inline constexpr std::int64_t default_gpus_per_node = 8;

/// Nodes of a cluster, the last one perhaps not full.
std::int64_t nodes_of(std::int64_t gpus, std::int64_t gpus_per_node);

/// The fewest nodes, drawn at random, on which anything cluster-wide may be said (evidence level C).
std::int64_t fewest_nodes(std::int64_t cluster_nodes);

/// Nodes whose mean separates `mean` from `threshold` (per GPU, one unit) at 95 % one-sided; all of them when
/// the two are equal, and never below fewest_nodes().
std::int64_t nodes_to_decide(std::int64_t cluster_nodes, double mean, double threshold);

}  // namespace petaproof::judge

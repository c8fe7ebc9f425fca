#include "harness/judge/sample_size.hpp"

#include <algorithm>
#include <cmath>

namespace petaproof::judge {

std::int64_t nodes_of(std::int64_t gpus, std::int64_t gpus_per_node) {
  return (gpus + gpus_per_node - 1) / gpus_per_node;
}

std::int64_t fewest_nodes(std::int64_t cluster_nodes) {
  // min(59, max(15, N/16)): 59 clean nodes bound the worst twentieth at 95 %; below 15 no interval is worth
  // printing
  const std::int64_t sixteenth = (cluster_nodes + 15) / 16;
  return std::min(cluster_nodes, std::min<std::int64_t>(59, std::max<std::int64_t>(15, sixteenth)));
}

std::int64_t nodes_to_decide(std::int64_t cluster_nodes, double mean, double threshold) {
  constexpr double quantile = 1.645;  // normal, one-sided 95 %
  constexpr double variation = 0.05;  // between nodes, where the cooling is not known
  const double all = static_cast<double>(cluster_nodes);
  const double distance = std::abs(mean - threshold);
  if (!(distance > 0)) return cluster_nodes;
  const double unlimited = std::pow(quantile * variation * mean / distance, 2);
  const double finite = std::ceil(unlimited / (1 + unlimited / all));  // a sample of a finite cluster needs fewer
  return std::max(fewest_nodes(cluster_nodes), static_cast<std::int64_t>(std::min(finite, all)));
}

}  // namespace petaproof::judge

#include "harness/judge/sample_size.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

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
  const double all = static_cast<double>(cluster_nodes);
  const double distance = std::abs(mean - threshold);
  if (!(distance > 0)) return cluster_nodes;
  const double unlimited = std::pow(quantile * default_variation * mean / distance, 2);
  const double finite = std::ceil(unlimited / (1 + unlimited / all));  // a sample of a finite cluster needs fewer
  return std::max(fewest_nodes(cluster_nodes), static_cast<std::int64_t>(std::min(finite, all)));
}

std::int64_t fewest_nodes_level_b(std::int64_t cluster_nodes) {
  return std::min(cluster_nodes, std::max<std::int64_t>(59, (cluster_nodes + 7) / 8));
}

double margin_of(std::int64_t sampled, std::int64_t cluster_nodes, double variation) {
  if (sampled >= cluster_nodes) return 0;
  if (sampled < 2) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(sampled);
  const double unseen = 1 - n / static_cast<double>(cluster_nodes);  // correction for a finite cluster
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.95);
  return t * variation * std::sqrt(unseen / n);
}

std::int64_t nodes_for_margin(std::int64_t cluster_nodes, double margin, double variation) {
  std::int64_t low = std::min<std::int64_t>(2, cluster_nodes), high = cluster_nodes;
  while (low < high) {  // the margin falls with every node
    const std::int64_t middle = low + (high - low) / 2;
    if (margin_of(middle, cluster_nodes, variation) <= margin)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

std::int64_t unseen_bad_nodes(std::int64_t sampled, std::int64_t cluster_nodes) {
  // With one bad node more, the chance to draw none of them (hypergeometric) shrinks by (N - bad - n) / (N - bad).
  double chance = 1;
  std::int64_t bad = 0;
  for (; bad < cluster_nodes - sampled; ++bad) {
    const auto good = static_cast<double>(cluster_nodes - bad);
    chance *= (good - static_cast<double>(sampled)) / good;
    if (chance < 0.05 * (1 - 1e-9)) break;  // exactly 5 % is still possible; the product is rounded
  }
  return bad;
}

}  // namespace petaproof::judge

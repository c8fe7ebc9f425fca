#include "harness/judge/sample_size.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <iterator>
#include <limits>
#include <vector>

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

double margin_of(std::int64_t sampled, std::int64_t cluster_nodes, double variation, double confidence) {
  if (sampled >= cluster_nodes) return 0;
  if (sampled < 2) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(sampled);
  const double unseen = 1 - n / static_cast<double>(cluster_nodes);  // correction for a finite cluster
  const double t = boost::math::quantile(boost::math::students_t(n - 1), confidence);
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

std::int64_t unseen_bad_nodes(std::int64_t sampled, std::int64_t cluster_nodes, double confidence) {
  const SampledShare all{cluster_nodes, sampled};
  return unseen_bad_nodes({&all, 1}, confidence);
}

std::int64_t unseen_bad_nodes(std::span<const SampledShare> pods, double confidence) {
  // exactly 5 % is still possible; the product is rounded
  return static_cast<std::int64_t>(chances_unseen(pods, (1 - confidence) * (1 - 1e-9)).size()) - 1;
}

std::vector<double> chances_unseen(std::span<const SampledShare> pods, double least) {
  // With one bad node more in a pod of N nodes, the chance to draw none of them (hypergeometric) shrinks by
  // (N - bad - n) / (N - bad). That factor falls as bad nodes gather in a pod, so the best way to hide one more is
  // always in the pod where it shrinks the chance least: taking that pod each time gives the maximum over all ways.
  const auto factor = [](const SampledShare& pod) {
    return static_cast<double>(pod.nodes - pod.sampled) / static_cast<double>(pod.nodes);
  };
  const auto less = [&](const SampledShare& a, const SampledShare& b) { return factor(a) < factor(b); };
  std::vector<SampledShare> heap;  // of pods without the bad nodes that they hide
  std::ranges::copy_if(pods, std::back_inserter(heap),
                       [](const SampledShare& pod) { return pod.nodes > pod.sampled; });
  std::ranges::make_heap(heap, less);
  std::vector<double> chances{1};
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, less);
    SampledShare& pod = heap.back();
    const double chance = chances.back() * factor(pod);
    if (chance < least) break;
    chances.push_back(chance);
    if (--pod.nodes == pod.sampled)
      heap.pop_back();
    else
      std::ranges::push_heap(heap, less);
  }
  return chances;
}

}  // namespace petaproof::judge

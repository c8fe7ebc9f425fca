// Clusters whose every node is known, and samples of them, for tests of the method.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "harness/judge/stratified.hpp"
#include "kernels/verify/random.hpp"

namespace petaproof::judge {

/// The same numbers with every library, which std:: distributions are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed) {}
  double uniform() {  // in (0, 1)
    const PhiloxBlock block = philox(seed_, 0, counter_++);
    return (static_cast<double>((std::uint64_t{block[0]} << 32 | block[1]) >> 12) + 0.5) * 0x1p-52;
  }
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform()); }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(uniform() * static_cast<double>(limit)); }
  /// `count` of 0 .. all - 1, in the order of drawing.
  std::vector<std::size_t> draw(std::size_t count, std::size_t all) {
    std::vector<std::size_t> items(all);
    std::iota(items.begin(), items.end(), 0);
    for (std::size_t i = 0; i < count; ++i) std::swap(items[i], items[i + below(all - i)]);
    items.resize(count);
    return items;
  }

 private:
  std::uint64_t seed_, counter_ = 0;
};

/// Rates of all nodes, neighbours side by side.
using Population = std::vector<double>;

inline double mean_of(const Population& population) {
  return std::accumulate(population.begin(), population.end(), 0.0) / static_cast<double>(population.size());
}

inline Population normal_population(std::size_t nodes, double variation, Random& random) {
  Population all(nodes);
  for (double& rate : all) rate = 1 + variation * random.normal();
  return all;
}

/// Exactly `share` of the nodes, anywhere, run at `ratio` of the rate.
inline Population with_share(Population all, double share, double ratio, Random& random) {
  const auto count = static_cast<std::size_t>(std::lround(share * static_cast<double>(all.size())));
  for (const std::size_t node : random.draw(count, all.size())) all[node] *= ratio;
  return all;
}

/// Racks of 8 nodes that have `correlation` of the variance in common.
inline Population rack_population(std::size_t nodes, double variation, double correlation, Random& random) {
  Population all(nodes);
  double rack = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    if (i % 8 == 0) rack = random.normal();
    all[i] = 1 + variation * (std::sqrt(correlation) * rack + std::sqrt(1 - correlation) * random.normal());
  }
  return all;
}

inline Stratum stratum_of(const Population& all, const std::vector<std::size_t>& nodes) {
  Stratum stratum{.name = "all", .nodes = static_cast<std::int64_t>(all.size()), .rates = {}};
  for (const std::size_t node : nodes) stratum.rates.push_back(all[node]);
  return stratum;
}

/// As `petaproof sample` draws: every pod by its share, two of each at least.
inline std::vector<Stratum> draw_from_pods(const Population& all, std::size_t pods, std::size_t count,
                                           Random& random) {
  std::vector<Stratum> strata;
  for (std::size_t p = 0; p < pods; ++p) {
    const std::size_t begin = all.size() * p / pods, end = all.size() * (p + 1) / pods;
    const std::size_t share = std::max<std::size_t>(2, count * (p + 1) / pods - count * p / pods);
    const Population pod(all.begin() + static_cast<std::ptrdiff_t>(begin),
                         all.begin() + static_cast<std::ptrdiff_t>(end));
    strata.push_back(stratum_of(pod, random.draw(share, pod.size())));
    strata.back().name = "pod " + std::to_string(p);
  }
  return strata;
}

}  // namespace petaproof::judge

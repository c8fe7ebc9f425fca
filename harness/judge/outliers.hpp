// GPUs, nodes and pods that are not like their peers. They are named, and stay in every total: whoever is slow is
// part of the cluster.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace petaproof::judge {

/// Fewer are not compared: nothing tells which of them is the odd one.
inline constexpr std::size_t fewest_peers = 4;

struct GpuRate {
  std::string pod;
  std::string node;  // its name may come again in another pod
  std::string gpu;
  double rate = 0;
};

struct Outlier {
  enum class Level { gpu, node, pod };
  Level level = Level::gpu;
  std::string pod;
  std::string node;  // empty for a pod
  std::string gpu;   // empty for a pod or node
  double rate = 0;   // its own; the median of a node's GPUs, of a pod's nodes
  double peers = 0;  // the median of its peers
  double z = 0;      // robust standard deviations from there; negative: slower
};

/// GPUs are compared within their node, nodes within their pod, pods with each other, each by its median: so that a
/// slow pod is one outlier, and not all its nodes. The deviation is that of all GPUs (nodes, pods) from their own
/// medians, as that of one node's eight GPUs alone would be off by half; it is least_variation at least. Groups of
/// fewer than fewest_peers are left out. Pods first, then nodes, then GPUs, each in byte order. Throws Error(config)
/// on a rate that is not a finite number above 0, and on a GPU that comes twice.
std::vector<Outlier> find_outliers(std::span<const GpuRate> gpus);

std::string to_string(Outlier::Level level);

}  // namespace petaproof::judge

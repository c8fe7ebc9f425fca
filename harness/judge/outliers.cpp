#include "harness/judge/outliers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "harness/judge/robust.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

using Rates = std::map<std::string, double>;  // by name

double median_of(const Rates& rates) {
  std::vector<double> values;
  for (const auto& [name, rate] : rates) values.push_back(rate);
  return judge::median_of(values);
}

// Those that stand beside each other: the GPUs of a node, the nodes of a pod, or all pods.
struct Group {
  std::string pod, node;
  Rates members;
};

Outlier outlier(Outlier::Level level, const Group& group, const std::string& name) {
  switch (level) {
    case Outlier::Level::gpu: return {.level = level, .pod = group.pod, .node = group.node, .gpu = name};
    case Outlier::Level::node: return {.level = level, .pod = group.pod, .node = name, .gpu = {}};
    case Outlier::Level::pod: break;
  }
  return {.level = level, .pod = name, .node = {}, .gpu = {}};
}

// Deviations are fractions of the median, so that the groups of a level have one scale.
void flag(Outlier::Level level, const std::vector<Group>& groups, std::vector<Outlier>& found) {
  std::vector<double> deviations;
  for (const Group& group : groups) {
    if (group.members.size() < fewest_peers) continue;
    const double median = median_of(group.members);
    for (const auto& [name, rate] : group.members) deviations.push_back(rate / median - 1);
  }
  if (deviations.empty()) return;
  const double scale = robust_deviation(deviations);
  for (const Group& group : groups) {
    if (group.members.size() < fewest_peers) continue;
    const double median = median_of(group.members);
    for (const auto& [name, rate] : group.members) {
      Outlier one = outlier(level, group, name);
      one.rate = rate;
      one.peers = median;
      one.z = (rate / median - 1) / scale;
      if (std::abs(one.z) > outlier_z) found.push_back(one);
    }
  }
}

}  // namespace

std::vector<Outlier> find_outliers(std::span<const GpuRate> gpus) {
  std::map<std::string, std::map<std::string, Rates>> cluster;
  for (const GpuRate& one : gpus) {
    const auto where = [&] { return fmt::format("GPU '{}' of node '{}' in pod '{}'", one.gpu, one.node, one.pod); };
    if (!(one.rate > 0) || !std::isfinite(one.rate))
      throw Error(Domain::config,
                  fmt::format("{}: a rate of {}, but a finite number above 0 is needed", where(), one.rate));
    if (!cluster[one.pod][one.node].emplace(one.gpu, one.rate).second)
      throw Error(Domain::config, where() + ": is measured twice");
  }
  std::vector<Group> nodes, pods, all(1);
  for (const auto& [pod, members] : cluster) {
    Group& own = pods.emplace_back(Group{.pod = pod, .node = {}, .members = {}});
    for (const auto& [node, rates] : members) {
      nodes.push_back({.pod = pod, .node = node, .members = rates});
      own.members[node] = median_of(rates);
    }
    all.front().members[pod] = median_of(own.members);
  }
  std::vector<Outlier> found;
  flag(Outlier::Level::pod, all, found);
  flag(Outlier::Level::node, pods, found);
  flag(Outlier::Level::gpu, nodes, found);
  return found;
}

std::string to_string(Outlier::Level level) {
  switch (level) {
    case Outlier::Level::gpu: return "gpu";
    case Outlier::Level::node: return "node";
    case Outlier::Level::pod: break;
  }
  return "pod";
}

}  // namespace petaproof::judge

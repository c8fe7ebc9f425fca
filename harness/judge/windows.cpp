#include "harness/judge/windows.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace petaproof::judge {
namespace {

using Hosts = std::set<std::string>;

Hosts delivered_hosts(const SampleEvidence& sample) {
  Hosts hosts;
  for (const SampledPod& pod : sample.pods) hosts.insert(pod.delivered.begin(), pod.delivered.end());
  return hosts;
}

// Whether runs have different nodes of the draw.
bool are_jobs_of_one_draw(const Measurements& records, const Hosts& delivered) {
  const bool one_run = std::ranges::all_of(records, [&](auto* m) { return m->run_id == records.front()->run_id; });
  if (one_run) return false;
  std::map<std::string, Hosts> nodes_of;  // by run
  for (const Measurement* m : records)
    for (const NodeRate& node : m->per_node)
      if (delivered.contains(node.host)) nodes_of[m->run_id].insert(node.host);
  return std::ranges::any_of(nodes_of, [&](const auto& run) { return run.second != nodes_of.begin()->second; });
}

void keep_least(RatesByHost& rates, const std::string& host, double rate) {
  const auto [least, is_new] = rates.try_emplace(host, rate);
  if (!is_new) least->second = std::min(least->second, rate);
}

void add(Window& window, const NodeRate& node, std::int64_t gpus_per_node) {
  const double ran = static_cast<double>(node.gpus) / static_cast<double>(gpus_per_node);
  keep_least(window.pace, node.host, ran * node.rate_tflops);
  keep_least(window.lowest, node.host, ran * node.over_window_tflops.value_or(node.rate_tflops));
  double& high = window.highest.try_emplace(node.host, node.rate_tflops).first->second;
  high = std::max(high, node.rate_tflops);
}

void add_part(Window& window, const Measurement* m) {
  if (std::ranges::find(window.parts, m) != window.parts.end()) return;
  window.shortest_s = window.parts.empty() ? *m->duration_s : std::min(window.shortest_s, *m->duration_s);
  window.parts.push_back(m);
}

}  // namespace

Window window_of(const Measurement& m, std::int64_t gpus_per_node) {
  Window window;
  add_part(window, &m);
  for (const NodeRate& node : m.per_node) add(window, node, gpus_per_node);
  return window;
}

std::int64_t gpus_that_ran(const Measurements& records, const SampleEvidence& sample) {
  const Hosts delivered = delivered_hosts(sample);
  std::map<std::string, std::int64_t> most;  // by host
  for (const Measurement* m : records)
    for (const NodeRate& node : m->per_node) {
      if (!delivered.contains(node.host) || !(node.rate_tflops > 0)) continue;
      // where each GPU's rate is known, one of 0 did nothing
      const std::int64_t idle = std::ranges::count(node.gpu_tflops, 0.0);
      most[node.host] = std::max(most[node.host], node.gpus - idle);
    }
  std::int64_t all = 0;
  for (const auto& [host, gpus] : most) all += gpus;
  return all;
}

namespace {

// One node in one record.
struct Seen {
  const Measurement* record = nullptr;
  const NodeRate* node = nullptr;
};

// What each delivered node did in one case, in the records' order.
using ByNode = std::map<std::string, std::vector<Seen>>;

std::size_t count_windows(const ByNode& nodes, std::size_t delivered) {
  std::vector<std::size_t> counts;
  for (const auto& [host, seen] : nodes) counts.push_back(seen.size());
  std::ranges::sort(counts, std::greater<>());
  const auto enough = static_cast<std::size_t>(std::ceil(least_share_of_window * static_cast<double>(delivered)));
  return enough == 0 || counts.size() < enough ? 0 : counts[enough - 1];
}

void add_seen(Window& window, const Seen& seen, std::int64_t gpus_per_node) {
  add_part(window, seen.record);
  add(window, *seen.node, gpus_per_node);
}

std::vector<Window> windows_of_case(const ByNode& nodes, std::size_t count, std::int64_t gpus_per_node) {
  std::vector<Window> windows(count);
  for (const auto& [host, seen] : nodes)
    for (std::size_t i = 0; i < seen.size(); ++i)
      add_seen(windows[seen.size() <= count ? i : i * count / seen.size()], seen[i], gpus_per_node);
  return windows;
}

bool has_all_nodes(const Measurement& m, const Window& window) {
  Hosts hosts;
  for (const NodeRate& node : m.per_node) hosts.insert(node.host);
  return std::ranges::all_of(window.lowest, [&](const auto& node) { return hosts.contains(node.first); });
}

}  // namespace

Measurements records_of_draw(const Measurements& records, const SampleEvidence& sample) {
  const Hosts delivered = delivered_hosts(sample);
  Measurements result;
  std::ranges::copy_if(records, std::back_inserter(result), [&](const Measurement* m) {
    return std::ranges::any_of(m->per_node, [&](const NodeRate& node) { return delivered.contains(node.host); });
  });
  return result;
}

std::vector<Window> windows_of_draw(const Measurements& records, const SampleEvidence& sample,
                                    std::int64_t gpus_per_node) {
  std::vector<Window> windows;
  const Hosts delivered = delivered_hosts(sample);
  if (!records.empty() && are_jobs_of_one_draw(records, delivered)) {
    std::map<std::string, ByNode> cases;
    for (const Measurement* m : records)
      for (const NodeRate& node : m->per_node)
        if (delivered.contains(node.host)) cases[m->case_id][node.host].push_back({m, &node});
    std::vector<const ByNode*> left_over;
    for (const auto& [id, nodes] : cases) {
      const std::size_t count = count_windows(nodes, delivered.size());
      if (count == 0) {
        left_over.push_back(&nodes);
        continue;
      }
      for (Window& window : windows_of_case(nodes, count, gpus_per_node)) windows.push_back(std::move(window));
    }
    if (!windows.empty())
      for (const ByNode* nodes : left_over)
        for (const auto& [host, seen] : *nodes)
          for (const Seen& one : seen) add_seen(windows.front(), one, gpus_per_node);
    for (Window& window : windows)
      window.at_once = std::ranges::any_of(window.parts, [&](auto* part) { return has_all_nodes(*part, window); });
  }
  if (windows.empty())
    for (const Measurement* m : records) windows.push_back(window_of(*m, gpus_per_node));
  return windows;
}

}  // namespace petaproof::judge

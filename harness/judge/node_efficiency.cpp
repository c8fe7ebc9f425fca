#include "harness/judge/node_efficiency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/judge/metered_nodes.hpp"

namespace petaproof::judge {
namespace {

bool counts(const Measurement& m, const std::vector<SetAside>& set_aside) {
  return !m.per_node.empty() && std::ranges::none_of(set_aside, [&](const SetAside& aside) {
    return aside.run_id == m.run_id && aside.case_id == m.case_id;
  });
}

NodeNames hosts_of(const Measurement& m) {
  NodeNames hosts;
  for (const NodeRate& node : m.per_node) hosts.add(node.host);
  return hosts;
}

// A metered node that a measurement did not run on; null if it ran on all.
const MeteredNode* stranger(const std::vector<MeteredNode>& nodes, const NodeNames& hosts) {
  const auto found = std::ranges::find_if(nodes, [&](const MeteredNode& node) { return !hosts.find(node.name); });
  return found == nodes.end() ? nullptr : &*found;
}

// All that the metered nodes did over all that they drew.
MeasuredEfficiency efficiency_of(const Measurement& m, const std::vector<MeteredNode>& nodes) {
  const NodeNames hosts = hosts_of(m);
  double gpus = 0, tflops = 0, watts = 0;
  for (const MeteredNode& node : nodes) {
    const NodeRate& rate = m.per_node[*hosts.find(node.name)];
    gpus += static_cast<double>(rate.gpus);
    tflops += rate.rate_tflops * static_cast<double>(rate.gpus);
    watts += node.watts;
  }
  return {m.run_id,      m.case_id,   m.hardware_id,
          m.precision,   m.emulation, static_cast<std::int64_t>(nodes.size()),
          tflops / gpus, watts / gpus};
}

}  // namespace

NodeEfficiency node_efficiency(const Evidence& evidence, const std::vector<SetAside>& set_aside) {
  NodeEfficiency result;
  const std::vector<MeteredNode> nodes = metered_nodes(evidence);
  if (nodes.empty()) return result;
  std::map<std::tuple<std::string, Precision, Emulation>, const Measurement*> best;
  for (const Measurement& m : evidence.measurements) {
    if (!counts(m, set_aside)) continue;
    if (const MeteredNode* other = stranger(nodes, hosts_of(m))) {
      std::string why = fmt::format("{} was metered, and is no host of run {}", other->name, m.run_id);
      if (std::ranges::find(result.why_not, why) == result.why_not.end()) result.why_not.push_back(std::move(why));
      continue;
    }
    const Measurement*& first = best[{m.hardware_id, m.precision, m.emulation}];
    if (first == nullptr || is_better(m, *first)) first = &m;
  }
  for (const auto& [what, m] : best) result.measured.push_back(efficiency_of(*m, nodes));
  return result;
}

}  // namespace petaproof::judge

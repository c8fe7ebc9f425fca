#include "harness/judge/metered_nodes.hpp"

#include <algorithm>
#include <cmath>

#include "harness/record/node_name.hpp"

namespace petaproof::judge {
namespace {

std::string key_of(std::string_view name) {
  return short_name(normalised_name(name));
}

void add_duration(const MeteredPower& meter, MeteredNode& node) {
  if (meter.longest_gap_s <= longest_gap_s)
    node.seconds = std::max(node.seconds, meter.seconds);
  else
    node.gap_s = std::max(node.gap_s, meter.longest_gap_s);
}

}  // namespace

NodeNames::NodeNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) add(name);
}

void NodeNames::add(const std::string& name) {
  by_short_name_[key_of(name)].push_back(names_.size());
  names_.push_back(name);
}

std::optional<std::size_t> NodeNames::find(std::string_view name) const {
  const auto alike = by_short_name_.find(key_of(name));
  if (alike == by_short_name_.end()) return std::nullopt;
  for (const std::size_t i : alike->second)
    if (same_node(names_[i], name)) return i;
  return std::nullopt;
}

namespace {

std::vector<MeteredNode> gathered(const Evidence& evidence, bool racks) {
  std::vector<MeteredNode> nodes;
  std::vector<double> readings;
  NodeNames names;
  for (const MeteredPower& meter : evidence.power) {
    if (meter.rack != racks) continue;
    const std::size_t at = names.find(meter.of).value_or(nodes.size());
    if (at == nodes.size()) {
      names.add(meter.of);
      nodes.push_back({.name = meter.of});
      readings.push_back(0);
    }
    const double more = std::max<double>(1, static_cast<double>(meter.samples));
    readings[at] += more;
    nodes[at].watts += (meter.mean_watts - nodes[at].watts) * more / readings[at];
    add_duration(meter, nodes[at]);
  }
  for (MeteredNode& node : nodes)
    if (node.seconds > 0) node.gap_s = 0;
  return nodes;
}

}  // namespace

std::vector<MeteredNode> metered_nodes(const Evidence& evidence) {
  return gathered(evidence, false);
}

std::vector<MeteredNode> metered_racks(const Evidence& evidence) {
  return gathered(evidence, true);
}

NodeLoad load_of(const std::vector<MeteredNode>& nodes) {
  NodeLoad load{.nodes = static_cast<std::int64_t>(nodes.size())};
  if (nodes.empty()) return load;
  const double count = static_cast<double>(nodes.size());
  for (const MeteredNode& node : nodes) load.watts += node.watts / count;
  load.seconds = std::ranges::min(nodes, {}, &MeteredNode::seconds).seconds;
  load.gap_s = std::ranges::max(nodes, {}, &MeteredNode::gap_s).gap_s;
  double squares = 0;
  for (const MeteredNode& node : nodes) squares += std::pow(node.watts - load.watts, 2);
  if (nodes.size() > 1) load.variation = std::sqrt(squares / (count - 1)) / load.watts;
  return load;
}

}  // namespace petaproof::judge

#include "harness/judge/metered_nodes.hpp"

#include <algorithm>
#include <cmath>

#include "harness/record/node_name.hpp"

namespace petaproof::judge {
namespace {

std::string key_of(std::string_view name) {
  return short_name(normalised_name(name));
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

std::vector<MeteredNode> metered_nodes(const Evidence& evidence) {
  std::vector<MeteredNode> nodes;
  std::vector<double> readings;
  NodeNames names;
  for (const MeteredPower& meter : evidence.power) {
    if (meter.rack) continue;
    const std::size_t at = names.find(meter.of).value_or(nodes.size());
    if (at == nodes.size()) {
      names.add(meter.of);
      nodes.push_back({meter.of, 0, 0});
      readings.push_back(0);
    }
    const double more = std::max<double>(1, static_cast<double>(meter.samples));
    readings[at] += more;
    nodes[at].watts += (meter.mean_watts - nodes[at].watts) * more / readings[at];
    nodes[at].seconds = std::max(nodes[at].seconds, meter.seconds);
  }
  return nodes;
}

NodeLoad load_of(const std::vector<MeteredNode>& nodes) {
  NodeLoad load{.nodes = static_cast<std::int64_t>(nodes.size())};
  if (nodes.empty()) return load;
  const double count = static_cast<double>(nodes.size());
  for (const MeteredNode& node : nodes) load.watts += node.watts / count;
  load.seconds = std::ranges::min(nodes, {}, &MeteredNode::seconds).seconds;
  double squares = 0;
  for (const MeteredNode& node : nodes) squares += std::pow(node.watts - load.watts, 2);
  if (nodes.size() > 1) load.variation = std::sqrt(squares / (count - 1)) / load.watts;
  return load;
}

}  // namespace petaproof::judge

#include "harness/sample/listed_nodes.hpp"

#include <set>

#include "harness/record/node_name.hpp"

namespace petaproof::sample {

ListedNodes::ListedNodes(const NodeList& list) : list_(list) {
  for (std::size_t i = 0; i < list.nodes.size(); ++i) by_name_[short_name(list.nodes[i].name)] = i;
}

std::optional<std::size_t> ListedNodes::position_of(const std::string& host) const {
  const auto found = by_name_.find(short_name(normalised_name(host)));
  if (found == by_name_.end() || !same_node(list_.nodes[found->second].name, host)) return std::nullopt;
  return found->second;
}

MeasuredPositions measured_positions(const NodeList& list, const std::vector<std::string>& hosts) {
  const ListedNodes listed(list);
  std::set<std::size_t> positions;
  std::set<std::string> strangers;
  for (const std::string& host : hosts) {
    if (const auto position = listed.position_of(host))
      positions.insert(*position);
    else
      strangers.insert(host);
  }
  return {{positions.begin(), positions.end()}, {strangers.begin(), strangers.end()}};
}

}  // namespace petaproof::sample

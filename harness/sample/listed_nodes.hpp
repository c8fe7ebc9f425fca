// Which node of a list a host is that was measured, by its name alone.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/sample/node_list.hpp"

namespace petaproof::sample {

/// Looks names up in a list, each in constant time. `list` must outlive this.
class ListedNodes {
 public:
  explicit ListedNodes(const NodeList& list);

  /// The position in list.nodes; nothing for a host that is not in the list (node_name.hpp says which names are one).
  std::optional<std::size_t> position_of(const std::string& host) const;

 private:
  const NodeList& list_;
  std::unordered_map<std::string, std::size_t> by_name_;  // short names: no two nodes of a list share one
};

/// For a run without a draw: which nodes of the list it has.
struct MeasuredPositions {
  std::vector<std::size_t> positions;  // in list.nodes, ascending, each once
  std::vector<std::string> strangers;  // hosts that are not in the list, in byte order
};

/// `hosts` as records have them, repeated or not.
MeasuredPositions measured_positions(const NodeList& list, const std::vector<std::string>& hosts);

}  // namespace petaproof::sample

// The nodes and racks that meters were read of, each once, however many files speak of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/judge/evidence.hpp"

namespace petaproof::judge {

/// Names of nodes. Two are one node's as in a node list: up to case, and to a domain that one of them lacks.
class NodeNames {
 public:
  NodeNames() = default;
  explicit NodeNames(const std::vector<std::string>& names);

  void add(const std::string& name);
  /// The position, in the order of adding, of the first that is this node's.
  std::optional<std::size_t> find(std::string_view name) const;

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_short_name_;  // two domains may share one
};

/// Readings further apart than this are no log of a load: a mean of two, a week apart, says nothing of what lies
/// between. Polls of once a minute pass, with one of them missed.
inline constexpr double longest_gap_s = 120;

struct MeteredNode {
  std::string name;    // as the first of its files has it
  double watts = 0;    // mean over the time of its logs; of those without such a gap alone, where there are any
  double seconds = 0;  // the longest that one of its files spans without such a gap; 0: none, or not known
  double gap_s = 0;    // the longest, where `seconds` is 0 because of it
};

/// In the order of the evidence; racks are none. Time that several logs of one node cover counts once, with the mean
/// of them; readings of no known duration count where nothing else is.
std::vector<MeteredNode> metered_nodes(const Evidence& evidence);
/// Likewise, of racks alone.
std::vector<MeteredNode> metered_racks(const Evidence& evidence);

/// The mean over nodes, and how much they vary.
struct NodeLoad {
  std::int64_t nodes = 0;
  double watts = 0;
  double variation = 0;  // stdev / mean; 0 for a single node, of which margin_of() makes nothing
  double seconds = 0;    // of the node that was metered for the shortest time; 0: of one it is not known
  double gap_s = 0;      // the longest that makes it 0
};

NodeLoad load_of(const std::vector<MeteredNode>& nodes);

}  // namespace petaproof::judge

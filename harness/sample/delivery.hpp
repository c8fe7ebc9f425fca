// What became of a draw: which of its nodes were measured, which were not, and which were measured in their place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sample/draw.hpp"
#include "harness/sample/measured_nodes.hpp"

namespace petaproof::sample {

/// Of the nodes drawn, so many must be delivered; below that the provider, who left some out, has chosen the rest.
inline constexpr int least_percent_delivered = 95;

struct DeliveredNode {
  std::string name;  // as the list has it
  std::string host;  // as it calls itself
  std::int64_t cases = 0;
  std::int64_t passed = 0;
};

struct MissingNode {
  std::string name;
  std::string why;
};

struct Delivery {
  std::vector<DeliveredNode> delivered;  // in the list's order, as all of these
  std::vector<MissingNode> missing;      // counted as failed nodes
  std::vector<MissingNode> set_aside;    // measured, but not drawn: they count for nothing
  std::vector<PodCount> pods;            // sampled: delivered
  Selection selection = Selection::random;
  Level level;
  bool block = false;  // judge::Contiguity; looked for where no committed draw chose the nodes
  std::vector<std::string> notes;

  std::int64_t drawn() const { return static_cast<std::int64_t>(delivered.size() + missing.size()); }
  bool complete() const { return missing.empty(); }
  bool capped() const { return selection == Selection::provider_chosen; }
};

Delivery check_delivery(const Draw& draw, const std::vector<MeasuredRun>& runs);

}  // namespace petaproof::sample

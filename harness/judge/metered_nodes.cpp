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

namespace {

using Meters = std::vector<const MeteredPower*>;

struct WeightedMean {
  double value = 0;
  double weight = 0;

  void add(double one, double its_weight) {
    if (!(its_weight > 0)) return;
    weight += its_weight;
    value += (one - value) * its_weight / weight;
  }
};

// Where a log begins or ends.
struct Edge {
  std::int64_t time_ns = 0;
  double watts = 0;  // what the logs that go on have more from here on, in sum
  int logs = 0;
};

// Time that several logs cover counts once: a minute at the peak would else weigh as often as it is handed in.
void add_logs(std::vector<Edge> edges, WeightedMean& mean) {
  std::ranges::sort(edges, {}, &Edge::time_ns);
  double watts = 0;
  int logs = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (logs > 0) mean.add(watts / logs, static_cast<double>(edges[i].time_ns - edges[i - 1].time_ns) * 1e-9);
    logs += edges[i].logs;
    watts = logs == 0 ? 0 : watts + edges[i].watts;
  }
}

// Over time: a log weighs what it spans, and an average that a meter gave its interval.
double mean_over_time(const Meters& meters) {
  WeightedMean mean;
  std::vector<Edge> edges;
  for (const MeteredPower* meter : meters) {
    if (!meter->begin_ns) {
      mean.add(meter->mean_watts, meter->seconds);
      continue;
    }
    edges.push_back({*meter->begin_ns, meter->mean_watts, 1});
    edges.push_back({*meter->begin_ns + std::llround(meter->seconds * 1e9), -meter->mean_watts, -1});
  }
  add_logs(std::move(edges), mean);
  return mean.value;
}

double mean_over_readings(const Meters& meters) {
  WeightedMean mean;
  for (const MeteredPower* meter : meters)
    mean.add(meter->mean_watts, std::max<double>(1, static_cast<double>(meter->samples)));
  return mean.value;
}

// A log with gaps does not say what lies in them, and is no part of the mean of one without.
MeteredNode node_of(const std::string& name, const Meters& meters) {
  MeteredNode node{.name = name};
  Meters whole, gappy;
  for (const MeteredPower* meter : meters) {
    const bool has_gap = meter->longest_gap_s > longest_gap_s;
    if (meter->seconds > 0) (has_gap ? gappy : whole).push_back(meter);
    double& longest = has_gap ? node.gap_s : node.seconds;
    longest = std::max(longest, has_gap ? meter->longest_gap_s : meter->seconds);
  }
  if (!whole.empty())
    node.watts = mean_over_time(whole);
  else
    node.watts = gappy.empty() ? mean_over_readings(meters) : mean_over_time(gappy);
  if (node.seconds > 0) node.gap_s = 0;
  return node;
}

std::vector<MeteredNode> gathered(const Evidence& evidence, bool racks) {
  std::vector<Meters> meters;
  NodeNames names;
  for (const MeteredPower& meter : evidence.power) {
    if (meter.rack != racks) continue;
    const std::size_t at = names.find(meter.of).value_or(meters.size());
    if (at == meters.size()) {
      names.add(meter.of);
      meters.emplace_back();
    }
    meters[at].push_back(&meter);
  }
  std::vector<MeteredNode> nodes;
  nodes.reserve(meters.size());
  for (const Meters& of_one : meters) nodes.push_back(node_of(of_one.front()->of, of_one));
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

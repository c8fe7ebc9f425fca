#include "harness/sample/delivery.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/judge/contiguity.hpp"
#include "harness/record/node_name.hpp"
#include "harness/sample/listed_nodes.hpp"

namespace petaproof::sample {
namespace {

// What runs say of one node.
struct Seen {
  std::vector<std::string> hosts;  // names by which it went; those of one node agree
  std::set<std::string> uuids;
  std::int64_t cases = 0, passed = 0;
};

class Checker {
 public:
  Checker(const Draw& draw, const std::vector<MeasuredRun>& runs) : draw_(draw), listed_(draw.list) {
    for (const MeasuredRun& run : runs) add(run);
  }

  Delivery check() {
    for (const std::size_t node : draw_.drawn) judge_node(node);
    set_aside();
    const auto delivered = static_cast<std::int64_t>(result_.delivered.size());
    const bool enough = 100 * delivered >= least_percent_delivered * result_.drawn();
    result_.selection = enough ? draw_.selection() : Selection::provider_chosen;
    note_block();
    count_pods();
    result_.level = level_of(result_.pods, result_.selection);
    return std::move(result_);
  }

 private:
  void add(const MeasuredRun& run) {
    note(run);
    for (const MeasuredRank& rank : run.ranks) {
      const auto node = listed_.position_of(rank.host);
      if (!node) {
        strangers_.insert(rank.host);
        continue;
      }
      Seen& seen = seen_[*node];
      if (std::ranges::find(seen.hosts, rank.host) == seen.hosts.end()) seen.hosts.push_back(rank.host);
      if (!rank.uuid.empty()) seen.uuids.insert(rank.uuid);
      seen.cases += rank.cases;
      seen.passed += rank.passed;
    }
  }

  void note(const MeasuredRun& run) {
    const auto add_note = [&](const std::string& text) {
      result_.notes.push_back(fmt::format("{} (run {}): {}", run.folder, run.run_id, text));
    };
    if (run.backend == "host") add_note("measured CPUs (backend host): no evidence about a GPU");
    if (run.gpu_shared) add_note("ranks shared GPUs: supports no reading");
    if (run.corrupted) add_note("was corrupted on request (run --corrupt)");
    for (const std::string& damage : run.damage) add_note("damaged: " + damage);
  }

  void judge_node(std::size_t node) {
    const std::string& name = draw_.list.nodes[node].name;
    const auto found = seen_.find(node);
    const std::string why = found == seen_.end() ? "no run has it" : why_missing(found->second);
    if (!why.empty()) {
      result_.missing.push_back({name, why});
      return;
    }
    const Seen& seen = found->second;
    if (seen.hosts.size() > 1)
      result_.notes.push_back(fmt::format("{} calls itself {}", name, fmt::join(seen.hosts, " and ")));
    for (const std::string& uuid : seen.uuids) owners_.emplace(uuid, name);
    result_.delivered.push_back({name, seen.hosts.front(), seen.cases, seen.passed});
  }

  std::string why_missing(const Seen& seen) const {
    for (const std::string& host : seen.hosts)
      if (!same_node(host, seen.hosts.front()))
        return fmt::format("two hosts answer to this name, {} and {}", seen.hosts.front(), host);
    if (seen.cases == 0) return "it took part in a run, but no case ended on it";
    for (const std::string& uuid : seen.uuids)
      if (const auto owner = owners_.find(uuid); owner != owners_.end())
        return fmt::format("its GPU {} is that of {}: one node under two names", uuid, owner->second);
    return {};
  }

  void set_aside() {
    const std::set<std::size_t> drawn(draw_.drawn.begin(), draw_.drawn.end());
    for (const auto& [node, seen] : seen_)
      if (!drawn.contains(node)) result_.set_aside.push_back({draw_.list.nodes[node].name, "not drawn"});
    for (const std::string& host : strangers_) result_.set_aside.push_back({shown(host), "not in the list"});
  }

  // What a scheduler hands out by itself; a committed draw has no need of it.
  void note_block() {
    if (result_.selection == Selection::random || result_.selection == Selection::all || seen_.empty()) return;
    std::vector<std::int64_t> positions;
    for (const auto& [node, seen] : seen_) positions.push_back(static_cast<std::int64_t>(node));
    const auto nodes = static_cast<std::int64_t>(draw_.list.nodes.size());
    const judge::Contiguity contiguity = judge::contiguity_of(positions, nodes);
    result_.block = contiguity.block();
    if (!result_.block) return;
    result_.notes.push_back(fmt::format(
        "the measured nodes are a contiguous block, which knows less of the cluster than a random draw: {} "
        "nodes within {} places of a list of {}, in {} row{} where a draw has about {:.0f} (p = {:.1g})",
        positions.size(), contiguity.span, nodes, contiguity.runs, contiguity.runs == 1 ? "" : "s",
        contiguity.expected_runs, contiguity.p_value));
  }

  void count_pods() {
    std::set<std::string> delivered;
    for (const DeliveredNode& one : result_.delivered) delivered.insert(one.name);
    for (const auto& [pod, nodes] : draw_.list.pods()) {
      PodCount count{pod, static_cast<std::int64_t>(nodes.size()), 0};
      for (const std::size_t node : nodes) count.sampled += delivered.contains(draw_.list.nodes[node].name) ? 1 : 0;
      result_.pods.push_back(count);
    }
  }

  const Draw& draw_;
  Delivery result_;
  ListedNodes listed_;
  std::map<std::size_t, Seen> seen_;  // by node of the list
  std::set<std::string> strangers_;
  std::map<std::string, std::string> owners_;  // of GPUs by UUID
};

}  // namespace

Delivery check_delivery(const Draw& draw, const std::vector<MeasuredRun>& runs) {
  return Checker(draw, runs).check();
}

}  // namespace petaproof::sample

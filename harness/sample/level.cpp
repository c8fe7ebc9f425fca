#include "harness/sample/level.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/sample_size.hpp"

namespace petaproof::sample {
namespace {

struct Totals {
  std::int64_t nodes = 0, sampled = 0, untouched = 0, lone = 0;
};

Totals totals_of(const std::vector<PodCount>& pods) {
  Totals totals;
  for (const PodCount& pod : pods) {
    totals.nodes += pod.nodes;
    totals.sampled += pod.sampled;
    if (pod.sampled == 0) ++totals.untouched;
    if (pod.sampled == 1 && pod.nodes > 1) ++totals.lone;
  }
  return totals;
}

void need_nodes(std::int64_t needed, const Totals& totals, std::vector<std::string>& lacks) {
  if (totals.sampled < needed)
    lacks.push_back(fmt::format("{} more node{} ({} of {})", needed - totals.sampled,
                                needed - totals.sampled == 1 ? "" : "s", needed, totals.nodes));
}

std::vector<std::string> lacks_of_sample(const std::vector<PodCount>& pods, const Totals& totals,
                                         Selection selection) {
  std::vector<std::string> lacks;
  if (pods.size() == 1 && pods.front().pod.empty())
    lacks.push_back("the pod of each node, in the list: every pod must be in the sample (a single pod is one too)");
  if (totals.untouched > 0) lacks.push_back(fmt::format("{} of {} pods", totals.untouched, pods.size()));
  if (totals.lone > 0) lacks.push_back(fmt::format("a second node in {} pods", totals.lone));
  if (selection == Selection::uncommitted)
    lacks.push_back("the list's hash before the seed: give it with --expect-hash");
  if (selection == Selection::provider_chosen) lacks.push_back("nodes that the provider did not choose");
  return lacks;
}

}  // namespace

std::string to_string(Selection selection) {
  switch (selection) {
    case Selection::all: return "all";
    case Selection::random: return "random";
    case Selection::uncommitted: return "uncommitted";
    case Selection::provider_chosen: return "provider_chosen";
  }
  return {};
}

Level level_of(const std::vector<PodCount>& pods, Selection selection) {
  const Totals totals = totals_of(pods);
  Level level;
  need_nodes((99 * totals.nodes + 99) / 100, totals, level.lacks['A']);
  level.lacks['B'] = level.lacks['C'] = lacks_of_sample(pods, totals, selection);
  need_nodes(judge::fewest_nodes_level_b(totals.nodes), totals, level.lacks['B']);
  need_nodes(judge::fewest_nodes(totals.nodes), totals, level.lacks['C']);
  for (const char candidate : {'C', 'B', 'A'})
    if (level.lacks[candidate].empty()) level.reach = candidate;
  return level;
}

}  // namespace petaproof::sample

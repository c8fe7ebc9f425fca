#include "harness/judge/inventory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// GPUs of the model by host, by whichever census saw most of them there: the GPUs of two runs may be the same ones.
std::map<std::string, std::int64_t> gpus_by_host(const Evidence& evidence, const std::string& hardware_id) {
  std::map<std::string, std::int64_t> gpus;
  for (const Census& census : evidence.censuses)
    if (census.hardware_id == hardware_id)
      for (const auto& [host, count] : census.gpus_on) gpus[host] = std::max(gpus[host], count);
  return gpus;
}

// The number that all delivered nodes have; 0 where they differ, or one has none.
std::int64_t gpus_of_every_node(const SampleEvidence& sample, const std::map<std::string, std::int64_t>& gpus) {
  std::int64_t each = 0;
  for (const SampledPod& pod : sample.pods)
    for (const std::string& host : pod.delivered) {
      const auto found = gpus.find(host);
      if (found == gpus.end() || (each != 0 && found->second != each)) return 0;
      each = found->second;
    }
  return each;
}

bool is_random(const SampleEvidence& sample) {
  const bool chosen_by_chance = sample.selection == "random" || sample.selection == "all";
  return chosen_by_chance && sample.reach != 'D' && sample.missing == 0;
}

}  // namespace

std::optional<Inventory> sampled_inventory(const Evidence& evidence, const std::string& hardware_id) {
  if (!evidence.sample || !is_random(*evidence.sample)) return std::nullopt;
  const SampleEvidence& sample = *evidence.sample;
  Inventory inventory;
  inventory.gpus_per_node = gpus_of_every_node(sample, gpus_by_host(evidence, hardware_id));
  if (inventory.gpus_per_node == 0) return std::nullopt;

  std::vector<SampledShare> shares;
  for (const SampledPod& pod : sample.pods)
    shares.push_back({pod.nodes, static_cast<std::int64_t>(pod.delivered.size())});
  const std::int64_t unseen = unseen_bad_nodes(shares);
  const std::int64_t whole = sample.cluster_nodes - unseen;
  inventory.gpus_at_least = whole * inventory.gpus_per_node;
  inventory.gpus_at_most = sample.cluster_nodes * inventory.gpus_per_node;
  inventory.level = std::max(sample.reach, 'B');
  inventory.basis = fmt::format("{} of {} nodes drawn at random, each with {} {}", shown_count(sample.drawn),
                                shown_count(sample.cluster_nodes), inventory.gpus_per_node, hardware_id);
  inventory.said = fmt::format("{}: the list has {} or more of them (95 %)", inventory.basis,
                               shown_count(inventory.gpus_at_least));
  inventory.qualifier =
      fmt::format("projected from {} of {} nodes, level {}{}", shown_count(sample.drawn),
                  shown_count(sample.cluster_nodes), inventory.level, inventory.level == 'C' ? ", weak" : "");
  inventory.steps = {{"nodes not seen",
                      fmt::format("of {} nodes {} may fall short although none of {} drawn does (95 %)",
                                  shown_count(sample.cluster_nodes), shown_count(unseen), shown_count(sample.drawn)),
                      fmt::format("{} whole nodes", shown_count(whole))},
                     {"GPUs at least", fmt::format("x {} GPUs of each node drawn", inventory.gpus_per_node),
                      fmt::format("{} GPUs", shown_count(inventory.gpus_at_least))}};
  return inventory;
}

}  // namespace petaproof::judge

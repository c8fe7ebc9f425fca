#include "harness/sample/census.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "harness/record/node_name.hpp"
#include "harness/sample/listed_nodes.hpp"

namespace petaproof::sample {
namespace {

// Names are other machines' bytes; a node may call itself by its full name in one run and by its short one in
// another.
std::string host_in(const std::vector<std::string>& known, const std::string& name) {
  for (const std::string& host : known)
    if (same_node(host, name)) return host;
  return {};
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(text);
}

template <typename Value>
void keep_least(std::optional<Value>& known, const std::optional<Value>& seen) {
  if (seen) known = std::min(known.value_or(*seen), *seen);
}

class Taker {
 public:
  explicit Taker(const judge::HardwareDatabase& hardware) : hardware_(hardware) {}

  Census take(const std::vector<MeasuredRun>& runs) {
    for (const MeasuredRun& run : runs) add_run(run);
    census_.gpus.reserve(gpus_.size());
    for (auto& [uuid, gpu] : gpus_) census_.gpus.push_back(std::move(gpu));
    std::ranges::sort(census_.gpus, {}, &CensusGpu::uuid);
    choose_counted();
    count_models();
    count_per_node();
    census_.findings = find_irregularities(census_, hardware_);
    return std::move(census_);
  }

 private:
  using InSlot = std::unordered_map<std::string, std::string>;  // UUID by slot, in one run

  void add_run(const MeasuredRun& run) {
    census_.run_ids.push_back(run.run_id);
    std::unordered_set<std::string_view> seen;
    InSlot in_slot;
    gpus_.reserve(gpus_.size() + run.ranks.size());
    for (const MeasuredRank& rank : run.ranks) {
      ++census_.ranks;
      const std::string& host = known_host(rank.host);
      if (rank.uuid.empty()) {
        census_.without_uuid.push_back(fmt::format("{} rank {} ({})", shown(rank.host), rank.rank,
                                                   rank.device.empty() ? "no device" : shown(rank.device)));
        continue;
      }
      CensusGpu& gpu = gpus_[rank.uuid];
      add_rank(rank, host, gpu);
      gpu.shared = gpu.shared || !seen.insert(rank.uuid).second;
      gpu.usable = gpu.usable || (run.may_support_a_claim() && rank.cases > 0);
      if (rank.gpu.pci_bus_id) note_slot(host + " " + shown(*rank.gpu.pci_bus_id), gpu, in_slot);
    }
  }

  // At one time there is one GPU in a slot; between runs it may have been exchanged.
  void note_slot(const std::string& slot, CensusGpu& gpu, InSlot& in_slot) {
    add_once(gpu.slots, slot);
    const auto [first, is_new] = in_slot.emplace(slot, gpu.uuid);
    if (!is_new && first->second != gpu.uuid) same_slot_[gpu.uuid].push_back(first->second);
  }

  // Ranks come node by node, so that most ask for the name that the one before them asked for.
  const std::string& known_host(const std::string& name) {
    if (last_host_.first != name || name.empty()) last_host_ = {name, host_of(name)};
    return last_host_.second;
  }

  std::string host_of(const std::string& name) {
    const std::string key = short_name(normalised_name(name));
    std::vector<std::string>& alike = hosts_[key];
    std::string host = host_in(alike, name);
    if (host.empty()) {
      host = name;
      alike.push_back(name);
      census_.hosts.push_back(name);
    }
    return host;
  }

  static void add_rank(const MeasuredRank& rank, const std::string& host, CensusGpu& gpu) {
    gpu.uuid = rank.uuid;
    gpu.model = rank.device;
    gpu.mig = gpu.mig || rank.mig;
    add_once(gpu.hosts, host);
    if (rank.gpu.serial) add_once(gpu.serials, *rank.gpu.serial);
    if (!gpu.identity.reason.empty()) gpu.identity = rank.gpu;
    keep_least(gpu.identity.ecc, rank.gpu.ecc);  // off is less than on
    keep_least(gpu.identity.max_sm_clock_megahertz, rank.gpu.max_sm_clock_megahertz);
    keep_least(gpu.power_limit_watts, rank.power_limit_watts);
    if (!rank.power_limit_watts) gpu.power_limit_reason = rank.power_limit_reason;
  }

  // Those that are no whole GPU first: a GPU that was cut into slices in one run may be whole in the next.
  void choose_counted() {
    for (CensusGpu& gpu : census_.gpus) gpu.not_counted = why_no_gpu(gpu);
    std::unordered_map<std::string_view, const CensusGpu*> by_serial;
    std::unordered_set<std::string_view> counted;
    for (CensusGpu& gpu : census_.gpus) {
      if (!gpu.not_counted.empty()) continue;
      if (const auto slot = same_slot_.find(gpu.uuid); slot != same_slot_.end())
        for (const std::string& other : slot->second)
          if (counted.contains(other)) count_as(other, "PCI slot", gpu);
      if (gpu.not_counted.empty() && !gpu.serials.empty()) {
        const auto [first, is_new] = by_serial.emplace(gpu.serials.front(), &gpu);
        if (!is_new && !neighbours_on_a_board(*first->second, gpu))
          count_as(first->second->uuid, "serial number", gpu);
      }
      if (gpu.not_counted.empty()) counted.insert(gpu.uuid);
    }
  }

  static std::string why_no_gpu(const CensusGpu& gpu) {
    if (gpu.mig) return "a MIG slice, or a GPU in MIG mode";
    if (gpu.hosts.size() > 1) return "on several nodes";
    if (gpu.serials.size() > 1) return "several serial numbers";
    return {};
  }

  static void count_as(const std::string& other, const char* what, CensusGpu& gpu) {
    gpu.twin = other;
    gpu.not_counted = fmt::format("the {} of {}", what, other);
  }

  // The number is the board's: where the driver says that a board holds several GPUs, they share it.
  static bool neighbours_on_a_board(const CensusGpu& a, const CensusGpu& b) {
    return a.identity.multi_gpu_board.value_or(false) && b.identity.multi_gpu_board.value_or(false) &&
           a.hosts == b.hosts && !a.slots.empty() && !b.slots.empty() && a.slots != b.slots;
  }

  void count_models() {
    std::map<std::string, std::vector<double>> limits;
    std::map<std::string, std::int64_t> counts;
    for (const CensusGpu& gpu : census_.gpus) {
      if (!gpu.not_counted.empty()) continue;
      ++counts[gpu.model];
      if (gpu.power_limit_watts) limits[gpu.model].push_back(*gpu.power_limit_watts);
    }
    for (const auto& [model, count] : counts) census_.models.push_back({model, count, most_frequent(limits[model])});
  }

  void count_per_node() {
    for (const std::string& host : census_.hosts) census_.gpus_on[host] = 0;
    for (const CensusGpu& gpu : census_.gpus)
      if (gpu.not_counted.empty()) ++census_.gpus_on[gpu.hosts.front()];
    std::vector<std::int64_t> counts;
    for (const auto& [host, count] : census_.gpus_on) counts.push_back(count);
    census_.usual_gpus_per_node = most_frequent(counts).value_or(0);
  }

  const judge::HardwareDatabase& hardware_;
  Census census_;
  std::unordered_map<std::string, CensusGpu> gpus_;
  std::pair<std::string, std::string> last_host_;              // a name, and its known_host()
  std::map<std::string, std::vector<std::string>> same_slot_;  // by UUID: others in its slot, in one run
  std::map<std::string, std::vector<std::string>> hosts_;      // by short name
};

}  // namespace

const std::vector<std::string>& Census::missing() {
  static const std::vector<std::string> names{"base clocks"};  // NVML has no function for them
  return names;
}

std::int64_t Census::counted() const {
  std::int64_t total = 0;
  for (const ModelCount& one : models) total += one.gpus;
  return total;
}

Census take_census(const std::vector<MeasuredRun>& runs, const judge::HardwareDatabase& hardware) {
  return Taker(hardware).take(runs);
}

std::vector<PodGpus> gpus_by_pod(const Census& census, const NodeList& list) {
  const ListedNodes listed(list);
  std::map<std::string, PodGpus> pods;
  for (const Node& node : list.nodes) {
    pods[node.pod].pod = node.pod;
    ++pods[node.pod].nodes;
  }
  PodGpus strangers{.pod = "(not in the list)"};
  for (const auto& [host, gpus] : census.gpus_on) {
    const auto position = listed.position_of(host);
    PodGpus& pod = position ? pods.at(list.nodes[*position].pod) : strangers;
    ++pod.answered;
    pod.gpus += gpus;
  }
  std::vector<PodGpus> result;
  for (auto& [name, pod] : pods) result.push_back(std::move(pod));
  if (strangers.answered > 0) result.push_back(strangers);
  return result;
}

}  // namespace petaproof::sample

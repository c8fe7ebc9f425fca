#include "harness/sample/census.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/sample/host_range.hpp"
#include "harness/sample/node_name.hpp"

namespace petaproof::sample {
namespace {

// Names are other machines' bytes; a node may call itself by its full name in one run and by its short one in
// another.
std::string host_in(const std::vector<std::string>& known, const std::string& name) {
  for (const std::string& host : known)
    if (same_node(host, name)) return host;
  return {};
}

template <typename Value>
std::optional<Value> most_frequent(const std::vector<Value>& values) {
  std::map<Value, std::int64_t> counts;
  for (const Value& value : values) ++counts[value];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; });
  return most == counts.end() ? std::nullopt : std::optional(most->first);
}

class Taker {
 public:
  Census take(const std::vector<MeasuredRun>& runs) {
    for (const MeasuredRun& run : runs) add_run(run);
    for (auto& [uuid, gpu] : gpus_) census_.gpus.push_back(std::move(gpu));
    count_models();
    count_per_node();
    find_doubles();
    find_limits();
    find_nodes();
    return std::move(census_);
  }

 private:
  void add_run(const MeasuredRun& run) {
    ++census_.runs;
    std::set<std::string> seen;
    for (const MeasuredRank& rank : run.ranks) {
      ++census_.ranks;
      const std::string host = known_host(rank.host);
      if (rank.uuid.empty()) {
        census_.without_uuid.push_back(fmt::format("{} rank {} ({})", shown(rank.host), rank.rank,
                                                   rank.device.empty() ? "no device" : shown(rank.device)));
        continue;
      }
      add_gpu(rank, host, !seen.insert(rank.uuid).second);
    }
  }

  std::string known_host(const std::string& name) {
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

  void add_gpu(const MeasuredRank& rank, const std::string& host, bool shared) {
    CensusGpu& gpu = gpus_[rank.uuid];
    gpu.uuid = rank.uuid;
    gpu.model = rank.device;
    gpu.mig = gpu.mig || rank.mig;
    gpu.shared = gpu.shared || shared;
    if (std::ranges::find(gpu.hosts, host) == gpu.hosts.end()) gpu.hosts.push_back(host);
    if (rank.power_limit_watts)
      gpu.power_limit_watts =
          std::min(gpu.power_limit_watts.value_or(*rank.power_limit_watts), *rank.power_limit_watts);
    else
      gpu.power_limit_reason = rank.power_limit_reason;
  }

  void count_models() {
    std::map<std::string, std::vector<double>> limits;
    std::map<std::string, std::int64_t> counts;
    for (const CensusGpu& gpu : census_.gpus) {
      if (gpu.mig || gpu.hosts.size() > 1) continue;
      ++counts[gpu.model];
      if (gpu.power_limit_watts) limits[gpu.model].push_back(*gpu.power_limit_watts);
    }
    for (const auto& [model, count] : counts) census_.models.push_back({model, count, most_frequent(limits[model])});
  }

  void count_per_node() {
    for (const std::string& host : census_.hosts) census_.gpus_on[host] = 0;
    for (const CensusGpu& gpu : census_.gpus)
      for (const std::string& host : gpu.hosts) ++census_.gpus_on[host];
    std::vector<std::int64_t> counts;
    for (const auto& [host, count] : census_.gpus_on) counts.push_back(count);
    census_.usual_gpus_per_node = most_frequent(counts).value_or(0);
  }

  void find_doubles() {
    for (const CensusGpu& gpu : census_.gpus) {
      if (gpu.hosts.size() > 1)
        find("{} is on {} nodes: {}: one GPU behind several names, or a UUID that was made up", gpu.uuid,
             gpu.hosts.size(), fmt::join(gpu.hosts, ", "));
      if (gpu.mig) find("{} on {} is a MIG slice, not a GPU ({})", gpu.uuid, gpu.hosts.front(), gpu.model);
      if (gpu.shared && gpu.hosts.size() == 1)
        find("{} on {} was used by several ranks: one GPU", gpu.uuid, gpu.hosts.front());
    }
    if (!census_.without_uuid.empty())
      find("{} rank(s) without a GPU that can be told apart, counted as none: {}", census_.without_uuid.size(),
           first_of(census_.without_uuid));
  }

  void find_limits() {
    std::map<std::string, std::vector<std::string>> unread;
    for (const CensusGpu& gpu : census_.gpus) {
      if (!gpu.power_limit_watts) {
        unread[gpu.power_limit_reason].push_back(gpu.uuid);
        continue;
      }
      const auto model = std::ranges::find(census_.models, gpu.model, &ModelCount::model);
      if (model != census_.models.end() && model->usual_limit_watts &&
          *model->usual_limit_watts != *gpu.power_limit_watts)
        find("{} on {} is limited to {:g} W; most {} to {:g} W", gpu.uuid, gpu.hosts.front(), *gpu.power_limit_watts,
             gpu.model, *model->usual_limit_watts);
    }
    for (const auto& [reason, uuids] : unread)
      find("the power limit of {} GPU(s) is not known: {}: {}", uuids.size(), reason, first_of(uuids));
  }

  void find_nodes() {
    std::map<std::int64_t, std::vector<std::string>> unusual;
    for (const auto& [host, count] : census_.gpus_on)
      if (count != census_.usual_gpus_per_node) unusual[count].push_back(host);
    for (const auto& [count, hosts] : unusual)
      find("{} GPU(s) answered, where most nodes have {}: {}", count, census_.usual_gpus_per_node,
           compress_hosts(hosts));
    if (census_.models.size() > 1) {
      std::vector<std::string> models;
      for (const ModelCount& one : census_.models) models.push_back(fmt::format("{} x {}", one.gpus, one.model));
      find("{} models: {}", models.size(), fmt::join(models, ", "));
    }
  }

  // The first few: a thousand GPUs without a power limit are one finding.
  static std::string first_of(const std::vector<std::string>& texts) {
    constexpr std::size_t most = 4;
    std::vector<std::string> first(texts.begin(), texts.begin() + static_cast<long>(std::min(texts.size(), most)));
    if (texts.size() > most) first.push_back(fmt::format("and {} more", texts.size() - most));
    return fmt::format("{}", fmt::join(first, ", "));
  }

  template <typename... Arguments>
  void find(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    census_.findings.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  Census census_;
  std::map<std::string, CensusGpu> gpus_;
  std::map<std::string, std::vector<std::string>> hosts_;  // by short name
};

}  // namespace

const std::vector<std::string>& Census::missing() {
  static const std::vector<std::string> names{"serial numbers", "PCI ids", "ECC mode", "base clocks"};
  return names;
}

std::int64_t Census::counted() const {
  std::int64_t total = 0;
  for (const ModelCount& one : models) total += one.gpus;
  return total;
}

Census take_census(const std::vector<MeasuredRun>& runs) {
  return Taker().take(runs);
}

}  // namespace petaproof::sample

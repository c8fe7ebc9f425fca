// What an inventory should not have, each named with the first few GPUs that have it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/record/node_name.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/host_range.hpp"

namespace petaproof::sample {
namespace {

std::string first_of(const std::vector<std::string>& texts) {
  constexpr std::size_t most = 4;
  std::vector<std::string> first(texts.begin(), texts.begin() + static_cast<long>(std::min(texts.size(), most)));
  if (texts.size() > most) first.push_back(fmt::format("and {} more", texts.size() - most));
  return fmt::format("{}", fmt::join(first, ", "));
}

// Models, serial numbers and reasons are other machines' bytes, and a finding is one line.
bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}

std::string place_of(const CensusGpu& gpu) {
  return fmt::format("{} on {}", shown(gpu.uuid), fmt::join(gpu.hosts, ", "));
}

class Finder {
 public:
  Finder(const Census& census, const judge::HardwareDatabase& hardware) : census_(census), hardware_(hardware) {}

  std::vector<std::string> find() {
    for (const CensusGpu& gpu : census_.gpus) {
      find_doubles(gpu);
      find_modes(gpu);
      find_clock(gpu);
      find_limits(gpu);
    }
    std::vector<std::string> findings;
    for (const auto& [what, gpus] : found_)
      findings.push_back(fmt::format("{} GPU(s) {}: {}", gpus.size(), what, first_of(gpus)));
    add_nodes(findings);
    for (std::string& finding : findings) std::ranges::replace_if(finding, is_control, '?');
    return findings;
  }

 private:
  void find_doubles(const CensusGpu& gpu) {
    if (gpu.hosts.size() > 1)
      note(gpu, "on several nodes, counted as none: one GPU behind several names, or a UUID that was made up");
    if (gpu.serials.size() > 1)
      note("with several serial numbers under one UUID, counted as none",
           fmt::format("{} ({})", place_of(gpu), fmt::join(gpu.serials, ", ")));
    if (!gpu.twin.empty())
      note("with the serial number or the PCI slot of another UUID, counted once",
           fmt::format("{} ({})", place_of(gpu), shown(gpu.not_counted)));
    if (gpu.mig) note(gpu, "cut into MIG slices, counted as none");
    if (gpu.shared && gpu.hosts.size() == 1) note(gpu, "used by several ranks of a run, counted once");
  }

  void find_modes(const CensusGpu& gpu) {
    if (!gpu.identity.reason.empty()) {
      note(gpu, fmt::format("without a serial number, PCI id and ECC mode: {}", gpu.identity.reason));
      return;
    }
    if (gpu.identity.ecc == false) note(gpu, "with ECC off");
    unread(gpu, "serial", "serial number", gpu.identity.serial.has_value());
    unread(gpu, "pci_bus_id", "PCI id", gpu.identity.pci_bus_id.has_value());
    unread(gpu, "ecc", "ECC mode", gpu.identity.ecc.has_value());
    unread(gpu, "mig", "MIG mode", gpu.identity.mig.has_value());
    unread(gpu, "max_sm_clock_megahertz", "maximum SM clock", gpu.identity.max_sm_clock_megahertz.has_value());
  }

  void unread(const CensusGpu& gpu, const char* key, const char* name, bool known) {
    if (known) return;
    const auto why = gpu.identity.unread.find(key);
    note(gpu, fmt::format("whose {} is not known: {}", name,
                          why == gpu.identity.unread.end() ? "no reason is given" : why->second));
  }

  void find_clock(const CensusGpu& gpu) {
    const auto& clock = gpu.identity.max_sm_clock_megahertz;
    const judge::Hardware* model = hardware_.find_reported(gpu.model);
    const auto expected = model ? model->max_sm_clock_mhz() : std::nullopt;
    if (clock && expected && !(*clock >= *expected))
      note(gpu, fmt::format("of {} with a maximum SM clock of {:g} MHz, below the model's {:g} MHz", gpu.model,
                            *clock, *expected));
  }

  void find_limits(const CensusGpu& gpu) {
    if (!gpu.power_limit_watts) {
      note(gpu, fmt::format("whose power limit is not known: {}", gpu.power_limit_reason));
      return;
    }
    const double limit = *gpu.power_limit_watts;
    if (const auto& standard = gpu.identity.default_power_limit_watts; standard && !(limit >= *standard))
      note(gpu,
           fmt::format("of {} limited to {:g} W, below their own default of {:g} W", gpu.model, limit, *standard));
    const auto model = std::ranges::find(census_.models, gpu.model, &ModelCount::model);
    if (model != census_.models.end() && model->usual_limit_watts && *model->usual_limit_watts != limit)
      note(gpu, fmt::format("of {} limited to {:g} W, where most are to {:g} W", gpu.model, limit,
                            *model->usual_limit_watts));
  }

  void add_nodes(std::vector<std::string>& findings) const {
    if (!census_.without_uuid.empty())
      findings.push_back(fmt::format("{} rank(s) without a GPU that can be told apart, counted as none: {}",
                                     census_.without_uuid.size(), first_of(census_.without_uuid)));
    std::map<std::int64_t, std::vector<std::string>> unusual;
    for (const auto& [host, count] : census_.gpus_on)
      if (count != census_.usual_gpus_per_node) unusual[count].push_back(host);
    for (const auto& [count, hosts] : unusual)
      findings.push_back(fmt::format("{} GPU(s) counted, where most nodes have {}: {}", count,
                                     census_.usual_gpus_per_node, compress_hosts(hosts)));
    if (census_.models.size() < 2) return;
    std::vector<std::string> models;
    for (const ModelCount& one : census_.models) models.push_back(fmt::format("{} x {}", one.gpus, one.model));
    findings.push_back(fmt::format("{} models: {}", models.size(), fmt::join(models, ", ")));
  }

  void note(const CensusGpu& gpu, const std::string& what) { note(what, place_of(gpu)); }

  // In the order in which they come up first.
  void note(const std::string& what, const std::string& gpu) {
    const auto [entry, is_new] = place_.emplace(what, found_.size());
    if (is_new) found_.emplace_back(what, std::vector<std::string>{});
    found_[entry->second].second.push_back(gpu);
  }

  const Census& census_;
  const judge::HardwareDatabase& hardware_;
  std::vector<std::pair<std::string, std::vector<std::string>>> found_;
  std::map<std::string, std::size_t> place_;  // of each in found_
};

}  // namespace

std::vector<std::string> find_irregularities(const Census& census, const judge::HardwareDatabase& hardware) {
  return Finder(census, hardware).find();
}

}  // namespace petaproof::sample

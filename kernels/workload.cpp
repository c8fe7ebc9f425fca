#include "kernels/workload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/device/capability.hpp"

namespace petaproof {
namespace {

constexpr std::pair<Fill, std::string_view> fills[] = {
    {Fill::normal, "normal"}, {Fill::uniform, "uniform"}, {Fill::integers, "integers"}, {Fill::zeros, "zeros"}};

}  // namespace

std::string_view to_string(Fill fill) {
  return std::ranges::find(fills, fill, &std::pair<Fill, std::string_view>::first)->second;
}

std::optional<Fill> fill_from(std::string_view name) {
  const auto found = std::ranges::find(fills, name, &std::pair<Fill, std::string_view>::second);
  return found == std::end(fills) ? std::nullopt : std::optional(found->first);
}

int Context::slots_for(std::int64_t slot_bytes) const {
  const std::int64_t enough = 3 * device.facts().cache_bytes / std::max<std::int64_t>(slot_bytes, 1) + 1;
  return static_cast<int>(std::clamp<std::int64_t>(enough, 2, 4096));
}

std::optional<std::string> memory_shortage(std::int64_t bytes, const DeviceFacts& facts) {
  if (bytes <= facts.memory_bytes) return std::nullopt;
  return fmt::format("needs {:.1f} GiB of memory, {:.1f} GiB are there{}", static_cast<double>(bytes) * 0x1p-30,
                     static_cast<double>(facts.memory_bytes) * 0x1p-30,
                     facts.sharers > 1 ? fmt::format(" for each of {} ranks on one GPU", facts.sharers) : "");
}

std::optional<std::string> refusal_by_capability(const Workload& workload, const Params& params,
                                                 const std::string& gpu, const std::string& capability) {
  if (capability_of(capability) == 0) return std::nullopt;
  const auto why = workload.capability_refusal(capability_of(capability), params);
  return why ? std::optional(fmt::format("{} has compute capability {}: {}", gpu, capability, *why)) : std::nullopt;
}

std::optional<std::string> refusal_of(const Workload& workload, const Setting& setting, const Params& params) {
  const DeviceFacts& facts = setting.device.facts();
  if (auto why = setting.device.refusal()) return why;
  if (auto why = refusal_by_capability(workload, params, facts.name, capability_text(facts))) return why;
  return workload.refusal(setting, params);
}

}  // namespace petaproof

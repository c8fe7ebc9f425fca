#include "kernels/bench/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "kernels/bench/peaks.hpp"
#include "kernels/build_facts.hpp"
#include "kernels/device/environment.hpp"
#include "kernels/device/module.hpp"

namespace petaproof::bench {
namespace {

std::string unset_text() {
  std::vector<std::string> texts;
  for (const Variable& variable : unset_variables())
    texts.push_back(fmt::format("{}={}", variable.name, variable.value));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, " "));
}

std::string yes_or_no(bool yes) {
  return yes ? "yes" : "no";
}

}  // namespace

std::map<std::string, std::string> provenance_of_program() {
  const BuildFacts& build = build_facts();
  const std::string why_no_module = load_module("cuda");
  return {{"petaproof_version", build.version},
          {"git_commit", build.git_commit},
          {"git_dirty", yes_or_no(build.git_dirty)},
          {"compiler", build.compiler},
          {"compiler_flags", build.flags},
          {"build_type", build.build_type},
          {"cuda_module", why_no_module.empty() ? loaded_modules().front() : why_no_module},
          {"environment_unset", unset_text()}};
}

std::map<std::string, std::string> provenance_of(const DeviceFacts& device) {
  std::map<std::string, std::string> facts = device.more;
  facts["name"] = device.name;
  facts["units"] = std::to_string(device.units);
  facts["memory_bytes"] = std::to_string(device.memory_bytes);
  facts["cache_bytes"] = std::to_string(device.cache_bytes);
  facts["last_level_cache_bytes"] = std::to_string(device.last_level_cache_bytes);
  if (!device.uuid.empty()) facts["uuid"] = device.uuid;
  if (device.backend != "host") facts["peaks_known"] = yes_or_no(is_known(device.name));
  std::map<std::string, std::string> result;
  for (auto& [key, value] : facts) result[device.backend + "." + key] = std::move(value);
  return result;
}

}  // namespace petaproof::bench

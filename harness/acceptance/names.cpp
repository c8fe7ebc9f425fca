#include "harness/acceptance/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "kernels/device/error.hpp"
#include "kernels/workload.hpp"

namespace petaproof::acceptance {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const Criteria& criteria, const Criterion& criterion, const std::string& what) {
  throw Error(Domain::config, fmt::format("{}: criterion \"{}\": {}", criteria.file, criterion.id, what));
}

std::set<std::string> known_workloads(const json& planned) {
  std::set<std::string> names;
  for (const CatalogueEntry& entry : built_in_catalogue()) names.emplace(entry.name);
  for (const std::string& name : Registry::instance().workload_names()) names.insert(name);
  for (const json& item : planned) names.insert(item.at("workload").get<std::string>());
  return names;
}

std::set<std::string> planned_params(const json& planned, const std::string& workload) {
  std::set<std::string> names;
  for (const json& item : planned)
    if (item.at("workload") == workload)
      for (const auto& [name, value] : item.at("params").items()) names.insert(name);
  return names;
}

void check_values(const Criteria& criteria, const Criterion& criterion, const ParamSpec& spec,
                  const ParamRule& rule) {
  try {
    for (const Value& value : rule.one_of) spec.checked(value);
  } catch (const Error& error) {
    fail(criteria, criterion, error.what());
  }
}

void check_params(const Criteria& criteria, const Criterion& criterion, const json& planned) {
  const auto workload = Registry::instance().make(criterion.cases.workload);
  std::set<std::string> known = planned_params(planned, criterion.cases.workload);
  if (workload)
    for (const ParamSpec& spec : workload->info().params) known.insert(spec.name);
  if (known.empty()) return;
  for (const auto& [name, rule] : criterion.cases.params) {
    if (!known.contains(name))
      fail(criteria, criterion,
           fmt::format("{} has no parameter \"{}\"; it has {}", criterion.cases.workload, name,
                       fmt::join(known, ", ")));
    if (!workload) continue;
    const auto spec = std::ranges::find(workload->info().params, name, &ParamSpec::name);
    if (spec != workload->info().params.end()) check_values(criteria, criterion, *spec, rule);
  }
}

}  // namespace

void check_names(const Criteria& criteria, const json& planned) {
  const auto workloads = known_workloads(planned);
  for (const Criterion& criterion : criteria.all) {
    if (criterion.cases.workload.empty()) continue;
    if (!workloads.contains(criterion.cases.workload))
      fail(criteria, criterion,
           fmt::format("there is no workload \"{}\"; there are {}", criterion.cases.workload,
                       fmt::join(workloads, ", ")));
    check_params(criteria, criterion, planned);
  }
}

}  // namespace petaproof::acceptance

#include "kernels/registry.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "kernels/workload.hpp"

namespace petaproof {

Registry::Registry() = default;
Registry::~Registry() = default;

Registry& Registry::instance() {
  static Registry registry;
  return registry;
}

void Registry::add_workload(std::string name, WorkloadFactory make) {
  const auto [entry, added] = workloads_.emplace(std::move(name), std::move(make));
  if (added) return;
  // this runs before main(): nobody could catch an exception
  std::fprintf(stderr, "petaproof: two workloads register as \"%s\"\n", entry->first.c_str());
  std::abort();
}

void Registry::add_backend(std::unique_ptr<Backend> backend) {
  std::string name = backend->name();
  backends_.emplace(std::move(name), std::move(backend));
}

std::unique_ptr<Workload> Registry::make(std::string_view name) const {
  const auto found = workloads_.find(name);
  return found == workloads_.end() ? nullptr : found->second();
}

std::vector<std::string> Registry::workload_names() const {
  std::vector<std::string> names;
  for (const auto& [name, make] : workloads_) names.push_back(name);
  return names;
}

const Backend* Registry::backend(std::string_view name) const {
  const auto found = backends_.find(name);
  return found == backends_.end() ? nullptr : found->second.get();
}

void Registry::set_module_error(std::string module, std::string error) {
  module_errors_[std::move(module)] = std::move(error);
}

Registration::Registration(std::string name, Registry::WorkloadFactory make) {
  Registry::instance().add_workload(std::move(name), std::move(make));
}

Registration::Registration(std::unique_ptr<Backend> backend) {
  Registry::instance().add_backend(std::move(backend));
}

std::string Registry::why_absent(std::string_view name) const {
  if (workloads_.contains(name)) return {};
  for (const CatalogueEntry& entry : built_in_catalogue()) {
    if (entry.name != name) continue;
    if (!entry.missing.empty()) return std::string(entry.missing);
    const auto error = module_errors_.find(entry.home);
    return error != module_errors_.end() ? error->second : fmt::format("the module \"{}\" is not loaded", entry.home);
  }
  return {};
}

}  // namespace petaproof

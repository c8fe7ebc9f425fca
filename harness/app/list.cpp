// petaproof list: what there is to run and to judge, and what cannot run here.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/app/exit_code.hpp"
#include "harness/json/configs.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/text.hpp"
#include "harness/publish/proved.hpp"
#include "kernels/device/module.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

constexpr const char* help =
    "Lists workloads with their parameters, suites and claims. Workloads that this build or this machine cannot\n"
    "offer are listed too, each with the reason. \"untried on sm_90\": no published run under results/ has yet\n"
    "shown it to pass on such a GPU.";

std::vector<std::string> config_names(const char* folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(config_folder(folder)))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

// Of the GPU at hand; where there is none, of Hopper, for which the kernels are written first.
std::string architecture_of_interest() {
  const Backend* backend = Registry::instance().backend("cuda");
  const std::string present = backend && backend->device_count() > 0 ? backend->architecture(0) : "";
  return present.empty() ? "sm_90" : present;
}

// Where a GPU workload has not passed in any published run: "sm_90"; null if it has.
json untried_on(const std::string& workload) {
  static const std::string architecture = architecture_of_interest();
  static const auto proved = proved_workloads(results_folder(config_root()));
  const auto found = proved.find(architecture);
  return found != proved.end() && found->second.contains(workload) ? json(nullptr) : json(architecture);
}

json workload_json(const std::string& name) {
  const auto workload = Registry::instance().make(name);
  if (!workload) return {{"name", name}, {"available", false}, {"reason", Registry::instance().why_absent(name)}};
  const WorkloadInfo& info = workload->info();
  json params = json::array();
  for (const ParamSpec& spec : info.params)
    params.push_back({{"name", spec.name},
                      {"help", spec.help},
                      {"default", to_string(spec.fallback)},
                      {"allowed", spec.allowed()}});
  return {{"name", name},
          {"available", true},
          {"summary", info.summary},
          {"backend", info.backend},
          {"collective", info.collective},
          {"untried_on", info.backend == "cuda" ? untried_on(name) : json(nullptr)},
          {"params", params}};
}

json everything() {
  std::set<std::string> names;
  for (const std::string& name : Registry::instance().workload_names()) names.insert(name);
  for (const CatalogueEntry& entry : built_in_catalogue()) names.emplace(entry.name);
  json workloads = json::array();
  for (const std::string& name : names) workloads.push_back(workload_json(name));
  return {{"workloads", workloads},
          {"suites", config_names("suites")},
          {"claims", config_names("claims")},
          {"hardware", config_names("hardware")}};
}

std::string text_of(const json& entry, const char* key) {
  return entry[key].get<std::string>();
}

void print_workload(const json& workload) {
  const std::string name = fmt::format("  {:<20} ", text_of(workload, "name"));
  if (!workload["available"].get<bool>()) {  // unbroken: whoever reads a log searches it for the reason
    fmt::print("{}not available: {}\n", name, text_of(workload, "reason"));
    return;
  }
  const std::string untried =
      workload["untried_on"].is_null() ? "" : ", untried on " + text_of(workload, "untried_on");
  fmt::print("{}", judge::paragraph(name, fmt::format("[{}{}] {}", text_of(workload, "backend"), untried,
                                                      text_of(workload, "summary"))));
  for (const json& param : workload["params"])
    fmt::print("{}", judge::paragraph(fmt::format("    {:<18} ", text_of(param, "name")),
                                      fmt::format("{}: {} (default {})", text_of(param, "help"),
                                                  text_of(param, "allowed"), text_of(param, "default"))));
}

void print_text(const json& all) {
  fmt::print("WORKLOADS\n");
  for (const json& workload : all["workloads"]) print_workload(workload);
  for (const auto& [kind, heading] :
       {std::pair("suites", "SUITES"), {"claims", "CLAIMS"}, {"hardware", "HARDWARE"}}) {
    fmt::print("\n{}\n", heading);
    for (const json& name : all[kind]) fmt::print("  {}\n", name.get<std::string>());
  }
}

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("list", help);
  command->add_flag("--json", *as_json, "Print one JSON document");
  command->footer("Exit codes: 0; 3 where no configs folder is found.");
  command->callback([as_json, &exit_code] {
    exit_code = ExitCode::ok;
    load_module("cuda");  // a failure shows in the list
    const json all = everything();
    if (*as_json)
      fmt::print("{}", json_text(all));
    else
      print_text(all);
  });
}

}  // namespace petaproof

#include "harness/publish/proved.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/record/loaded_run.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Below results/ wherever a machine's folder keeps them, but for results/local.
std::vector<fs::path> published_runs(const fs::path& results) {
  std::vector<fs::path> runs;
  std::error_code ignored;  // a folder that is not there holds none
  for (fs::recursive_directory_iterator entry(results, ignored), end; entry != end; entry.increment(ignored)) {
    if (entry.depth() == 0 && entry->path().filename() == "local") entry.disable_recursion_pending();
    if (entry->path().filename() == "manifest.json") runs.push_back(entry->path().parent_path());
  }
  return runs;
}

// "9.0" -> "sm_90"
std::string architecture_of(const fs::path& run) {
  const json manifest = parse_json(read_text_file(run / "manifest.json", "manifest"), run / "manifest.json");
  const json& device = manifest.at("root_device");
  std::string capability = device.is_object() ? device.at("more").value("compute_capability", "") : "";
  std::erase(capability, '.');
  return capability.empty() ? "" : "sm_" + capability;
}

void add_run(const fs::path& run, std::map<std::string, std::set<std::string>>& proved) {
  const std::string architecture = architecture_of(run);
  if (architecture.empty()) return;
  for (const json& record : load_run(run).records)
    if (record.at("disposition") == "pass" && record.at("backend") == "cuda")
      proved[architecture].insert(record.at("workload").get<std::string>());
}

}  // namespace

fs::path results_folder(const fs::path& configs) {
  return configs.parent_path() / "results";
}

std::map<std::string, std::set<std::string>> proved_workloads(const fs::path& results) {
  std::map<std::string, std::set<std::string>> proved;
  for (const fs::path& run : published_runs(results)) try {
      add_run(run, proved);
    } catch (const Error&) {            // not a run
    } catch (const json::exception&) {  // one that this version cannot read
    }
  return proved;
}

}  // namespace petaproof

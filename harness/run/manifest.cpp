#include "harness/run/manifest.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/record/gpu_identity_json.hpp"
#include "harness/record/provenance.hpp"
#include "harness/record/utc.hpp"
#include "harness/run/unset_report.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

json columns(const std::vector<RankIdentity>& ranks) {
  json result{{"rank", json::array()},        {"node", json::array()},        {"host", json::array()},
              {"device", json::array()},      {"device_uuid", json::array()}, {"cpus", json::array()},
              {"device_index", json::array()}};
  std::vector<GpuIdentity> gpus;
  for (const RankIdentity& rank : ranks) {
    result["rank"].push_back(rank.rank);
    result["node"].push_back(rank.node);
    result["host"].push_back(rank.host);
    result["device"].push_back(rank.device_name);
    result["cpus"].push_back(rank.cpus);
    result["device_index"].push_back(rank.device_index);
    result["device_uuid"].push_back(rank.device_uuid.empty() ? json(nullptr) : json(rank.device_uuid));
    gpus.push_back(rank.gpu);
  }
  result["gpu"] = identity_columns(gpus);
  return result;
}

json left_out(const Plan& plan) {
  json result = json::array();
  for (const LeftOut& out : plan.left_out)
    result.push_back({{"workload", out.workload}, {"why", out.why}, {"cases", out.cases}});
  return result;
}

json device_json(const Device* device) {
  if (!device) return nullptr;
  const DeviceFacts& facts = device->facts();
  return {{"backend", facts.backend},
          {"name", facts.name},
          {"units", facts.units},
          {"memory_bytes", facts.memory_bytes},
          {"cache_bytes", facts.cache_bytes},
          {"last_level_cache_bytes", facts.last_level_cache_bytes},
          {"more", facts.more}};
}

json set_json(const std::vector<Variable>& variables) {
  json result = json::object();
  for (const Variable& variable : variables) result[variable.name] = variable.value;
  return result;
}

}  // namespace

json make_manifest(const std::string& run_id, const RunOptions& options, const Plan& plan,
                   const std::vector<RankIdentity>& ranks, RankDevices& devices, const World& world) {
  return {{"schema", "petaproof-manifest/1"},
          {"run_id", run_id},
          {"begin_utc", utc_now()},
          {"command_line", options.command_line},
          {"working_directory", std::filesystem::current_path().string()},
          {"backend", devices.backend()},
          {"gpu_shared", devices.shared()},
          {"corrupted_on_request", options.corrupt},
          {"plan", plan.to_json()},
          {"plan_hash", plan.hash},
          {"left_out", left_out(plan)},
          {"binary_sha256", ranks.front().binary_hash},
          {"build", build_json()},
          {"libraries", library_json(world.library())},
          {"root_host", host_json()},
          {"root_device", device_json(devices.open(devices.backend()))},
          {"environment", environment_json()},
          {"environment_unset", unset_json(ranks)},
          {"environment_set", set_json(devices.environment_set())},
          {"world", {{"ranks", world.size()}, {"nodes", world.nodes()}}},
          {"ranks", columns(ranks)}};
}

}  // namespace petaproof

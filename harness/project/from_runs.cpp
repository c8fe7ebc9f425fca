#include "harness/project/from_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "harness/record/standing.hpp"

namespace petaproof::project {
namespace {

using nlohmann::json;

const json* entry_of(const json& record, const char* list, const char* quantity) {
  for (const json& entry : record.at(list))
    if (entry.at("quantity") == quantity) return &entry;
  return nullptr;
}

// Ranks of each host; one rank drives one GPU.
std::map<std::string, std::int64_t> gpus_of_hosts(const json& record) {
  std::map<std::string, std::int64_t> gpus;
  for (const json& host : record.at("per_rank").at("host")) ++gpus[host.get<std::string>()];
  return gpus;
}

bool are_alike(const std::map<std::string, std::int64_t>& gpus) {
  return std::ranges::all_of(gpus, [&](const auto& host) { return host.second == gpus.begin()->second; });
}

std::set<std::string> devices_of(const json& record) {
  const json& devices = record.at("per_rank").at("device");
  return {devices.begin(), devices.end()};
}

// What a fit cannot take, however it came into a record that passed.
std::string why_no_value(const json& record) {
  constexpr double least_bandwidth = 1;  // B/s
  constexpr double most_bandwidth = 1e30;
  constexpr double most_bytes = 0x1p50;
  const double bandwidth = entry_of(record, "rates", "busbw")->at("value").get<double>();
  if (!(bandwidth >= least_bandwidth && bandwidth <= most_bandwidth))
    return fmt::format("{} B/s is no bus bandwidth", bandwidth);
  const json* message = entry_of(record, "work", "algbw");
  if (message == nullptr) return "no message size";
  const double bytes = message->at("per_launch").get<double>();
  return bytes >= 1 && bytes <= most_bytes ? "" : fmt::format("{} bytes are no message", bytes);
}

// Empty: the record is a point of a fit. Which records count is harness/record/standing's to say; the words are of a
// projection, which has no readings.
std::string why_not(const json& record, const std::map<std::string, std::string>& faults,
                    const std::string& told_twice) {
  RecordFacts facts = facts_of(record);
  if (const auto fault = faults.find(record.value("run_id", "")); fault != faults.end())
    facts.run_fault = fault->second;
  facts.told_twice = told_twice;
  const auto [objection, because] = standing_of(facts);
  if (objection == Objection::run || objection == Objection::told_twice) return because;
  if (objection == Objection::origin) return fmt::format("{}, not measured", facts.origin);
  if (facts.disposition != "pass") return fmt::format("disposition {}", facts.disposition);  // nothing ran, perhaps
  if (entry_of(record, "work", "busbw") == nullptr || entry_of(record, "rates", "busbw") == nullptr)
    return "no collective among several GPUs: nothing in it waits for another";
  if (objection == Objection::backend)
    return fmt::format("{} backend: its ranks share the memory of CPUs, not a fabric of GPUs", facts.backend);
  if (objection == Objection::gpu_shared) return "several ranks shared a GPU";
  if (objection == Objection::fill) return fmt::format("filled with {}", facts.fill);
  if (objection != Objection::none) return because;
  if (std::string reason = why_no_value(record); !reason.empty()) return reason;
  if (devices_of(record).size() > 1) return "GPUs of several models";
  if (!are_alike(gpus_of_hosts(record))) return "nodes of unlike numbers of GPUs";
  return {};
}

// "all_reduce" of "all_reduce/nccl", and "nccl" of it.
std::pair<std::string, std::string> operation_and_library(const std::string& workload) {
  const auto slash = workload.find('/');
  return {workload.substr(0, slash), slash == std::string::npos ? "" : workload.substr(slash + 1)};
}

// Another version of the library may choose another algorithm, so its points are not those of the same fit.
std::string algorithm_of(const json& record, const std::string& library) {
  const json& notes = record.at("notes");
  const std::string version = notes.is_object() && notes.contains(library) && notes.at(library).is_string()
                                  ? " " + notes.at(library).get<std::string>()
                                  : "";
  return fmt::format("{}{}, {}", library, version, record.at("mode").get<std::string>());
}

std::string shown_bytes(std::int64_t bytes) {
  constexpr std::int64_t mib = 1 << 20;
  return bytes % mib == 0 ? fmt::format("{} MiB", bytes / mib) : fmt::format("{} B", bytes);
}

ScalingRow row_of(const json& record, const std::string& folder) {
  const auto hosts = gpus_of_hosts(record);
  const auto [operation, library] = operation_and_library(record.at("workload"));
  ScalingRow row;
  row.line = record.at("sequence").get<int>() + 1;
  row.id = fmt::format("{}: {}", folder, record.at("case_id").get<std::string>());
  row.kind = "collective";
  row.gpu = *devices_of(record).begin();
  row.nodes = static_cast<std::int64_t>(hosts.size());
  row.gpus = row.nodes * hosts.begin()->second;
  row.system = fmt::format("{}, {} a node", row.gpu, hosts.begin()->second);
  row.workload = operation;
  // algorithm bandwidth is the message size over the time, by its definition
  row.msg_bytes = static_cast<std::int64_t>(entry_of(record, "work", "algbw")->at("per_launch").get<double>());
  row.algo = algorithm_of(record, library);
  row.series = fmt::format("{} {}", record.at("workload").get<std::string>(), shown_bytes(*row.msg_bytes));
  row.metric = "busbw";
  row.unit = *find_unit("GB/s");
  row.value = entry_of(record, "rates", "busbw")->at("value").get<double>() / row.unit.si;
  return row;
}

}  // namespace

RunRows rows_from_runs(const std::vector<RunRecords>& runs) {
  RunRows result;
  for (const RunRecords& run : runs) {
    std::map<std::pair<std::string, std::string>, std::vector<int>> reasons;  // by workload and reason
    for (std::size_t i = 0; i < run.records.size(); ++i) {
      const json& record = run.records[i];
      const std::string reason = why_not(record, run.faults, run.told_twice.empty() ? "" : run.told_twice.at(i));
      if (reason.empty())
        result.rows.push_back(row_of(record, run.folder));
      else
        reasons[{record.at("workload"), reason}].push_back(record.at("sequence").get<int>() + 1);
    }
    for (auto& [key, cases] : reasons)
      result.left_out.push_back(
          {"record", fmt::format("{}: {}", run.folder, key.first), std::move(cases), key.second});
  }
  return result;
}

}  // namespace petaproof::project

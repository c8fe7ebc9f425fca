#include "harness/record/prediction.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/judge/from_records.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// Of the first rank's GPU; empty unless there is one for each.
std::string predicted_of_all(const json& devices, const judge::HardwareDatabase& hardware, const Workload& workload,
                             const Params& params) {
  std::string first;
  for (const json& device : devices) {
    const judge::Hardware* gpu = hardware.find_reported(device.get_ref<const std::string&>());
    const std::string why = gpu ? predicted_refusal(*gpu, workload, params) : "";
    if (why.empty()) return {};
    if (first.empty()) first = why;
  }
  return first;
}

}  // namespace

std::string predicted_refusal(const judge::Hardware& gpu, const Workload& workload, const Params& params) {
  if (const auto why = refusal_by_capability(workload, params, gpu.short_name, gpu.compute_capability)) return *why;
  const auto precision = judge::measured_precision(params.text_or("precision", ""), &gpu, params.text_or("path", ""));
  return precision && !gpu.has(*precision) ? fmt::format("{} has no {}", gpu.short_name, judge::to_string(*precision))
                                           : "";
}

void add_prediction(const judge::HardwareDatabase& hardware, const Workload& workload, const Params& params,
                    json& record) {
  if (record.at("disposition") != "not_supported" || record.at("backend") != "cuda") return;
  const std::string why = predicted_of_all(record.at("per_rank").at("device"), hardware, workload, params);
  if (!why.empty()) record["predicted"] = why;
}

}  // namespace petaproof

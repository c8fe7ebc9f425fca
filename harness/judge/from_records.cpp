#include "harness/judge/from_records.hpp"

#include <nlohmann/json.hpp>
#include <set>

namespace petaproof::judge {
namespace {

using nlohmann::json;

std::set<std::string> distinct(const json& column) {
  return {column.begin(), column.end()};
}

}  // namespace

std::optional<Precision> measured_precision(const std::string& name, const Hardware* gpu) {
  const auto found = find_precision(name);
  if (found == Precision::fp64 && gpu && gpu->peak(Precision::fp64_tensor, Sparsity::dense))
    return Precision::fp64_tensor;
  return found;
}

Evidence evidence_from(const std::vector<json>& records, const HardwareDatabase& hardware) {
  Evidence evidence;
  for (const json& record : records) {
    if (record.at("rates").empty() || record.at("rates").at(0).at("quantity") != "flops") continue;
    const json& rate = record.at("rates").at(0);
    const json& ranks = record.at("per_rank");
    const std::set<std::string> devices = distinct(ranks.at("device"));
    const Hardware* gpu = devices.size() == 1 ? hardware.find_reported(*devices.begin()) : nullptr;
    const auto precision = measured_precision(record.at("params").value("precision", ""), gpu);
    if (!precision) continue;
    const double value = rate.at("value");
    const json& clock = record.at("telemetry").at("clock_megahertz");
    evidence.measurements.push_back(
        {.run_id = record.at("run_id"),
         .case_id = record.at("case_id"),
         .backend = record.at("backend").is_null() ? "" : record.at("backend"),
         .hardware_id = gpu ? gpu->id : "",
         .precision = *precision,
         .sparsity = Sparsity::dense,
         .mode = record.at("mode"),
         .fill = record.at("fill"),
         .disposition = record.at("disposition"),
         .rate_tflops = value * 1e-12,
         .lower_tflops = (rate.at("lower").is_null() ? value : rate.at("lower").get<double>()) * 1e-12,
         .upper_tflops = (rate.at("upper").is_null() ? value : rate.at("upper").get<double>()) * 1e-12,
         .gpus = static_cast<std::int64_t>(ranks.at("rank").size()),
         .nodes = static_cast<std::int64_t>(distinct(ranks.at("host")).size()),
         .duration_s = record.at("per_rank").at("window_seconds").at(0).get<double>(),
         .sm_clock_mhz = clock.is_null() ? std::nullopt : std::optional(clock.get<double>())});
  }
  return evidence;
}

}  // namespace petaproof::judge

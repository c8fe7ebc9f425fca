#include "harness/judge/from_records.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/judge/held_down.hpp"
#include "harness/record/part.hpp"
#include "harness/record/standing.hpp"

namespace petaproof::judge {
namespace {

using nlohmann::json;

struct Model {
  const Hardware* gpu = nullptr;    // nothing: in no hardware file
  std::set<std::string> devices{};  // as they call themselves
};

// By id, so that their order is the same everywhere.
std::map<std::string, Model> models_in(const json& record, const HardwareDatabase& hardware) {
  const json& column = record.at("per_rank").at("device");
  std::map<std::string, Model> models;
  for (const auto& device : std::set<std::string>(column.begin(), column.end())) {
    const Hardware* gpu = hardware.find_reported(device);
    Model& model = models[gpu ? gpu->id : ""];
    model.gpu = gpu;
    model.devices.insert(device);
  }
  return models;
}

// Mean rate per GPU of each node, by host. A rank without a rate did nothing.
std::vector<NodeRate> per_node(const json& ranks) {
  struct Sum {
    double tflops = 0;
    std::vector<double> gpus;
  };
  std::map<std::string, Sum> sums;
  const json& hosts = ranks.at("host");
  const json& rates = ranks.at("rate");
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    Sum& sum = sums[hosts.at(i).get_ref<const std::string&>()];
    sum.gpus.push_back(rates.at(i).is_null() ? 0 : rates.at(i).get<double>() * 1e-12);
    sum.tflops += sum.gpus.back();
  }
  std::vector<NodeRate> nodes;
  for (auto& [host, sum] : sums) {
    const auto gpus = static_cast<std::int64_t>(sum.gpus.size());
    nodes.push_back({host, gpus, sum.tflops / static_cast<double>(gpus), std::move(sum.gpus)});
  }
  return nodes;
}

double median_of(const json& column) {
  auto values = column.get<std::vector<double>>();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double tflops_or_null(const json& rate, const char* key, double otherwise) {
  return rate.at(key).is_null() ? otherwise : rate.at(key).get<double>() * 1e-12;
}

Measurement measurement_of(const json& record, const RecordFacts& facts, Precision precision, const Hardware* gpu) {
  const json& rate = record.at("rates").at(0);
  const json& ranks = record.at("per_rank");
  const json& clock = record.at("telemetry").at("clock_megahertz");
  const json& windows = ranks.at("window_seconds");
  const json& steady = ranks.at("warm_up_steady");
  Measurement m;
  m.run_id = record.at("run_id");
  m.case_id = record.at("case_id");
  m.origin = facts.origin;
  m.backend = facts.backend;
  m.hardware_id = gpu ? gpu->id : "";
  m.precision = precision;
  m.emulation = emulation_of(record);
  // an emulated product runs on no FP64 tensor core, whatever the GPU has
  if (m.emulation == Emulation::emulated && precision == Precision::fp64_tensor) m.precision = Precision::fp64;
  m.gpu_shared = facts.gpu_shared;
  m.ceiling = facts.issue_rate;
  m.mode = record.at("mode");
  m.fill = facts.fill;
  m.verified = facts.verified;
  m.disposition = facts.disposition;
  m.rate_tflops = rate.at("value").get<double>() * 1e-12;
  m.lower_tflops = tflops_or_null(rate, "lower", m.rate_tflops);
  m.upper_tflops = tflops_or_null(rate, "upper", m.rate_tflops);
  m.gpus = static_cast<std::int64_t>(ranks.at("rank").size());
  // a collective's record has neither: no FLOP of its own
  m.sum_tflops = rate.contains("sum_over_devices") ? rate.at("sum_over_devices").get<double>() * 1e-12 : 0;
  m.synchronous_tflops = rate.contains("synchronous") ? rate.at("synchronous").get<double>() * 1e-12 : 0;
  m.per_node = per_node(ranks);
  m.nodes = static_cast<std::int64_t>(m.per_node.size());
  m.duration_s = median_of(windows);
  if (!clock.is_null()) m.sm_clock_mhz = clock.get<double>();
  find_what_held_down(record.at("telemetry"), gpu, m);
  m.steady = std::ranges::all_of(steady, [](const json& one) { return one.get<bool>(); });
  return m;
}

// Nothing where it ran what no claim speaks of.
std::optional<Measurement> measured_on(const Hardware* gpu, const RecordFacts& facts, const json& record) {
  const json& params = record.at("params");
  const std::string name = params.value("precision", "");
  auto precision = measured_precision(name, gpu, params.value("path", ""));
  // only where the library said of that very product that it was emulated
  if (name == "fp64_emulated" && emulation_of(record) == Emulation::emulated) precision = Precision::fp64;
  if (!precision) return std::nullopt;
  return measurement_of(record, facts, *precision, gpu);
}

}  // namespace

Emulation emulation_of(const json& record) {
  return is_emulated(record) ? Emulation::emulated : Emulation::native;
}

std::optional<Precision> measured_precision(const std::string& name, const Hardware* gpu, const std::string& path) {
  // formats of both operands, "fp8_e4m3_e5m2", or with scales of blocks: one unit, one peak
  const bool is_fp8 = name.starts_with("fp8_") || name == "mxfp8";
  const auto found = find_precision(is_fp8 ? "fp8" : name == "nvfp4" ? "fp4" : name);
  if (path == "vector") return found;
  if (found == Precision::fp64 && gpu && gpu->peak(Precision::fp64_tensor, Sparsity::dense))
    return Precision::fp64_tensor;
  return found;
}

Evidence evidence_from(const std::vector<json>& records, const HardwareDatabase& hardware,
                       const std::vector<std::string>& told_twice) {
  Evidence evidence;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const json& record = records[i];
    if (record.at("rates").empty() || record.at("rates").at(0).at("quantity") != "flops") continue;
    const RecordFacts facts = facts_of(record);
    if (!facts.contradiction.empty()) {
      evidence.refused.push_back({record.at("run_id"), record.at("case_id"), facts.contradiction});
      continue;
    }
    const auto models = models_in(record, hardware);
    for (const auto& [id, model] : models) {
      auto measurement =
          measured_on(model.gpu, facts, models.size() == 1 ? record : part_of_record(record, model.devices));
      if (!measurement) continue;
      if (!told_twice.empty()) measurement->told_twice = told_twice.at(i);
      evidence.measurements.push_back(std::move(*measurement));
    }
  }
  return evidence;
}

}  // namespace petaproof::judge

#include "harness/judge/from_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/held_down.hpp"
#include "harness/judge/kernel_bounds.hpp"
#include "harness/record/part.hpp"
#include "harness/record/standing.hpp"
#include "kernels/unit_precision.hpp"

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

// Mean rate per GPU of each node, by host. A rank without a rate did nothing. A rate is of the time in which a GPU
// computed; whoever pauses does less over the window, and so does one whose own window ends long before the record's,
// which lasts `window_s`.
std::vector<NodeRate> per_node(const json& ranks, double per_launch, double window_s) {
  struct Sum {
    double tflops = 0, over_window = 0;
    std::vector<double> gpus;
  };
  std::map<std::string, Sum> sums;
  const json &hosts = ranks.at("host"), &rates = ranks.at("rate"), &launches = ranks.at("launches"),
             &windows = ranks.at("window_seconds");
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    Sum& sum = sums[hosts.at(i).get_ref<const std::string&>()];
    sum.gpus.push_back(rates.at(i).is_null() ? 0 : rates.at(i).get<double>() * 1e-12);
    sum.tflops += sum.gpus.back();
    const double seconds = std::max(windows.at(i).get<double>(), least_of_window * window_s);
    sum.over_window += std::min(sum.gpus.back(), 1e-12 * per_launch * launches.at(i).get<double>() / seconds);
  }
  std::vector<NodeRate> nodes;
  for (auto& [host, sum] : sums) {
    const auto gpus = static_cast<double>(sum.gpus.size());
    nodes.push_back({.host = host,
                     .gpus = static_cast<std::int64_t>(sum.gpus.size()),
                     .rate_tflops = sum.tflops / gpus,
                     .gpu_tflops = std::move(sum.gpus),
                     .over_window_tflops = sum.over_window / gpus});
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

// FLOP per clock of the unit that ran; nothing where it is not known, and of what was put together from narrower
// products, which another unit computed.
std::optional<double> flop_per_clock(const Measurement& m, const Hardware* gpu) {
  if (!gpu || m.emulation != Emulation::native) return std::nullopt;
  return gpu->flop_per_clock(m.precision, m.sparsity);
}

// A run refuses such a rank itself (refuse_impossible_rates() of harness/record/peak.hpp), so that a record of it
// that passed was written by none. A rate above all that the GPU can do is refused elsewhere, in other words.
std::string above_its_clock(const json& ranks, const Measurement& m, const Hardware* gpu) {
  const auto per_clock = flop_per_clock(m, gpu);
  const auto clocks = ranks.find("clock_megahertz");
  if (!per_clock || clocks == ranks.end() || m.mode == "burst" || m.backend != "cuda" || m.disposition != "pass")
    return {};
  const auto tolerances = ranks.find("clock_tolerance");
  const auto ceiling = ceiling_tflops(*gpu, m.precision, m.sparsity);
  for (std::size_t i = 0; i < clocks->size(); ++i) {
    if (clocks->at(i).is_null()) continue;
    const bool is_exact = tolerances == ranks.end() || tolerances->at(i).is_null();
    const double tolerance = is_exact ? 0 : tolerances->at(i).get<double>();
    const double mhz = clocks->at(i), rate = 1e-12 * ranks.at("rate").at(i).get<double>();
    const double peak = 1e-6 * *per_clock * mhz;
    if (rate <= peak * (1 + tolerance) || rate > ceiling.value_or(std::numeric_limits<double>::infinity())) continue;
    return fmt::format("of rank {} the rate is {:.4g} TFLOP/s, where {} does {:.4g} in {} at its clock of {:.4g} MHz",
                       ranks.at("rank").at(i).get<int>(), rate, gpu->short_name, peak, to_string(m.precision), mhz);
  }
  return {};
}

// One at which a perfect kernel does less than was measured is no clock of these launches: NVML reads it now and
// then.
std::optional<double> clock_of(const json& record, const Measurement& m, const Hardware* gpu) {
  const json& clock = record.at("telemetry").at("clock_megahertz");
  if (clock.is_null()) return std::nullopt;
  const double mhz = clock.get<double>();
  const auto per_clock = flop_per_clock(m, gpu);
  return per_clock && m.rate_tflops > 1e-6 * *per_clock * mhz ? std::nullopt : std::optional(mhz);
}

Measurement measurement_of(const json& record, const RecordFacts& facts, Precision precision, const Hardware* gpu) {
  const json& rate = record.at("rates").at(0);
  const json& ranks = record.at("per_rank");
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
  m.duration_s = median_of(windows);
  m.per_node = per_node(ranks, record.at("work").at(0).at("per_launch"), *m.duration_s);
  m.nodes = static_cast<std::int64_t>(m.per_node.size());
  m.sm_clock_mhz = clock_of(record, m, gpu);
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
  const auto found = find_precision(unit_precision(name));
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
    std::vector<Measurement> measured;
    std::string impossible;
    for (const auto& [id, model] : models) {
      const json part = models.size() == 1 ? json() : part_of_record(record, model.devices);
      const json& of_model = models.size() == 1 ? record : part;
      auto measurement = measured_on(model.gpu, facts, of_model);
      if (!measurement) continue;
      if (impossible.empty()) impossible = above_its_clock(of_model.at("per_rank"), *measurement, model.gpu);
      if (!told_twice.empty()) measurement->told_twice = told_twice.at(i);
      measured.push_back(std::move(*measurement));
    }
    if (impossible.empty())
      std::ranges::move(measured, std::back_inserter(evidence.measurements));
    else
      evidence.refused.push_back({record.at("run_id"), record.at("case_id"), "it contradicts itself: " + impossible});
  }
  return evidence;
}

}  // namespace petaproof::judge

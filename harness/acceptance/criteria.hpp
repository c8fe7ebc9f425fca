// What a GPU, a node and a group of them must reach to be accepted: configs/acceptance/<gpu>.json.
//
// A criterion is one bound on one thing that a run measures, with its unit, its source and whether that was read,
// recalled or is a proposal. The format, with an example of every kind, is in README.md and
// configs/schema/acceptance.schema.json; what physics forbids is refused by physics.hpp as the file is read.
#pragma once

#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/hardware.hpp"
#include "kernels/params.hpp"

namespace petaproof::acceptance {

inline constexpr const char* criteria_schema = "petaproof-acceptance/1";

enum class Kind {
  rate,              // FLOP/s of a workload at one precision
  memory_bandwidth,  // B/s of device memory
  bus_bandwidth,     // of a collective: collectives/busbw.hpp
  spread,            // between the rates of GPUs in one case
  verified,          // the results of every case
  throttle,          // share of the timed part in which the GPU held its clock down for a reason
  temperature,
  counter,      // errors that the GPU counts, over the run
  power_limit,  // that the driver enforces
};
enum class Scope { gpu, node, group };  // group: all ranks of the run
enum class Statistic {
  mean,                  // over the timed launches of a GPU; over the GPUs of a node or group
  slowest,               // of the GPUs of a node or group
  range_over_median,     // (fastest - slowest) / median
  slowest_below_median,  // (median - slowest) / median
  slowest_below_best,    // (fastest - slowest) / fastest
  increase,              // from before the first case to after the last
  total,                 // after the last case
  highest,               // over the timed part
  lowest,                // over the cases of the run
};
enum class Status { read, recalled, proposed };

std::string_view to_string(Kind kind);
std::string_view to_string(Scope scope);
std::string_view to_string(Statistic statistic);
std::string_view to_string(Status status);

/// Both ends included; an end that is absent is open.
struct Range {
  std::optional<std::int64_t> at_least, at_most;
  bool holds(std::int64_t value) const {
    return (!at_least || value >= *at_least) && (!at_most || value <= *at_most);
  }
};

/// A parameter of a case is one of some values, or in a range.
struct ParamRule {
  std::vector<Value> one_of;  // sizes in bytes
  Range range;                // where one_of is empty
};

/// Which cases a criterion is about. What is empty matches all.
struct Cases {
  std::string workload;
  std::map<std::string, ParamRule> params;
  std::vector<std::string> modes;
  double at_least_seconds = 0;  // timed
};

/// Which links a collective may use beyond plain sends and receives: where a switch adds up, a GPU sends its data
/// once, not twice, and bus bandwidth may be up to twice the wire's.
enum class InNetwork { none, nvlink, everywhere };  // nvlink: NVLS; everywhere: SHARP on the fabric as well

/// A bound, and where it holds.
struct Bound {
  bool is_minimum = true;  // at_least, else at_most
  double value = 0;
  /// "TFLOP/s", of INT8 "TOP/s"; "GB/s", "percent of peak", "percent", "errors", "rows", "cases", "celsius", "W"
  std::string unit;
  Range nodes, ranks;  // of the run
  InNetwork in_network = InNetwork::none;
  std::string source;
  Status status = Status::proposed;
  std::string reasoning;  // never empty for a proposal
  double possible = 0;    // the most that physics allows, in the same unit
  std::string possible_is;
  /// Above it something else was measured: of a rate, the most that any source lets the GPU do, by which the judge
  /// goes too; of memory, whose clock no record has, 3 % above `possible`. Infinite for the other kinds.
  double ceiling = std::numeric_limits<double>::infinity();
};

struct Criterion {
  std::string id;
  Kind kind = Kind::rate;
  Scope scope = Scope::gpu;
  Statistic statistic = Statistic::mean;
  Cases cases;                      // of no meaning for counter and power_limit, which are about the GPU
  std::string counter;              // "ecc_uncorrected", ...
  std::vector<std::string> events;  // of nvml::clock_event_reasons; the time in any is bounded by their sum
  std::string sensor;               // "temperature_celsius", "memory_temperature_celsius"
  std::vector<Bound> bounds;        // of which the first that is for the run's nodes and ranks holds
  double peak = 0;                  // what "percent of peak" is of: TFLOP/s, TOP/s or GB/s

  /// "gemm/cublaslt m>=4096 bf16 sustained, 60 s or more"
  std::string cases_text() const;
};

/// What a node reaches others by; not in the hardware file, since it is no property of the GPU.
struct Fabric {
  double nic_gbs_per_gpu = 0;  // GB/s in one direction
  int gpus_per_node = 0;
  std::string source;
};

struct Criteria {
  std::string id;    // the file's name
  std::string file;  // its path
  judge::Hardware gpu;
  std::string description;
  std::optional<Fabric> fabric;
  std::vector<Criterion> all;
  std::vector<std::string> notes;
};

/// Error(config): file, JSON path, what was found, what is allowed; for what physics forbids, the limit and its
/// source.
Criteria load_criteria(const std::filesystem::path& file, const judge::HardwareDatabase& hardware);

}  // namespace petaproof::acceptance

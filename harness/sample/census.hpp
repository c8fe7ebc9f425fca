// The inventory of what answered: distinct GPUs by UUID, serial number and PCI slot, and what makes one look like
// several.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/hardware.hpp"
#include "harness/sample/measured_nodes.hpp"
#include "harness/sample/node_list.hpp"

namespace petaproof::sample {

/// What answered under one UUID. Of several runs the identity is the first that there is, and of limits and modes the
/// worst seen.
struct CensusGpu {
  std::string uuid;
  std::string model;
  std::vector<std::string> hosts;    // distinct nodes that showed it, as they call themselves; one, if all is well
  std::vector<std::string> serials;  // distinct; one, if all is well
  std::vector<std::string> slots;    // distinct, "HOST PCI": several where a GPU was moved between runs
  GpuIdentity identity;
  bool mig = false;
  bool shared = false;                      // several ranks of one run used it
  bool usable = false;                      // seen in a run that may support a claim, and a case ended on it there
  std::optional<double> power_limit_watts;  // the lowest seen
  std::string power_limit_reason;           // why there is none
  std::string twin;                         // the UUID that is counted in its place
  std::string not_counted;                  // why this is no whole GPU of its own; empty: it is one
};

/// GPUs of one model.
struct ModelCount {
  std::string model;
  std::int64_t gpus = 0;                    // counted ones
  std::optional<double> usual_limit_watts;  // of most of them
};

struct Census {
  std::vector<std::string> run_ids;
  std::int64_t ranks = 0;
  std::vector<std::string> hosts;  // distinct nodes
  std::vector<CensusGpu> gpus;     // by UUID
  std::vector<ModelCount> models;
  std::vector<std::string> without_uuid;             // "HOST rank N (DEVICE)"
  std::map<std::string, std::int64_t> gpus_on;       // counted ones, by node
  std::int64_t usual_gpus_per_node = 0;              // on most nodes
  std::vector<std::string> findings;                 // what is not as it should be, one line each
  static const std::vector<std::string>& missing();  // what a run does not record, and a full inventory has

  /// Distinct whole GPUs, each on one node.
  std::int64_t counted() const;
};

/// `hardware` says what clock a model should reach; models that are in none of its files are taken as they are.
Census take_census(const std::vector<MeasuredRun>& runs, const judge::HardwareDatabase& hardware);

/// What is not as it should be. Like GPUs make one line with the first few of them, so that 100,000 do not make as
/// many.
std::vector<std::string> find_irregularities(const Census& census, const judge::HardwareDatabase& hardware);

/// What answered of one pod.
struct PodGpus {
  std::string pod;  // empty: the list has none
  std::int64_t nodes = 0;
  std::int64_t answered = 0;  // of these nodes
  std::int64_t gpus = 0;      // counted ones
};

/// By pod of a list, in byte order; hosts that are not in the list come last, as "(not in the list)" with 0 nodes.
std::vector<PodGpus> gpus_by_pod(const Census& census, const NodeList& list);

/// The most frequent value; of several the greatest. Nothing of nothing.
template <typename Value>
std::optional<Value> most_frequent(const std::vector<Value>& values) {
  std::map<Value, std::int64_t> counts;
  for (const Value& value : values) ++counts[value];
  std::optional<Value> most;
  for (const auto& [value, count] : counts)
    if (!most || count >= counts.at(*most)) most = value;
  return most;
}

}  // namespace petaproof::sample

// The inventory of what answered: distinct GPUs by UUID, and what makes one GPU look like several.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/sample/measured_nodes.hpp"

namespace petaproof::sample {

struct CensusGpu {
  std::string uuid;
  std::string model;
  std::vector<std::string> hosts;  // distinct nodes that showed it, as they call themselves; one, if all is well
  bool mig = false;
  bool shared = false;                      // several ranks of one run used it
  std::optional<double> power_limit_watts;  // the lowest seen
  std::string power_limit_reason;           // why there is none
};

/// GPUs of one model.
struct ModelCount {
  std::string model;
  std::int64_t gpus = 0;                    // distinct, and neither slices nor seen on two nodes
  std::optional<double> usual_limit_watts;  // of most of them
};

struct Census {
  std::int64_t runs = 0;
  std::int64_t ranks = 0;
  std::vector<std::string> hosts;  // distinct nodes
  std::vector<CensusGpu> gpus;     // by UUID
  std::vector<ModelCount> models;
  std::vector<std::string> without_uuid;             // "HOST rank N (DEVICE)"
  std::map<std::string, std::int64_t> gpus_on;       // by node
  std::int64_t usual_gpus_per_node = 0;              // on most nodes
  std::vector<std::string> findings;                 // what is not as it should be, one line each
  static const std::vector<std::string>& missing();  // what a run does not record, and a full inventory has

  /// Distinct whole GPUs, each on one node.
  std::int64_t counted() const;
};

Census take_census(const std::vector<MeasuredRun>& runs);

}  // namespace petaproof::sample

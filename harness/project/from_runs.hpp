// Scaling rows from the records of our own runs: what a cluster's collectives did on few GPUs, to be projected to
// many.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/project/projection.hpp"

namespace petaproof::project {

struct RunRecords {
  std::string folder;  // as it was named
  std::vector<nlohmann::json> records;
  std::map<std::string, std::string> faults{};  // why nothing may rest on a run, by run_id: a folder may join several
  std::vector<std::string> told_twice{};        // for each record, sample::told_twice() over all folders; or empty
};

struct RunRows {
  std::vector<ScalingRow> rows;
  std::vector<LeftOut> left_out;  // records that are no point of a fit, by reason; `lines` are the cases' numbers
};

/// A row for each collective that passed, with the bus bandwidth of the slowest rank. Rows of one device model,
/// number of GPUs per node, operation, library and mode are one fit (`system`, `workload`, `algo`), those of one
/// message size a series. Left out, with the reason: all of a run that has a fault, and what is not measured,
/// failed, ran on the host backend, on a shared GPU, on one GPU, on unlike GPUs or on nodes of unlike size, was
/// filled with anything but normal data, or is no collective.
RunRows rows_from_runs(const std::vector<RunRecords>& runs);

}  // namespace petaproof::project

// The record of a case: what all ranks said, combined. It is the `end` line of the journal, and its format is
// configs/schema/record.schema.json.
//
// How ranks become one number:
//   kernels      each rank's rate is its work over its time; the record's is the mean over ranks ("per device"), and
//                beside it the sum of the ranks' rates and the synchronous rate: all work over the longest window
//   collectives  a launch is over when its slowest rank is: the record's rate comes from the maximum over ranks of
//                each sample
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/record/rank_report.hpp"
#include "harness/suite/plan.hpp"

namespace petaproof {

inline constexpr const char* record_schema = "petaproof-record/1";

struct RecordFrame {
  std::string run_id;
  int sequence = 0;  // of the case in its plan, from 0
  std::string begin_utc;
  std::string end_utc;
  bool gpu_shared = false;  // several ranks used one GPU: no rate is a GPU's own
};

/// What the workload says of itself; empty where this process has no such workload.
struct WorkloadFacts {
  std::string backend;
  bool deterministic = true;
  bool collective = false;
  std::vector<Quantity> work;
};

/// The `begin` line.
nlohmann::json begin_line(const Case& one, const RecordFrame& frame);

/// The `end` line. `slowest_samples`: for collectives, the maximum over ranks of each sample.
nlohmann::json make_record(const Case& one, const RecordFrame& frame, const WorkloadFacts& facts,
                           const std::vector<RankReport>& ranks, const std::vector<double>& slowest_samples);

/// The `end` line of a case that has no measurements: ended from outside, or not there at all.
nlohmann::json make_record(const Case& one, const RecordFrame& frame, const WorkloadFacts& facts,
                           Disposition disposition, const std::string& reason);

/// Ranks whose digest differs from that of most ranks of their kind: the same device, as many slots, the same notes
/// (library, threads), since a library may rightly give other bits with other threads. Where there is no majority,
/// all of them.
std::vector<int> digest_outliers(const std::vector<RankReport>& ranks);

}  // namespace petaproof

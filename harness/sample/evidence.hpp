// From censuses and draws to what the judge takes as evidence: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/hardware.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/delivery.hpp"
#include "harness/sample/draw.hpp"

namespace petaproof::sample {

struct CensusEvidence {
  /// One for each GPU model of configs/hardware that any run has, in byte order of the ids; of several runs together,
  /// each GPU once, with `run_id` "a+b". A GPU counts if it is a whole one of its own and was seen, with a case that
  /// ended on it, in a run that may support a claim: of backend cuda, without shared GPUs, not corrupted.
  std::vector<judge::Census> censuses;
  std::vector<std::string> findings;  // of the census, and what was not counted here, for the verdict's reader
};

CensusEvidence census_evidence(const Census& census, const judge::HardwareDatabase& hardware);

/// Why the GPU of each rank of a run is no whole one of its own: a slice, one that two nodes show, one that another
/// rank has though the run says that none is shared, one that does not say which it is. Empty: it is one, as are
/// devices of other backends. `census` is of that run, or of it and others.
std::vector<std::string> rank_faults(const MeasuredRun& run, const Census& census);

/// Runs that nothing may rest on: corrupted on request, with records that contradict the manifest, or with a rank
/// whose GPU is no whole one of its own (rank_faults). A mean over ranks cannot be rid of such a rank afterwards.
std::vector<judge::RunFault> run_faults(const std::vector<MeasuredRun>& runs, const Census& census);

/// Runs of `records` that are none of `runs`: no manifest answers for them.
std::vector<judge::RunFault> runs_without_manifest(const std::vector<MeasuredRun>& runs,
                                                   const std::vector<nlohmann::json>& records);

/// Counts GPUs as held down that ran at a power limit below their model's by the manifest, or in any case of the run.
void add_power_limits(const std::vector<MeasuredRun>& runs, const judge::HardwareDatabase& hardware,
                      judge::Evidence& evidence);

/// Which nodes the measurements are of. Hosts are the names in the records of `delivery`'s runs; `census` is of the
/// same runs.
judge::SampleEvidence sample_evidence(const Draw& draw, const Delivery& delivery, const Census& census);

}  // namespace petaproof::sample

// Runs one case from preparation to the verified result, on this rank, in step with the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/measure/loop.hpp"
#include "kernels/measure/search.hpp"

namespace petaproof {

enum class Disposition { pass, fail_verify, fail_run, invalid, timeout, skipped, not_supported };

std::string_view to_string(Disposition disposition);

struct PhaseSeconds {
  double prepare = 0;  // the search included
  double verify = 0;
  double warm_up = 0;
  double measure = 0;
};

/// What one rank has to say about one case.
struct CaseOutcome {
  Disposition disposition = Disposition::pass;
  std::string reason;  // empty for pass
  Measurement measurement;
  Verification verification;           // of the outputs of the timed launches; the worst slot's
  std::vector<std::uint64_t> digests;  // one per slot, of the timed outputs
  std::vector<std::pair<std::string, std::string>> notes;
  PhaseSeconds seconds;
  bool sticky = false;  // the device can no longer be trusted: end the process once this is recorded
};

struct CaseOptions {
  MeasureSpec measure;
  /// Flips one bit of every timed output before it is verified: proves that verification can fail.
  bool corrupt = false;
  /// Of searches in this process; null: each case searches anew.
  SearchMemory* searches = nullptr;
};

/// Never throws an Error: failures are dispositions. A rank whose peer failed reports `skipped` with that as reason;
/// the harness replaces it by the peer's own. The meetings it takes part in are the same on every rank.
CaseOutcome run_case(Workload& workload, Context& context, int ranks, const CaseOptions& options,
                     Agreement& agreement, Progress& progress);

}  // namespace petaproof

// Criteria held against what a run measured: a pure function, so that anyone can recompute the result from the run
// folder and the two files it names.
//
//   pass            measured, and within the bound
//   fail            measured and not, or the case itself failed: wrong results, a rate above the peak, a timeout
//   not_measured    no such case, no such sensor, a case that was skipped or cut off; never a pass
//   not_applicable  another GPU model than the criteria are for; never a pass either
//
// Only records of the cuda backend, on GPUs that no ranks share, of runs whose results nobody corrupted on purpose,
// count as measured. Every case that a criterion matches has to hold it. Values are held against the bound as
// measured, without an allowance for noise.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/acceptance/criteria.hpp"
#include "harness/sample/measured_nodes.hpp"

namespace petaproof::acceptance {

/// The worst first.
enum class Outcome { fail, not_measured, not_applicable, pass };
std::string_view to_string(Outcome outcome);  // "FAIL", "NOT MEASURED", ...

/// What was run. Of a merged folder, several runs of one plan.
struct Evidence {
  std::vector<sample::MeasuredRun> runs;
  std::vector<nlohmann::json> planned;  // cases, as a plan has them
  std::vector<nlohmann::json> records;
};

/// A GPU, by its UUID. Of one that joined runs share: its rank in the first.
struct Gpu {
  std::string run_id;
  int rank = 0;
  std::string host;
  std::string uuid;
  std::size_t node = 0;
  Outcome outcome = Outcome::not_measured;
};

struct Node {
  std::string host;
  std::vector<std::size_t> gpus;
  Outcome outcome = Outcome::not_measured;
  std::optional<std::size_t> worst;  // the finding on one of its GPUs that failed, or else has the smallest margin
};

/// A case in a run.
struct CaseRun {
  std::string run_id, case_id, title;
};

struct Finding {
  std::size_t criterion = 0;
  Scope scope = Scope::group;
  std::size_t subject = 0;  // in `gpus` or `nodes`; of no meaning for the group
  Outcome outcome = Outcome::not_measured;
  std::optional<std::size_t> at;         // in `cases`
  std::optional<std::size_t> bound;      // in the criterion's
  std::optional<double> measured;        // in the bound's unit
  std::optional<double> margin_percent;  // of the bound, negative on its wrong side; nothing for a bound of 0
  std::string reason;                    // of all but a pass
};

/// What the GPUs of a node did together in one case.
struct NodeSum {
  std::size_t criterion = 0, node = 0, at = 0;
  double sum = 0;  // in the bound's unit
  std::size_t gpus = 0;
};

struct CriterionResult {
  Outcome outcome = Outcome::not_measured;
  std::size_t passed = 0, failed = 0, not_measured = 0, not_applicable = 0;  // findings
  std::optional<std::size_t> worst;  // the finding that failed, without a margin first, or else has the smallest one
};

struct Report {
  std::vector<Gpu> gpus;
  std::vector<Node> nodes;
  std::vector<CaseRun> cases;
  std::vector<Finding> findings;
  std::vector<NodeSum> sums;
  std::vector<CriterionResult> criteria;  // one for each of the file
  std::vector<std::string> damage;        // of the run folder: with any, nothing passes as a whole
  Outcome outcome = Outcome::not_measured;

  std::size_t count(Outcome outcome) const;  // of criteria
  /// 0 pass, 1 a criterion fails, 2 nothing fails, but not everything was measured.
  int exit_code() const;
};

/// Throws nlohmann's exceptions where a record is not of this version's format.
Report check(const Criteria& criteria, const Evidence& evidence);

}  // namespace petaproof::acceptance

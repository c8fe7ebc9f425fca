// What a run came to: outcome.json, and the number that `run` exits with.
//
//   0  every case of the plan passed
//   1  a case failed: fail_verify, fail_run, invalid, timeout
//   2  nothing failed, but not everything was measured: not_supported, skipped, missing
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/suite/plan.hpp"

namespace petaproof {

inline constexpr const char* outcome_schema = "petaproof-outcome/1";

/// Whether there is such a disposition.
bool is_disposition(const std::string& name);

/// Which cases of a plan have a result, and which result.
struct Coverage {
  std::size_t planned = 0;
  std::map<std::string, std::size_t> by_disposition;
  std::vector<std::string> missing;  // case ids without a record

  bool any_failed() const;
  bool complete() const;         // every case passed or failed: nothing missing, skipped or not supported
  std::string sentence() const;  // "12 of 12 cases passed"
};

/// `records`: `end` lines, of any order. A case with several counts by its worst
/// measurement.
Coverage coverage_of(const std::vector<std::string>& case_ids, const std::vector<nlohmann::json>& records);

nlohmann::json to_json(const Coverage& coverage);

/// outcome.json of a run that was ended from outside.
nlohmann::json ended_early(const std::string& run_id, int exit_code, const std::string& why);

}  // namespace petaproof

// What a run came to: outcome.json, and the number that `run` exits with.
//
//   0  every case of the plan passed
//   1  a case failed: fail_verify, fail_run, invalid, timeout
//   2  nothing failed, but not everything was measured: not_supported, skipped, missing
//
// A case that the hardware file predicted to be not supported (prediction.hpp) does not count, as a pass or as open.
// In a plan of nothing else nothing was measured: 2.
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

/// Whether the hardware file predicted that a record would be not supported. Records of before there was the field
/// predicted nothing.
bool is_predicted(const nlohmann::json& record);

/// A record's disposition, for people: "not_supported (predicted)".
std::string disposition_text(const nlohmann::json& record);

/// Which cases of a plan have a result, and which result.
struct Coverage {
  std::size_t planned = 0;
  std::map<std::string, std::size_t> by_disposition;
  std::size_t predicted = 0;         // of those that are not_supported
  std::vector<std::string> missing;  // case ids without a record

  std::size_t counted() const { return planned - predicted; }
  std::size_t count(const std::string& disposition) const;
  bool any_failed() const;
  /// Every case that counts passed or failed, nothing missing, skipped or not supported; and one does count.
  bool complete() const;
  std::string sentence() const;  // "12 of 12 cases passed: 3 not for this GPU (predicted)"
};

/// `records`: `end` lines, of any order. A case with several counts by the worst of them, by a predicted one only
/// where it has no other.
Coverage coverage_of(const std::vector<std::string>& case_ids, const std::vector<nlohmann::json>& records);

nlohmann::json to_json(const Coverage& coverage);

/// outcome.json of a run that was ended from outside.
nlohmann::json ended_early(const std::string& run_id, int exit_code, const std::string& why);

}  // namespace petaproof

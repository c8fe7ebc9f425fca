// What `run --criteria` and `judge --criteria` print, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/acceptance/check.hpp"

namespace petaproof::acceptance {

/// "FAIL: 1 of 9 criteria failed, 2 not measured, 6 passed; 1 of 16 GPUs failed, ..."
std::string sentence(const Criteria& criteria, const Report& report);

/// The outcome in one line; then what failed, with host and GPU; what was not measured; and the rest in brief. As
/// long for 100,000 GPUs as for 100: lists are cut off with a count.
std::string render_text(const Criteria& criteria, const Report& report);

/// Everything: each bound with its source, every finding that is no pass as an object, passes as columns.
nlohmann::json report_json(const Criteria& criteria, const Report& report);

/// For outcome.json: the outcome, what failed and what was not measured, by criterion.
nlohmann::json summary_json(const Criteria& criteria, const Report& report);

}  // namespace petaproof::acceptance

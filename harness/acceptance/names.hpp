// Whether criteria speak of workloads, parameters and words that exist: what is misspelt would match no case, and
// wait for its measurement for ever.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/acceptance/criteria.hpp"

namespace petaproof::acceptance {

/// Error(config) naming the criterion, what it says and what there is. A workload is known from this build's
/// catalogue, from the registry or from `planned`, the cases of a run; its parameters from the registry, or from such
/// a case; the values that a parameter allows from the registry alone. What none of them knows is not refused.
void check_names(const Criteria& criteria, const nlohmann::json& planned);

}  // namespace petaproof::acceptance

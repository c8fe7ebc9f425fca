// What a record says about a criterion: which cases match it, and one value per rank.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/acceptance/criteria.hpp"

namespace petaproof::acceptance {

/// `one`: a case of a plan, or a record. A rate is one of normal data only, as for claims.
bool matches(const Criterion& criterion, const nlohmann::json& one);

/// A value in the bound's unit, or why there is none.
struct Measured {
  std::optional<double> value;
  std::string why;
};

/// One for each rank of a record with `per_rank`; for bus bandwidth one for all. Not for counter and power_limit.
std::vector<Measured> measured_in(const nlohmann::json& record, const Criterion& criterion, const Bound& bound);

/// What rank `rank` of `records`, in order and all of one run, says about a criterion on the GPU itself: counter,
/// power_limit.
Measured measured_over(const std::vector<const nlohmann::json*>& records, int rank, const Criterion& criterion);

/// Of the values of the GPUs of a node or group, which are not empty.
double combined(std::vector<double> values, Statistic statistic);

}  // namespace petaproof::acceptance

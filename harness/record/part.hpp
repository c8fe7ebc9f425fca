// Of a record whose ranks had GPUs of several models: the ranks of one of them, as a record of their own. A mean over
// two models is a rate of neither.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

namespace petaproof {

/// `record` as if only the ranks whose device is one of `devices` had run: columns, rates, and the means of telemetry
/// are of these. What was said of all together stays: disposition, verification, notes. `record` has rates and
/// per_rank, and one rank at least has such a device.
///
/// Intervals are widened rather than worked out anew, as the ranks' own are not in a record: errors add in squares,
/// so the k ranks' mean is no further off than n/k times what the mean of all n is.
nlohmann::json part_of_record(const nlohmann::json& record, const std::set<std::string>& devices);

}  // namespace petaproof

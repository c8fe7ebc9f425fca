// The third peak of a kernel: the rate at which the same run saw the same GPU model issue the instructions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace petaproof {

/// Adds `share_of_issue_peak` to the record's first rate, where `share_of_clock_peak` stands: its rate over that of
/// the fastest `peak/*` case among `earlier`, the records of its run so far, of the same GPU model and the same units
/// and precision (`peak_precision`), which passed with normal data. Null where there is none, and for peaks
/// themselves. So a suite names its peaks first.
void add_share_of_issue_peak(const std::vector<nlohmann::json>& earlier, nlohmann::json& record);

}  // namespace petaproof

// The third peak of a kernel: the rate at which the same run saw the same GPU model issue the instructions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

namespace petaproof {

/// The rate of `record` over that of the fastest `peak/*` case among `records` of its run, of the same GPU model and
/// the same units and precision (`peak_precision`), which passed with normal data. Nothing where there is none, and
/// for peaks themselves.
std::optional<double> share_of_issue_peak(const nlohmann::json& record, const std::vector<nlohmann::json>& records);

}  // namespace petaproof

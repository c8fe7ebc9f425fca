// The third peak of a kernel: what the same run saw the same GPU model issue of the instructions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace petaproof {

/// Adds `share_of_issue_peak` to the record's first rate, where `share_of_clock_peak` stands: its FLOP per clock over
/// those of the fastest `peak/*` case, by clock, among `earlier`, the records of its run so far, of the same GPU
/// model and the same units and precision (`peak_precision`), which passed with normal data. By clock, since the two
/// cases seldom run at one: a hot GPU's kernel is not to look slow beside a peak of before, nor a short one's fast.
/// Null where there is none or a clock is not known, in burst mode, and for peaks themselves. So a suite names its
/// peaks first.
void add_share_of_issue_peak(const std::vector<nlohmann::json>& earlier, nlohmann::json& record);

}  // namespace petaproof

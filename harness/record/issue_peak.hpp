// The third peak of a kernel: what the same run saw the same GPU model issue of the instructions, or one joined to
// it.
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

/// Of records of joined runs: the same where a record's own run could not say it, since its peaks failed, had not run
/// yet or are lost, by the peaks of all. What a run has said stays. Records that are changed have no checksum then.
void add_shares_of_joined_issue_peaks(std::vector<nlohmann::json>& records);

}  // namespace petaproof

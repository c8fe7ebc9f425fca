// What a GPU can do at most, beside what it did: shares of the peak on paper, and the refusal of rates that no clock
// and no memory could have produced.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/judge/hardware.hpp"
#include "harness/record/rank_report.hpp"
#include "harness/record/record.hpp"

namespace petaproof {

/// A rank whose rate cannot be becomes `invalid`: its timing or its clock is broken, or something else was done than
/// was asked for. Of devices that a hardware file knows:
///
///   FLOP/s  above FLOP per clock times the measured clock, by more than the clock's tolerance. Only where clock and
///           time cover the same launches: not in burst mode, whose clock includes the pauses. FLOP/s are 2*M*N*K and
///           the like: kernels/flops.hpp.
///   B/s     above the memory's bandwidth on paper by more than 3 %, in any mode, since that goes by a clock which
///           nothing lowers unseen. Only of what L2 cannot have spared the memory: `bytes` are the least that a case
///           moves, each address once, so that over many launches all but the size of L2 of each must have come from
///           memory, or gone there; in bursts too, since caches are flushed before each. A case smaller than L2 is
///           never refused so, nor one that moves nothing called `bytes`: those of a link (`link_bytes`, `busbw`)
///           have other limits.
void refuse_impossible_rates(const Case& one, const WorkloadFacts& facts, const judge::HardwareDatabase& hardware,
                             std::vector<RankReport>& ranks);

/// Adds `share_of_peak` and `peak` to the record's first rate, and to others that have a peak, FLOPs, operations of
/// integers and bytes: the mean per device over the dense peak of the datasheet, or the memory bandwidth. Null where
/// the ranks' devices differ or are shared, or the peak is not known. And where the first is of FLOP/s, or of OP/s of
/// integers, adds to it `share_of_clock_peak`, over FLOP per clock at the clock that was measured (null in burst mode
/// too, whose clock is not that of the launches), and `peak_precision`, whose peak it is: "fp64_tensor".
void add_share_of_peak(const judge::HardwareDatabase& hardware, nlohmann::json& record);

}  // namespace petaproof

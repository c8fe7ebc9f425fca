// How much a case did in a tick of its own clock, which is what its shares of a peak by the clock are made of.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace petaproof {

/// FLOP, or integers' operations, per clock of the multiprocessors: the mean over ranks of each one's rate over its
/// own clock. Of a record with a `per_rank`. Nothing where a rate or a clock is not known, nor in burst mode, whose
/// clock includes the pauses.
std::optional<double> work_per_clock(const nlohmann::json& record);

}  // namespace petaproof

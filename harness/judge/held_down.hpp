// What holds a GPU down, so that it does less than its model: a lowered power limit, a clock that somebody set, heat,
// a power brake. A power cap is none of them, since every GPU under full load runs at its limit.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/judge/evidence.hpp"
#include "harness/judge/hardware.hpp"

namespace petaproof::judge {

/// Of the time, that is none. A fraction of a window, from 0 to 1.
inline constexpr double a_moment = 0.01;

/// Whether a limit is below what its model has, by more than drivers round.
constexpr bool is_lowered(double limit, double usual) {
  return limit < 0.99 * usual;
}

/// Sets power_limit_watts, max_sm_clock_mhz, clock_set, slowed, slowed_by, unwatched and held_down from a record's
/// `telemetry`, after `gpus`. A GPU of which neither limit nor clock events were read counts as held down: whoever
/// refutes has to show that it was not. `gpu`: the model; null where it is not known, and no limit then is lowered.
void find_what_held_down(const nlohmann::json& telemetry, const Hardware* gpu, Measurement& measurement);

}  // namespace petaproof::judge

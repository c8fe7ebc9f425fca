// manifest.json: what a run was to do, by whom, with what, on what. Written before the first case.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/run/rank_devices.hpp"
#include "harness/run/run.hpp"

namespace petaproof {

/// On rank 0. `ranks`: everyone's identity, in rank order. The files' digests are added when the run is over.
nlohmann::json make_manifest(const std::string& run_id, const RunOptions& options, const Plan& plan,
                             const std::vector<RankIdentity>& ranks, RankDevices& devices, const World& world);

}  // namespace petaproof

// A GPU's identity as JSON: one object between ranks, columns in the manifest.
//
//   "gpu": {"reason": [null, ...], "serial": ["1654...", ...], ..., "unread": [{"ecc": "Not Supported ..."}, ...]}
//
// Entry i of each column belongs to the i-th rank; null where there is no value, and `unread` says why, or `reason`
// where nothing at all was read.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/telemetry/gpu_identity.hpp"

namespace petaproof {

nlohmann::json to_json(const GpuIdentity& gpu);
/// Of what to_json wrote; throws nlohmann's exception on anything else.
GpuIdentity gpu_identity_from(const nlohmann::json& value);

nlohmann::json identity_columns(const std::vector<GpuIdentity>& gpus);
/// Entry `at` of columns; throws likewise.
GpuIdentity identity_from_columns(const nlohmann::json& columns, std::size_t at);

}  // namespace petaproof

// What was taken out of the ranks' environments (kernels/device/environment.hpp), told once for all of them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/run/preflight.hpp"

namespace petaproof {

/// For the manifest: [{"name", "value", "ranks": how many had it, "first_rank", "host": that rank's}], by name.
nlohmann::json unset_json(const std::vector<RankIdentity>& ranks);

/// For the terminal, one line without a line end: names where not all ranks had them. Empty if nothing was unset.
std::string unset_sentence(const std::vector<RankIdentity>& ranks);

}  // namespace petaproof

// The file of a draw, sample.json: configs/schema/sample.schema.json. It holds the whole list, so that anyone can
// recompute hash and draw from it alone.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "harness/sample/draw.hpp"

namespace petaproof::sample {

nlohmann::json to_json(const Level& level);
nlohmann::json to_json(const std::vector<PodCount>& pods);

/// No time and no machine in it: the same list, seed and size give the same bytes anywhere.
nlohmann::json to_json(const Draw& draw);

/// Reads a draw and draws again. Throws Error(config) if anything in the file is not what list, seed and size give:
/// nodes that were exchanged, a list that was changed, a count.
Draw read_draw(const std::filesystem::path& path);

}  // namespace petaproof::sample

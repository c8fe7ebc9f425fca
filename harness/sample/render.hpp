// What `petaproof sample` prints, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "harness/sample/census.hpp"
#include "harness/sample/delivery.hpp"
#include "harness/sample/draw.hpp"

namespace petaproof::sample {

/// The list alone, before a seed: its hash and pods, how many nodes would be drawn where that was asked, and what the
/// auditor does next; the command for that is to follow.
std::string render_list(const NodeList& list, const std::optional<Size>& size);
nlohmann::json list_json(const NodeList& list);

std::string render_draw(const Draw& draw);

std::string render_delivery(const Draw& draw, const Delivery& delivery);
nlohmann::json delivery_json(const Draw& draw, const Delivery& delivery);

/// `pods` may be empty: without a draw nothing tells which pod a node is of.
std::string render_census(const Census& census, const std::vector<PodGpus>& pods);
nlohmann::json census_json(const Census& census, const std::vector<PodGpus>& pods);

}  // namespace petaproof::sample

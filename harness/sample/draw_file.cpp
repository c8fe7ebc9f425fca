#include "harness/sample/draw_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/sample_size.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;

constexpr const char* schema = "petaproof-sample/1";

json asked_json(const SizeRequest& asked) {
  return {{"nodes", asked.nodes ? json(*asked.nodes) : json(nullptr)},
          {"margin", asked.margin ? json(*asked.margin) : json(nullptr)},
          {"level", asked.level ? json(std::string(1, *asked.level)) : json(nullptr)},
          {"variation", asked.planned_variation()},
          {"variation_assumed", !asked.variation.has_value()}};
}

SizeRequest asked_from(StrictObject object) {
  SizeRequest asked;
  if (!object.raw("nodes").is_null()) asked.nodes = object.integer("nodes", 1, 1'000'000);
  if (!object.raw("margin").is_null()) asked.margin = object.number("margin", 0, 1);
  if (!object.raw("level").is_null()) asked.level = object.choice("level", {"B", "C"}).front();
  const double variation = object.number("variation", 0, 1);
  object.raw("variation_assumed");
  if (!object.boolean("variation_assumed", false)) asked.variation = variation;
  object.finish();
  if (asked.nodes.has_value() + asked.margin.has_value() + asked.level.has_value() != 1)
    object.fail("", "exactly one of nodes, margin and level is the size that was asked for");
  return asked;
}

// The list again from its canonical lines, checked as any list is.
NodeList list_from(StrictObject& top) {
  std::string text;
  for (const std::string& line : top.texts("nodes")) {
    if (line.find_first_of("#\n\r") != std::string::npos) top.fail("nodes", "a line that is no node's");
    text += line + "\n";
  }
  return parse_node_list(text, top.file() + " (nodes)");
}

// A seed or a size that cannot be is a fault of the file here, not of the command line.
Draw draw_again(NodeList list, const std::string& seed, const SizeRequest& asked, bool committed,
                const StrictObject& top) {
  try {
    return draw_nodes(std::move(list), seed, asked, committed);
  } catch (const Error& error) {
    top.fail("", error.what());
  }
}

// The first key whose value is another.
std::string difference(const json& written, const json& drawn) {
  for (const auto& [key, value] : drawn.items())
    if (!written.contains(key) || written.at(key) != value) return key;
  return {};
}

}  // namespace

json to_json(const Level& level) {
  json lacks = json::object();
  for (const auto& [name, texts] : level.lacks) lacks[std::string(1, name)] = texts;
  return {{"can_reach", std::string(1, level.reach)}, {"lacks", lacks}};
}

json to_json(const std::vector<PodCount>& pods) {
  json result = json::array();
  for (const PodCount& one : pods)
    result.push_back({{"pod", text_or_null(one.pod)}, {"nodes", one.nodes}, {"drawn", one.sampled}});
  return result;
}

json to_json(const Draw& draw) {
  const auto all = static_cast<std::int64_t>(draw.list.nodes.size());
  const double margin = judge::margin_of(draw.size.nodes, all, draw.asked.planned_variation());
  return {{"schema", schema},
          {"nodes", draw.list.lines()},
          {"nodes_sha256", draw.hash},
          {"seed", draw.seed},
          {"committed", draw.committed},
          {"asked", asked_json(draw.asked)},
          {"size", draw.size.nodes},
          {"strata", to_json(draw.pods)},
          {"drawn", draw.names()},
          {"selection", to_string(draw.selection())},
          {"margin", std::isfinite(margin) ? json(margin) : json(nullptr)},
          {"unseen_bad_nodes", judge::unseen_bad_nodes(draw.size.nodes, all)},
          {"level", to_json(level_of(draw.pods, draw.selection()))}};
}

Draw read_draw(const std::filesystem::path& path) {
  const json document = read_json_file(path);
  StrictObject top(document, path.string());
  top.choice("schema", {schema});
  NodeList list = list_from(top);
  const std::string seed = top.text("seed");
  top.raw("committed");
  const bool committed = top.boolean("committed", false);
  const SizeRequest asked = asked_from(top.object("asked"));
  for (const char* computed :
       {"nodes_sha256", "size", "strata", "drawn", "selection", "margin", "unseen_bad_nodes", "level"})
    top.raw(computed);
  top.finish();
  if (list.sha256() != top.text("nodes_sha256"))
    top.fail("nodes_sha256",
             fmt::format("the list in this file hashes to {}; list or hash was changed afterwards", list.sha256()));
  Draw draw = draw_again(std::move(list), seed, asked, committed, top);
  if (const std::string key = difference(document, to_json(draw)); !key.empty())
    top.fail(key, fmt::format("is not what list, seed and size give, which is {}; the draw was changed afterwards",
                              abbreviate(to_json(draw).at(key))));
  return draw;
}

}  // namespace petaproof::sample

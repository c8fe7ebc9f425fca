#include "harness/run/unset_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace petaproof {
namespace {

using nlohmann::json;
using Key = std::tuple<std::string, std::string>;

// By name and value: who had it.
std::map<Key, std::vector<const RankIdentity*>> by_variable(const std::vector<RankIdentity>& ranks) {
  std::map<Key, std::vector<const RankIdentity*>> result;
  for (const RankIdentity& rank : ranks)
    for (const Variable& variable : rank.unset) result[{variable.name, variable.value}].push_back(&rank);
  return result;
}

}  // namespace

json unset_json(const std::vector<RankIdentity>& ranks) {
  json result = json::array();
  for (const auto& [variable, had] : by_variable(ranks))
    result.push_back({{"name", std::get<0>(variable)},
                      {"value", std::get<1>(variable)},
                      {"ranks", had.size()},
                      {"first_rank", had.front()->rank},
                      {"host", had.front()->host}});
  return result;
}

std::string unset_sentence(const std::vector<RankIdentity>& ranks) {
  std::vector<std::string> parts;
  for (const auto& [variable, had] : by_variable(ranks)) {
    std::string where;
    if (had.size() < ranks.size())
      where = fmt::format(" (rank {} on {}{})", had.front()->rank, had.front()->host,
                          had.size() > 1 ? fmt::format(" and {} more", had.size() - 1) : "");
    parts.push_back(fmt::format("{}={}{}", std::get<0>(variable), std::get<1>(variable), where));
  }
  if (parts.empty()) return {};
  return fmt::format("Unset, because libraries would compute something else than they are asked for: {}",
                     fmt::join(parts, ", "));
}

}  // namespace petaproof

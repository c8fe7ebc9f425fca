#include "harness/record/digests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace petaproof {
namespace {

using nlohmann::json;

// A run tells ranks apart by their notes too, which a record has of rank 0 alone. Ranks of one host run the same
// libraries; hosts may differ in their versions, though never all of several.
constexpr std::size_t several = 4;

struct Model {
  std::unordered_map<std::string_view, std::string_view> of_host{};  // the first digest there
  std::unordered_set<std::string_view> digests{};
};

std::string_view text_at(const json& column, std::size_t i) {
  return column.at(i).get_ref<const std::string&>();
}

bool is_collective(const json& record) {
  return std::ranges::any_of(
      record.at("rates"), [](const json& rate) { return rate.value("basis", "") == "slowest rank of each sample"; });
}

}  // namespace

std::string of_digests(const json& record) {
  const json& columns = record.at("per_rank");
  const auto digests = columns.find("digest");
  if (digests == columns.end() || record.at("backend") != "cuda" || is_collective(record)) return {};
  const json &numbers = columns.at("rank"), &hosts = columns.at("host"), &devices = columns.at("device");
  std::unordered_map<std::string_view, Model> models;
  for (std::size_t i = 0; i < digests->size(); ++i) {
    if (numbers.at(i) == 0) continue;  // whose notes are unlike the others': it searched for the fastest candidate
    Model& model = models[text_at(devices, i)];
    const std::string_view digest = text_at(*digests, i);
    const auto [first, is_new] = model.of_host.try_emplace(text_at(hosts, i), digest);
    if (first->second != digest)
      return fmt::format("rank {} on {} got other bits from the same inputs than another \"{}\" there",
                         numbers.at(i).get<int>(), text_at(hosts, i), text_at(devices, i));
    model.digests.insert(digest);
  }
  for (const auto& [device, model] : models)
    if (model.of_host.size() >= several && model.digests.size() == model.of_host.size())
      return fmt::format("on each of {} hosts \"{}\" got other bits from the same inputs", model.of_host.size(),
                         device);
  return {};
}

}  // namespace petaproof

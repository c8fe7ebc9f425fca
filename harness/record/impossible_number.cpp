#include "harness/record/impossible_number.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

// A month of 100,000 GPUs is 1e28 FLOP; the squares of what is left can be summed.
constexpr double largest = 1e40;

// The path to what is too large, from `value` on; empty: nothing is.
std::string path_to_too_large(const json& value) {
  if (value.is_number_float())
    return std::abs(value.get<double>()) <= largest ? "" : fmt::format(" is {}", value.dump());
  // not items(): of an array it makes a text of every index
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i)
      if (std::string path = path_to_too_large(value[i]); !path.empty()) return fmt::format("/{}{}", i, path);
  if (value.is_object())
    for (const auto& [key, entry] : value.items())
      if (std::string path = path_to_too_large(entry); !path.empty()) return fmt::format("/{}{}", key, path);
  return {};
}

std::string share_outside(const json& record) {
  static const json::json_pointer at("/telemetry/per_rank/clock_event_fractions");
  if (!record.contains(at) || !record.at(at).is_object()) return {};
  for (const auto& [event, fractions] : record.at(at).items())
    for (const json& fraction : fractions)
      if (fraction.is_number() && !(fraction.get<double>() >= 0 && fraction.get<double>() <= 1))
        return fmt::format("{}/{} is {}, and a share of time is from 0 to 1", at.to_string(), event, fraction.dump());
  return {};
}

}  // namespace

std::string impossible_number(const json& record) {
  if (const std::string path = path_to_too_large(record); !path.empty())
    return path + ", beyond anything that is measured";
  return share_outside(record);
}

}  // namespace petaproof

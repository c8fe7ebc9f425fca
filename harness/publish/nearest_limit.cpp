#include "harness/publish/nearest_limit.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

double share_of(const json& rate) {
  const auto share = rate.find("share_of_peak");
  return share == rate.end() || share->is_null() ? 0 : share->get<double>();
}

}  // namespace

const json& nearest_limit(const json& record) {
  const json& rates = record.at("rates");
  if (share_of(rates.front()) == 0) return rates.front();
  return *std::ranges::max_element(rates, {}, share_of);  // of equal ones the first
}

}  // namespace petaproof

#include "harness/record/gpu_identity_json.hpp"

#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

template <typename Value>
void take(const json& from, std::optional<Value>& value) {
  if (!from.is_null()) value = from.get<Value>();
}

// `entry(name)`: the value of that name, wherever it stands.
template <typename Entry>
GpuIdentity identity_from(Entry entry) {
  GpuIdentity gpu;
  const json& reason = entry("reason");
  gpu.reason = reason.is_null() ? std::string() : reason.get<std::string>();
  for_each_value(gpu, [&](const char* name, auto& value) { take(entry(name), value); });
  gpu.unread = entry("unread").template get<std::map<std::string, std::string>>();
  return gpu;
}

}  // namespace

json to_json(const GpuIdentity& gpu) {
  json result{{"reason", text_or_null(gpu.reason)}, {"unread", gpu.unread}};
  for_each_value(gpu,
                 [&](const char* name, const auto& value) { result[name] = value ? json(*value) : json(nullptr); });
  return result;
}

GpuIdentity gpu_identity_from(const json& value) {
  return identity_from([&](const char* name) -> const json& { return value.at(name); });
}

json identity_columns(const std::vector<GpuIdentity>& gpus) {
  json columns = json::object();
  const json nothing = to_json(GpuIdentity{});  // columns without ranks are columns too
  for (const auto& [name, value] : nothing.items()) columns[name] = json::array();
  for (const GpuIdentity& gpu : gpus) {
    const json values = to_json(gpu);
    for (const auto& [name, value] : values.items()) columns[name].push_back(value);
  }
  return columns;
}

GpuIdentity identity_from_columns(const json& columns, std::size_t at) {
  return identity_from([&](const char* name) -> const json& { return columns.at(name).at(at); });
}

}  // namespace petaproof

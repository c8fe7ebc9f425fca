#include "harness/acceptance/of_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/acceptance/names.hpp"
#include "harness/acceptance/values.hpp"
#include "harness/json/configs.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::acceptance {

using nlohmann::json;

std::optional<Criteria> load_named(const std::string& name_or_path) {
  if (name_or_path.empty()) return std::nullopt;
  const auto hardware = judge::HardwareDatabase::load(config_folder("hardware"));
  return load_criteria(find_config("acceptance", name_or_path), hardware);
}

std::vector<std::string> without_a_case(const Criteria& criteria, const json& planned) {
  std::vector<std::string> ids;
  for (const Criterion& one : criteria.all)
    if (std::ranges::none_of(planned, [&](const json& item) { return matches(one, item); })) ids.push_back(one.id);
  return ids;
}

Evidence evidence_of(const json& manifest, const std::vector<json>& records) {
  return {.runs = {sample::measured_from(manifest, records, "")},
          .planned = manifest.at("plan").at("cases").get<std::vector<json>>(),
          .records = records};
}

std::optional<OfRun> of_run(const std::string& name_or_path, const LoadedRun& loaded) {
  auto criteria = load_named(name_or_path);
  if (!criteria) return std::nullopt;
  try {
    const Evidence evidence{.runs = sample::measured_from(loaded),
                            .planned = json::parse(loaded.plan_text).at("cases").get<std::vector<json>>(),
                            .records = loaded.records};
    check_names(*criteria, evidence.planned);
    Report report = check(*criteria, evidence);
    return OfRun{std::move(*criteria), std::move(report)};
  } catch (const json::exception& error) {
    throw Error(Domain::config, fmt::format("{}: not a run of a format that this version reads: {}",
                                            loaded.folder.string(), error.what()));
  }
}

}  // namespace petaproof::acceptance

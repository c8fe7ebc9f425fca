#include "harness/record/outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/record/utc.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// Which of several results of one case counts: a failure anywhere, then a measurement, then none.
const std::vector<std::string> severity{"fail_verify", "fail_run", "invalid",      "timeout",
                                        "pass",        "skipped",  "not_supported"};
constexpr std::size_t failures = 4;  // the first of them

std::size_t rank_of(const std::string& disposition) {
  return static_cast<std::size_t>(std::ranges::find(severity, disposition) - severity.begin());
}

}  // namespace

bool is_disposition(const std::string& name) {
  return rank_of(name) < severity.size();
}

bool Coverage::any_failed() const {
  return std::ranges::any_of(by_disposition, [](const auto& entry) { return rank_of(entry.first) < failures; });
}

bool Coverage::complete() const {
  return missing.empty() && !by_disposition.contains("skipped") && !by_disposition.contains("not_supported");
}

std::string Coverage::sentence() const {
  const auto passed = by_disposition.find("pass");
  std::vector<std::string> rest;
  for (const std::string& name : severity)
    if (const auto found = by_disposition.find(name); found != by_disposition.end() && name != "pass")
      rest.push_back(fmt::format("{} {}", found->second, name));
  if (!missing.empty()) rest.push_back(fmt::format("{} missing", missing.size()));
  return fmt::format("{} of {} cases passed{}{}", passed == by_disposition.end() ? 0 : passed->second, planned,
                     rest.empty() ? "" : ": ", fmt::join(rest, ", "));
}

Coverage coverage_of(const std::vector<std::string>& case_ids, const std::vector<json>& records) {
  std::map<std::string, std::string> worst;
  for (const json& record : records) {
    const std::string disposition = record.at("disposition");
    const auto [entry, added] = worst.emplace(record.at("case_id").get<std::string>(), disposition);
    if (!added && rank_of(disposition) < rank_of(entry->second)) entry->second = disposition;
  }
  Coverage coverage;
  coverage.planned = case_ids.size();
  for (const std::string& id : case_ids) {
    const auto found = worst.find(id);
    if (found == worst.end())
      coverage.missing.push_back(id);
    else
      ++coverage.by_disposition[found->second];
  }
  return coverage;
}

json to_json(const Coverage& coverage) {
  return {{"planned", coverage.planned},
          {"by_disposition", coverage.by_disposition},
          {"missing", coverage.missing},
          {"complete", coverage.complete()},
          {"sentence", coverage.sentence()}};
}

json ended_early(const std::string& run_id, int exit_code, const std::string& why) {
  return {{"schema", outcome_schema}, {"run_id", run_id},   {"exit_code", exit_code},
          {"complete", false},        {"ended_early", why}, {"end_utc", utc_now()}};
}

}  // namespace petaproof

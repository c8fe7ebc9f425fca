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

// Of a case's records the worst counts, and a predicted one only where the case has no other.
std::size_t rank_of(const json& record) {
  return is_predicted(record) ? severity.size() : rank_of(record.at("disposition").get<std::string>());
}

}  // namespace

bool is_disposition(const std::string& name) {
  return rank_of(name) < severity.size();
}

bool is_predicted(const json& record) {
  const auto predicted = record.find("predicted");
  return record.at("disposition") == "not_supported" && predicted != record.end() && predicted->is_string();
}

std::string disposition_text(const json& record) {
  return record.at("disposition").get<std::string>() + (is_predicted(record) ? " (predicted)" : "");
}

bool Coverage::any_failed() const {
  return std::ranges::any_of(by_disposition, [](const auto& entry) { return rank_of(entry.first) < failures; });
}

bool Coverage::complete() const {
  return counted() > 0 && missing.empty() && count("skipped") == 0 && count("not_supported") == predicted;
}

std::size_t Coverage::count(const std::string& disposition) const {
  const auto found = by_disposition.find(disposition);
  return found == by_disposition.end() ? 0 : found->second;
}

std::string Coverage::sentence() const {
  std::vector<std::string> rest;
  const auto add = [&](std::size_t cases, std::string_view what) {
    if (cases > 0) rest.push_back(fmt::format("{} {}", cases, what));
  };
  for (const std::string& name : severity)
    if (name != "pass") add(count(name) - (name == "not_supported" ? predicted : 0), name);
  add(missing.size(), "missing");
  add(predicted, "not for this GPU (predicted)");
  return fmt::format("{} of {} cases passed{}{}", count("pass"), counted(), rest.empty() ? "" : ": ",
                     fmt::join(rest, ", "));
}

Coverage coverage_of(const std::vector<std::string>& case_ids, const std::vector<json>& records) {
  std::map<std::string, const json*> worst;
  for (const json& record : records) {
    const auto [entry, added] = worst.emplace(record.at("case_id").get<std::string>(), &record);
    if (!added && rank_of(record) < rank_of(*entry->second)) entry->second = &record;
  }
  Coverage coverage;
  coverage.planned = case_ids.size();
  for (const std::string& id : case_ids) {
    const auto found = worst.find(id);
    if (found == worst.end()) {
      coverage.missing.push_back(id);
      continue;
    }
    ++coverage.by_disposition[found->second->at("disposition")];
    if (is_predicted(*found->second)) ++coverage.predicted;
  }
  return coverage;
}

json to_json(const Coverage& coverage) {
  return {{"planned", coverage.planned},     {"by_disposition", coverage.by_disposition},
          {"predicted", coverage.predicted}, {"missing", coverage.missing},
          {"complete", coverage.complete()}, {"sentence", coverage.sentence()}};
}

json ended_early(const std::string& run_id, int exit_code, const std::string& why) {
  return {{"schema", outcome_schema}, {"run_id", run_id},   {"exit_code", exit_code},
          {"complete", false},        {"ended_early", why}, {"end_utc", utc_now()}};
}

}  // namespace petaproof

#include <nlohmann/json.hpp>

#include "harness/acceptance/render.hpp"
#include "harness/json/write.hpp"

namespace petaproof::acceptance {
namespace {

using nlohmann::json;

json range_json(const Range& range) {
  json result = json::object();
  if (range.at_least) result["at_least"] = *range.at_least;
  if (range.at_most) result["at_most"] = *range.at_most;
  return result;
}

json bound_json(const Bound& bound) {
  return {{bound.is_minimum ? "at_least" : "at_most", bound.value},
          {"unit", bound.unit},
          {"nodes", range_json(bound.nodes)},
          {"ranks", range_json(bound.ranks)},
          {"source", bound.source},
          {"status", to_string(bound.status)},
          {"reasoning", text_or_null(bound.reasoning)}};
}

json index_or_null(const std::optional<std::size_t>& index) {
  return index ? json(*index) : json(nullptr);
}

json criterion_json(const Criterion& criterion, const CriterionResult& result) {
  json bounds = json::array();
  for (const Bound& bound : criterion.bounds) bounds.push_back(bound_json(bound));
  return {{"id", criterion.id},
          {"kind", to_string(criterion.kind)},
          {"scope", to_string(criterion.scope)},
          {"statistic", to_string(criterion.statistic)},
          {"cases", criterion.cases_text()},
          {"bounds", bounds},
          {"outcome", to_string(result.outcome)},
          {"passed", result.passed},
          {"failed", result.failed},
          {"not_measured", result.not_measured},
          {"not_applicable", result.not_applicable}};
}

json subject_json(const Report& report, const Finding& finding) {
  json subject{{"scope", to_string(finding.scope)}};
  if (finding.scope == Scope::node) subject["host"] = report.nodes[finding.subject].host;
  if (finding.scope != Scope::gpu) return subject;
  const Gpu& gpu = report.gpus[finding.subject];
  subject["host"] = gpu.host;
  subject["rank"] = gpu.rank;
  subject["uuid"] = text_or_null(gpu.uuid);
  return subject;
}

json finding_json(const Criteria& criteria, const Report& report, const Finding& finding) {
  json result = subject_json(report, finding);
  result["criterion"] = criteria.all[finding.criterion].id;
  result["outcome"] = to_string(finding.outcome);
  result["case"] = index_or_null(finding.at);
  result["bound"] = index_or_null(finding.bound);
  result["measured"] = number_or_null(finding.measured);
  result["margin_percent"] = number_or_null(finding.margin_percent);
  result["reason"] = text_or_null(finding.reason);
  return result;
}

// One entry for each criterion, with columns: an object for each of a hundred thousand GPUs would fill the memory.
json passes_json(const Criteria& criteria, const Report& report) {
  json passes = json::array();
  for (const Criterion& criterion : criteria.all)
    passes.push_back({{"criterion", criterion.id},
                      {"scope", to_string(criterion.scope)},
                      {"subject", json::array()},
                      {"case", json::array()},
                      {"bound", json::array()},
                      {"measured", json::array()},
                      {"margin_percent", json::array()}});
  for (const Finding& finding : report.findings) {
    if (finding.outcome != Outcome::pass) continue;
    json& entry = passes[finding.criterion];
    entry["subject"].push_back(finding.scope == Scope::group ? json(nullptr) : json(finding.subject));
    entry["case"].push_back(index_or_null(finding.at));
    entry["bound"].push_back(index_or_null(finding.bound));
    entry["measured"].push_back(number_or_null(finding.measured));
    entry["margin_percent"].push_back(number_or_null(finding.margin_percent));
  }
  return passes;
}

json gpus_json(const Report& report) {
  json gpus = json::array();
  for (const Gpu& gpu : report.gpus)
    gpus.push_back({{"host", gpu.host},
                    {"rank", gpu.rank},
                    {"run_id", gpu.run_id},
                    {"uuid", text_or_null(gpu.uuid)},
                    {"outcome", to_string(gpu.outcome)}});
  return gpus;
}

json nodes_json(const Criteria& criteria, const Report& report) {
  json nodes = json::array();
  for (const Node& node : report.nodes)
    nodes.push_back(
        {{"host", node.host},
         {"outcome", to_string(node.outcome)},
         {"gpus", node.gpus},
         {"worst", node.worst ? finding_json(criteria, report, report.findings[*node.worst]) : json(nullptr)},
         {"sums", json::array()}});
  for (const NodeSum& sum : report.sums)
    nodes[sum.node]["sums"].push_back({{"criterion", criteria.all[sum.criterion].id},
                                       {"case", sum.at},
                                       {"sum", sum.sum},
                                       {"unit", criteria.all[sum.criterion].bounds.front().unit},
                                       {"gpus", sum.gpus}});
  return nodes;
}

json ids_with(const Criteria& criteria, const Report& report, auto predicate) {
  json ids = json::array();
  for (std::size_t i = 0; i < criteria.all.size(); ++i)
    if (predicate(report.criteria[i].outcome)) ids.push_back(criteria.all[i].id);
  return ids;
}

}  // namespace

json summary_json(const Criteria& criteria, const Report& report) {
  return {{"criteria", criteria.id},
          {"file", criteria.file},
          {"gpu", criteria.gpu.id},
          {"outcome", to_string(report.outcome)},
          {"exit_code", report.exit_code()},
          {"sentence", sentence(criteria, report)},
          {"failed", ids_with(criteria, report, [](Outcome one) { return one == Outcome::fail; })},
          {"not_measured",
           ids_with(criteria, report,
                    [](Outcome one) { return one == Outcome::not_measured || one == Outcome::not_applicable; })},
          {"passed", ids_with(criteria, report, [](Outcome one) { return one == Outcome::pass; })}};
}

json report_json(const Criteria& criteria, const Report& report) {
  json result = summary_json(criteria, report);
  result["damage"] = report.damage;
  json all = json::array(), cases = json::array(), findings = json::array();
  for (std::size_t i = 0; i < criteria.all.size(); ++i)
    all.push_back(criterion_json(criteria.all[i], report.criteria[i]));
  for (const CaseRun& one : report.cases)
    cases.push_back({{"run_id", text_or_null(one.run_id)}, {"case_id", one.case_id}, {"title", one.title}});
  for (const Finding& finding : report.findings)
    if (finding.outcome != Outcome::pass) findings.push_back(finding_json(criteria, report, finding));
  result["criteria_results"] = all;
  result["cases"] = cases;
  result["findings"] = findings;
  result["passes"] = passes_json(criteria, report);
  result["gpus"] = gpus_json(report);
  result["nodes"] = nodes_json(criteria, report);
  return result;
}

}  // namespace petaproof::acceptance

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "harness/acceptance/render.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::acceptance {
namespace {

using judge::paragraph;
using judge::shown;
using judge::shown_exactly;
using judge::shown_whole;

constexpr std::size_t most_listed = 5;   // failures by name, of each criterion: one that all fail hides no other
constexpr std::size_t most_reasons = 3;  // per criterion that was not measured

std::string whole(std::size_t value) {
  return shown_whole(static_cast<double>(value));
}

std::string with_unit(const std::string& value, const std::string& unit) {
  if (unit == "percent" || unit == "percent of peak") return fmt::format("{} %{}", value, unit.substr(7));
  return fmt::format("{} {}", value, unit == "celsius" ? "degrees C" : unit);
}

std::string bound_text(const Bound& bound) {
  return fmt::format("{} {}", bound.is_minimum ? "at least" : "at most",
                     with_unit(shown_exactly(bound.value), bound.unit));
}

std::string measured_text(const Finding& finding, const Bound& bound) {
  const double value = finding.measured.value_or(0);
  // a count is whole, and a value that missed its bound must not be shown as the bound itself
  const bool close = finding.margin_percent && std::abs(*finding.margin_percent) < 1;
  const std::string number = bound.unit == "errors" || bound.unit == "rows" || bound.unit == "cases"
                                 ? shown_whole(value)
                             : close ? fmt::format("{:.6g}", value)
                                     : shown(value);
  if (!finding.margin_percent) return with_unit(number, bound.unit);
  const double margin = *finding.margin_percent;
  return with_unit(number, bound.unit) +
         (std::abs(margin) < 10 ? fmt::format(" ({:+.2g} %)", margin) : fmt::format(" ({:+.0f} %)", margin));
}

std::string gpu_text(const Gpu& gpu) {
  return fmt::format("{} rank {} {}", gpu.host, gpu.rank, gpu.uuid.empty() ? "(no UUID)" : gpu.uuid);
}

std::string subject_text(const Report& report, const Finding& finding) {
  switch (finding.scope) {
    case Scope::gpu: return gpu_text(report.gpus[finding.subject]);
    case Scope::node: return report.nodes[finding.subject].host;
    case Scope::group: return "all ranks";
  }
  return {};
}

std::string value_and_bound(const Criterion& criterion, const Finding& finding) {
  if (!finding.measured) return finding.reason;
  const Bound& bound = criterion.bounds[*finding.bound];
  return fmt::format("{}, {}", measured_text(finding, bound), bound_text(bound));
}

// GPUs or nodes with an outcome.
template <typename Subjects>
std::size_t counted(const Subjects& subjects, Outcome outcome) {
  return static_cast<std::size_t>(
      std::ranges::count_if(subjects, [&](const auto& one) { return one.outcome == outcome; }));
}

template <typename Subjects>
std::string counts(const Subjects& subjects, const char* one, const char* many) {
  const std::string of = fmt::format("{} {}", whole(subjects.size()), subjects.size() == 1 ? one : many);
  std::vector<std::string> parts;
  for (const auto& [outcome, word] :
       {std::pair{Outcome::fail, "failed"}, std::pair{Outcome::pass, "passed"},
        std::pair{Outcome::not_measured, "not measured"}, std::pair{Outcome::not_applicable, "not applicable"}})
    if (const std::size_t count = counted(subjects, outcome); count > 0)
      parts.push_back(fmt::format("{} {}", whole(count), word));
  return parts.empty() ? of : fmt::format("{}: {}", of, fmt::join(parts, ", "));
}

// The largest shortfall first; what has no margin, such as wrong results, before all.
std::vector<const Finding*> failures_of(const Report& report) {
  std::vector<const Finding*> failures;
  for (const Finding& finding : report.findings)
    if (finding.outcome == Outcome::fail) failures.push_back(&finding);
  std::ranges::stable_sort(failures, {}, [](const Finding* finding) {
    return finding->margin_percent.value_or(-std::numeric_limits<double>::infinity());
  });
  return failures;
}

// With its run where the same case was run several times.
std::string case_text(const Report& report, const CaseRun& one) {
  const bool again = std::ranges::any_of(
      report.cases, [&](const CaseRun& other) { return other.case_id == one.case_id && other.run_id != one.run_id; });
  return again ? fmt::format("{} (run {})", one.title, one.run_id) : one.title;
}

std::string failed_text(const Criteria& criteria, const Report& report) {
  std::vector<std::size_t> counts(criteria.all.size());
  std::string text;
  for (const Finding* finding : failures_of(report)) {
    if (++counts[finding->criterion] > most_listed) continue;
    const Criterion& criterion = criteria.all[finding->criterion];
    const std::string at = finding->at ? "; " + case_text(report, report.cases[*finding->at]) : "";
    text += paragraph("FAILED        ", fmt::format("{}: {}: {}{}", criterion.id, subject_text(report, *finding),
                                                    value_and_bound(criterion, *finding), at));
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > most_listed)
      text += paragraph("FAILED        ", fmt::format("{}: and {} more; --json names all", criteria.all[i].id,
                                                      whole(counts[i] - most_listed)));
  return text;
}

// Why criteria were not measured, each reason with how often and for whom first; those that share it in one line.
std::string not_measured_text(const Criteria& criteria, const Report& report) {
  struct Reason {
    std::size_t count = 0;
    const Finding* first = nullptr;
  };
  std::vector<std::map<std::string, Reason>> reasons(criteria.all.size());
  for (const Finding& finding : report.findings) {
    if (finding.outcome != Outcome::not_measured && finding.outcome != Outcome::not_applicable) continue;
    Reason& reason = reasons[finding.criterion][finding.reason];
    if (reason.count++ == 0) reason.first = &finding;
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> lines;  // why, and the criteria
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    std::vector<std::string> parts;
    for (const auto& [why, reason] : reasons[i]) {
      if (parts.size() == most_reasons) {
        parts.push_back(fmt::format("and {} other reasons", reasons[i].size() - most_reasons));
        break;
      }
      const std::string whom = reason.first->scope == Scope::group ? "" : subject_text(report, *reason.first) + ": ";
      const std::string times = reason.count > 1 ? fmt::format(" ({} times)", whole(reason.count)) : "";
      parts.push_back(fmt::format("{}{}{}", whom, why, times));
    }
    if (parts.empty()) continue;
    const std::string why = fmt::format("{}", fmt::join(parts, "; "));
    auto line = std::ranges::find(lines, why, &std::pair<std::string, std::vector<std::string>>::first);
    if (line == lines.end()) line = lines.insert(lines.end(), {why, {}});
    line->second.push_back(criteria.all[i].id);
  }
  std::string text;
  for (const auto& [why, ids] : lines)
    text += paragraph("NOT MEASURED  ", fmt::format("{}: {}", fmt::join(ids, ", "), why));
  return text;
}

std::string passed_text(const Criteria& criteria, const Report& report) {
  std::string text;
  for (std::size_t i = 0; i < criteria.all.size(); ++i) {
    const CriterionResult& result = report.criteria[i];
    if (result.outcome != Outcome::pass) continue;
    const char* noun = criteria.all[i].scope == Scope::gpu    ? "GPU"
                       : criteria.all[i].scope == Scope::node ? "node"
                                                              : "group";
    const std::string worst =
        result.worst ? fmt::format("; worst {}: {}", subject_text(report, report.findings[*result.worst]),
                                   value_and_bound(criteria.all[i], report.findings[*result.worst]))
                     : fmt::format(", {}", bound_text(criteria.all[i].bounds.front()));
    text += paragraph("PASSED        ", fmt::format("{}: {} {} result{}{}", criteria.all[i].id, whole(result.passed),
                                                    noun, result.passed == 1 ? "" : "s", worst));
  }
  return text;
}

// Nodes that did not pass, by name; the worst GPU of each that failed is where to look. Where none did, the node
// failed as a whole, and FAILED has said so.
std::string nodes_text(const Criteria& criteria, const Report& report) {
  std::string text = paragraph("GPUS          ", counts(report.gpus, "GPU", "GPUs"));
  text += paragraph("NODES         ", counts(report.nodes, "node", "nodes"));
  std::size_t listed = 0;
  for (const Node& node : report.nodes) {
    if (node.outcome != Outcome::fail) continue;
    if (++listed > most_listed) break;
    std::string worst;
    if (node.worst && report.findings[*node.worst].outcome == Outcome::fail) {
      const Finding& finding = report.findings[*node.worst];
      worst =
          fmt::format("; worst GPU: rank {}, {} {}", report.gpus[finding.subject].rank,
                      criteria.all[finding.criterion].id, value_and_bound(criteria.all[finding.criterion], finding));
    }
    std::vector<std::string> sums;
    for (const NodeSum& sum : report.sums)
      if (&report.nodes[sum.node] == &node)
        sums.push_back(fmt::format("{} {} on {} GPUs", criteria.all[sum.criterion].id,
                                   with_unit(shown(sum.sum), criteria.all[sum.criterion].bounds.front().unit),
                                   sum.gpus));
    text += paragraph(fmt::format("  {:<12}", node.host),
                      fmt::format("FAIL{}{}{}", worst, sums.empty() ? "" : "; sums: ", fmt::join(sums, ", ")));
  }
  return text;
}

}  // namespace

std::string sentence(const Criteria& criteria, const Report& report) {
  std::string text =
      fmt::format("{}: {}; {}; {}", to_string(report.outcome), counts(report.criteria, "criterion", "criteria"),
                  counts(report.gpus, "GPU", "GPUs"), counts(report.nodes, "node", "nodes"));
  if (!report.damage.empty()) text += "; the run folder is damaged";
  return fmt::format("{} ({}, for {})", text, criteria.id, criteria.gpu.short_name);
}

std::string render_text(const Criteria& criteria, const Report& report) {
  std::string text = paragraph("ACCEPTANCE    ", sentence(criteria, report));
  for (const std::string& damage : report.damage) text += paragraph("DAMAGED       ", damage);
  text += failed_text(criteria, report);
  text += not_measured_text(criteria, report);
  text += passed_text(criteria, report);
  return text + nodes_text(criteria, report);
}

}  // namespace petaproof::acceptance

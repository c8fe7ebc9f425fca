#include "harness/acceptance/summary.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace petaproof::acceptance {
namespace {

// Outcomes of criteria on subjects; nothing where no finding tells.
class Table {
 public:
  Table(std::size_t subjects, std::size_t criteria) : criteria_(criteria), cells_(subjects * criteria) {}
  void add(std::size_t subject, std::size_t criterion, Outcome outcome) {
    auto& cell = cells_[subject * criteria_ + criterion];
    cell = cell ? std::min(*cell, outcome) : outcome;
  }
  Outcome of(std::size_t subject, std::size_t criterion) const {
    return cells_[subject * criteria_ + criterion].value_or(Outcome::not_measured);
  }

 private:
  std::size_t criteria_;
  std::vector<std::optional<Outcome>> cells_;
};

// Where to look first: what failed before what did not, and of these what has no margin, such as errors where none
// are allowed, before any shortfall. What neither failed nor has a margin is no worst.
bool is_worse(const Report& report, std::size_t finding, const std::optional<std::size_t>& than) {
  const auto key = [&](std::size_t i) {
    const Finding& one = report.findings[i];
    return std::pair(one.outcome != Outcome::fail,
                     one.margin_percent.value_or(-std::numeric_limits<double>::infinity()));
  };
  const Finding& one = report.findings[finding];
  if (one.outcome != Outcome::fail && !one.margin_percent) return false;
  return !than || key(finding) < key(*than);
}

void add_to(CriterionResult& result, Outcome outcome) {
  switch (outcome) {
    case Outcome::fail: ++result.failed; break;
    case Outcome::not_measured: ++result.not_measured; break;
    case Outcome::not_applicable: ++result.not_applicable; break;
    case Outcome::pass: ++result.passed; break;
  }
}

// Passed on some GPUs and not applicable on others: the others have not passed.
Outcome outcome_of(const CriterionResult& result) {
  if (result.failed > 0) return Outcome::fail;
  if (result.not_measured > 0) return Outcome::not_measured;
  if (result.not_applicable > 0) return result.passed > 0 ? Outcome::not_measured : Outcome::not_applicable;
  return result.passed > 0 ? Outcome::pass : Outcome::not_measured;
}

bool asks(const Criteria& criteria, Scope scope) {
  return std::ranges::any_of(criteria.all, [&](const Criterion& one) { return one.scope == scope; });
}

// The outcome of a GPU or node over the criteria of its scope; where there is none it has passed nothing.
Outcome worst(const Criteria& criteria, Scope scope, const Table& table, std::size_t subject) {
  if (!asks(criteria, scope)) return scope == Scope::gpu ? Outcome::not_applicable : Outcome::pass;
  Outcome outcome = Outcome::pass;
  for (std::size_t i = 0; i < criteria.all.size(); ++i)
    if (criteria.all[i].scope == scope) outcome = std::min(outcome, table.of(subject, i));
  return outcome;
}

}  // namespace

void summarise(const Criteria& criteria, Report& report) {
  const std::size_t count = criteria.all.size();
  Table on_gpus(report.gpus.size(), count), on_nodes(report.nodes.size(), count);
  report.criteria.assign(count, {});
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    CriterionResult& result = report.criteria[finding.criterion];
    add_to(result, finding.outcome);
    if (is_worse(report, i, result.worst)) result.worst = i;
    if (finding.scope == Scope::node) on_nodes.add(finding.subject, finding.criterion, finding.outcome);
    if (finding.scope != Scope::gpu) continue;
    on_gpus.add(finding.subject, finding.criterion, finding.outcome);
    Node& node = report.nodes[report.gpus[finding.subject].node];
    if (is_worse(report, i, node.worst)) node.worst = i;
  }
  for (CriterionResult& result : report.criteria) result.outcome = outcome_of(result);

  for (std::size_t i = 0; i < report.gpus.size(); ++i)
    report.gpus[i].outcome = worst(criteria, Scope::gpu, on_gpus, i);
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    Node& node = report.nodes[i];
    node.outcome = worst(criteria, Scope::node, on_nodes, i);
    for (const std::size_t gpu : node.gpus)
      if (asks(criteria, Scope::gpu) || !asks(criteria, Scope::node))
        node.outcome = std::min(node.outcome, report.gpus[gpu].outcome);
  }
  report.outcome = report.damage.empty() ? Outcome::pass : Outcome::not_measured;
  for (const CriterionResult& result : report.criteria) report.outcome = std::min(report.outcome, result.outcome);
}

}  // namespace petaproof::acceptance

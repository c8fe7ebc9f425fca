#include "harness/acceptance/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/acceptance/summary.hpp"
#include "harness/acceptance/values.hpp"
#include "harness/judge/text.hpp"
#include "harness/record/standing.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/evidence.hpp"
#include "harness/suite/plan.hpp"

namespace petaproof::acceptance {
namespace {

using nlohmann::json;

bool is_failure(const std::string& disposition) {
  return disposition != "pass" && disposition != "skipped" && disposition != "not_supported";
}

// Criteria on the GPU itself, whatever case it ran.
bool is_of_the_gpu(const Criterion& criterion) {
  return criterion.kind == Kind::counter || criterion.kind == Kind::power_limit;
}

// What a run alone says of its records, before any of them is looked at.
RecordFacts facts_of_run(const sample::MeasuredRun& run) {
  RecordFacts facts{.backend = run.backend, .gpu_shared = run.gpu_shared};
  // meant to differ from the judge: he takes means over ranks, which cannot be rid of a bad one; here each GPU is
  // held for itself, so that one without a UUID of its own, or one that the manifest puts elsewhere, is not measured,
  // and the others are. Whatever contradicts the manifest is damage, with which nothing passes as a whole
  if (run.corrupted) facts.run_fault = "its results were corrupted on request";
  return facts;
}

// Of a record in its run. Meant to differ from the judge:
//   * a criterion names its workload and its data, which matches() has asked for: temperatures may be of any;
//   * who failed fails, which is told apart from what was not measured.
Standing standing_in(const sample::MeasuredRun& run, const json& record) {
  RecordFacts facts = petaproof::facts_of(record);
  const RecordFacts of_run = facts_of_run(run);
  facts.backend = of_run.backend;  // of CPU cases beside GPU cases: check_record()
  facts.run_fault = of_run.run_fault;
  facts.gpu_shared = facts.gpu_shared || of_run.gpu_shared;
  facts.issue_rate = false;
  facts.fill = "normal";
  return standing_of(facts);
}

// In the words of acceptance, which has no readings; empty if the record counts, or failed.
std::string why_not_measured(const Standing& standing, const sample::MeasuredRun& run) {
  switch (standing.objection) {
    case Objection::none:
    case Objection::disposition: return {};
    case Objection::backend: return fmt::format("{} backend: no GPU was measured", run.backend);
    case Objection::run: return "the run flipped bits of its results on request (--corrupt)";
    case Objection::gpu_shared: return "gpu_shared: several ranks used one GPU, so that no rate is a GPU's own";
    default: return standing.because;
  }
}

// The GPUs that are judged together.
struct Group {
  std::size_t subject = 0;
  std::vector<std::size_t> places;  // in the record's columns
};

class Checker {
 public:
  Checker(const Criteria& criteria, const Evidence& evidence) : criteria_(criteria), evidence_(evidence) {
    const sample::Census census = take_census(evidence.runs, {});  // of which only the GPUs' identities are asked
    for (std::size_t i = 0; i < evidence.runs.size(); ++i) add_run(i, rank_faults(evidence.runs[i], census));
    for (const json& record : evidence.records) by_case_[record.at("case_id")].push_back(&record);
  }

  Report report() {
    for (criterion_ = 0; criterion_ < criteria_.all.size(); ++criterion_) {
      told_of_.assign(report_.gpus.size(), false);
      told_of_all_ = false;
      is_of_the_gpu(criterion()) ? check_gpus() : check_cases();
      tell_of_the_rest();
    }
    summarise(criteria_, report_);
    return std::move(report_);
  }

 private:
  const Criterion& criterion() const { return criteria_.all[criterion_]; }

  void add_run(std::size_t index, const std::vector<std::string>& faults) {
    const sample::MeasuredRun& run = evidence_.runs[index];
    run_at_[run.run_id] = index;
    for (const std::string& damage : run.damage) report_.damage.push_back(damage);
    for (std::size_t i = 0; i < run.ranks.size(); ++i) {
      const sample::MeasuredRank& rank = run.ranks[i];
      // one GPU in two runs that were joined is one GPU; a device without a UUID is never taken for another
      const std::string key = rank.uuid.empty() ? fmt::format("{} {}", run.run_id, rank.rank) : rank.uuid;
      const auto [gpu, is_new] = gpu_by_key_.emplace(key, report_.gpus.size());
      gpu_at_[{index, rank.rank}] = gpu->second;
      if (!is_new && report_.gpus[gpu->second].host != rank.host)
        report_.damage.push_back(fmt::format("{} answers on {} and on {}: no GPU is in two places", key,
                                             report_.gpus[gpu->second].host, rank.host));
      if (is_new)
        gpu_faults_.push_back(faults[i]);
      else if (gpu_faults_[gpu->second].empty())
        gpu_faults_[gpu->second] = faults[i];
      if (!is_new) continue;
      const auto [node, added] = node_at_.emplace(rank.host, report_.nodes.size());
      if (added) report_.nodes.push_back({.host = rank.host, .gpus = {}, .worst = {}});
      report_.nodes[node->second].gpus.push_back(report_.gpus.size());
      ranks_.push_back(&rank);
      report_.gpus.push_back(
          {.run_id = run.run_id, .rank = rank.rank, .host = rank.host, .uuid = rank.uuid, .node = node->second});
    }
  }

  // Where runs were joined, or ranks are missing from a record, a criterion may have passed without this GPU.
  void tell_of_the_rest() {
    at_.reset();
    if (told_of_all_) return;
    for (std::size_t gpu = 0; gpu < report_.gpus.size(); ++gpu)
      if (!told_of_[gpu]) add(Scope::gpu, gpu, Outcome::not_measured, "no record of such a case is of this GPU");
  }

  Finding& add(Scope scope, std::size_t subject, Outcome outcome, std::string reason) {
    if (scope == Scope::group && outcome != Outcome::pass) told_of_all_ = true;
    return report_.findings.emplace_back(Finding{.criterion = criterion_,
                                                 .scope = scope,
                                                 .subject = subject,
                                                 .outcome = outcome,
                                                 .at = at_,
                                                 .bound = {},
                                                 .measured = {},
                                                 .margin_percent = {},
                                                 .reason = std::move(reason)});
  }
  void not_measured(std::string reason) { add(Scope::group, 0, Outcome::not_measured, std::move(reason)); }

  // Whether the criteria are for this GPU; says so where they are not.
  bool is_ours(std::size_t gpu) {
    const sample::MeasuredRank& rank = *ranks_[gpu];
    const auto& names = criteria_.gpu.reported_names;
    if (std::ranges::find(names, rank.device, &judge::TextFigure::value) == names.end()) {
      add(Scope::gpu, gpu, Outcome::not_applicable,
          fmt::format("it is \"{}\", the criteria are for {}", rank.device, criteria_.gpu.short_name));
      return false;
    }
    const std::string& fault = gpu_faults_[gpu];
    if (fault.empty()) return true;
    add(Scope::gpu, gpu, Outcome::not_measured, rank.mig ? "a MIG instance is a slice of a GPU" : fault);
    return false;
  }

  // ---- criteria on cases

  void check_cases() {
    bool any = false;
    for (const json& planned : evidence_.planned) {
      if (!matches(criterion(), planned)) continue;
      any = true;
      const auto found = by_case_.find(planned.at("case_id"));
      if (found == by_case_.end()) {
        at_ = case_run("", planned);
        not_measured("the run broke off before this case ended");
        continue;
      }
      for (const json* record : found->second) check_record(*record);
    }
    at_.reset();
    if (!any) not_measured(fmt::format("the run has no case of {}", criterion().cases_text()));
  }

  std::size_t case_run(const std::string& run_id, const json& one) {
    const std::string id = one.at("case_id");
    const auto [found, added] = case_at_.emplace(std::pair(run_id, id), report_.cases.size());
    if (added) report_.cases.push_back({run_id, id, case_title(one)});
    return found->second;
  }

  void check_record(const json& record) {
    const std::string run_id = record.at("run_id");
    at_ = case_run(run_id, record);
    const auto run = run_at_.find(run_id);
    const std::string disposition = record.at("disposition");
    const std::string reason = record.at("reason").is_null() ? "" : record.at("reason").get<std::string>();
    if (run == run_at_.end()) return not_measured("no manifest tells of this record's run");
    const sample::MeasuredRun& its_run = evidence_.runs[run->second];
    if (const std::string why = why_not_measured(standing_in(its_run, record), its_run); !why.empty())
      return not_measured(why);
    if (disposition == "skipped" || disposition == "not_supported")
      return not_measured(fmt::format("{}: {}", disposition, reason));
    if (record.at("backend") != "cuda") {  // beside GPU cases, not in their place; no GPU then hears of it
      if (!criterion().cases.workload.empty()) not_measured("host backend: no GPU was measured");
      return;
    }
    if (record.at("per_rank").is_null()) {
      add(Scope::group, 0, Outcome::fail, fmt::format("{}: {}", disposition, reason));
      return;
    }
    const std::vector<Group> groups = groups_of(record, run->second);
    disposition == "pass" ? hold(record, groups) : blame(record, groups, fmt::format("{}: {}", disposition, reason));
  }

  // Only GPUs of the criteria's model take part; for the others that is said.
  std::vector<Group> groups_of(const json& record, std::size_t run) {
    const json& columns = record.at("per_rank");
    std::map<std::size_t, Group> groups;
    for (std::size_t place = 0; place < columns.at("rank").size(); ++place) {
      const auto found = gpu_at_.find({run, columns.at("rank").at(place)});
      // a manifest that was edited; sample::measured_from reports it as damage
      if (found == gpu_at_.end() || columns.at("host").at(place) != report_.gpus[found->second].host) continue;
      told_of_[found->second] = true;
      if (!is_ours(found->second)) continue;
      const std::size_t subject = criterion().scope == Scope::gpu    ? found->second
                                  : criterion().scope == Scope::node ? report_.gpus[found->second].node
                                                                     : 0;
      Group& group = groups[subject];
      group.subject = subject;
      group.places.push_back(place);
    }
    std::vector<Group> result;
    for (auto& [subject, group] : groups) result.push_back(std::move(group));
    return result;
  }

  // A record that failed fails those whose own ranks failed, or, where no rank stands out (other bits than the
  // others' are found by comparing ranks), all together. Nobody else was measured by it.
  void blame(const json& record, const std::vector<Group>& groups, const std::string& reason) {
    const json& dispositions = record.at("per_rank").at("disposition");
    const auto is_at_fault = [&](const Group& group) {
      return std::ranges::any_of(group.places, [&](std::size_t place) { return is_failure(dispositions.at(place)); });
    };
    const bool anyone = std::ranges::any_of(groups, is_at_fault);
    if (!anyone) add(Scope::group, 0, Outcome::fail, reason);
    for (const Group& group : groups)
      if (anyone && is_at_fault(group))
        add(criterion().scope, group.subject, Outcome::fail, reason);
      else if (anyone || criterion().scope != Scope::group)
        add(criterion().scope, group.subject, Outcome::not_measured, "the case failed: " + reason);
  }

  std::optional<std::size_t> bound_for(const json& record) const {
    const json& columns = record.at("per_rank");
    const std::set<std::string> hosts(columns.at("host").begin(), columns.at("host").end());
    for (std::size_t i = 0; i < criterion().bounds.size(); ++i) {
      const Bound& bound = criterion().bounds[i];
      if (bound.nodes.holds(static_cast<std::int64_t>(hosts.size())) &&
          bound.ranks.holds(static_cast<std::int64_t>(columns.at("rank").size())))
        return i;
    }
    return std::nullopt;
  }

  void hold(const json& record, const std::vector<Group>& groups) {
    const auto index = bound_for(record);
    if (!index) return not_measured("no bound of the criterion is for this many nodes and ranks");
    const std::vector<Measured> values = measured_in(record, criterion(), criterion().bounds[*index]);
    for (const Group& group : groups)
      judge(group.subject, value_of(group, values, criterion().bounds[*index]), *index);
    if (criterion().scope == Scope::gpu && criterion().kind <= Kind::memory_bandwidth)
      add_sums(groups, values, *index);
  }

  Measured value_of(const Group& group, const std::vector<Measured>& values, const Bound& bound) const {
    if (criterion().kind == Kind::bus_bandwidth) return values.front();
    std::vector<double> known;
    for (const std::size_t place : group.places) {
      // a mean would hide one that ran something else
      if (!values[place].value || is_too_fast(*values[place].value, bound.ceiling)) return values[place];
      known.push_back(*values[place].value);
    }
    if (criterion().kind == Kind::spread && known.size() < 2) return {std::nullopt, "one GPU alone has no spread"};
    return {combined(known, criterion().statistic), {}};
  }

  void add_sums(const std::vector<Group>& groups, const std::vector<Measured>& values, std::size_t bound) {
    if (criterion().bounds[bound].unit == "percent of peak") return;
    std::map<std::size_t, NodeSum> sums;
    for (const Group& group : groups) {
      const std::size_t node = report_.gpus[group.subject].node;
      NodeSum& sum = sums.try_emplace(node, NodeSum{.criterion = criterion_, .node = node, .at = *at_}).first->second;
      const Measured& value = values[group.places.front()];
      if (!value.value) continue;
      sum.sum += *value.value;
      ++sum.gpus;
    }
    for (const auto& [node, sum] : sums) report_.sums.push_back(sum);
  }

  // ---- criteria on the GPU itself

  void check_gpus() {
    at_.reset();
    for (std::size_t run = 0; run < evidence_.runs.size(); ++run) {
      const sample::MeasuredRun& its_run = evidence_.runs[run];
      if (const std::string why = why_not_measured(standing_of(facts_of_run(its_run)), its_run); !why.empty()) {
        not_measured(why);
        continue;
      }
      std::vector<const json*> records;
      for (const json& record : evidence_.records)
        if (record.at("run_id") == evidence_.runs[run].run_id && record.at("backend") == "cuda")
          records.push_back(&record);
      for (const sample::MeasuredRank& rank : evidence_.runs[run].ranks) {
        const std::size_t gpu = gpu_at_.at({run, rank.rank});
        told_of_[gpu] = true;
        if (is_ours(gpu)) judge(gpu, measured_over(records, rank.rank, criterion()), 0);
      }
    }
    if (evidence_.runs.empty()) not_measured("there is no run");
  }

  // ---- one value

  void judge(std::size_t subject, const Measured& measured, std::size_t index) {
    if (!measured.value) {
      add(criterion().scope, subject, Outcome::not_measured, measured.why);
      return;
    }
    const Bound& bound = criterion().bounds[index];
    const double value = *measured.value;
    if (is_too_fast(value, bound.ceiling)) {
      add(criterion().scope, subject, Outcome::not_measured,
          fmt::format("{} {} is more than {}: something else was measured", judge::shown(value), bound.unit,
                      bound.possible_is));
      return;
    }
    const bool good = bound.is_minimum ? value >= bound.value : value <= bound.value;  // NaN is neither
    Finding& finding = add(criterion().scope, subject, good ? Outcome::pass : Outcome::fail, "");
    finding.bound = index;
    finding.measured = value;
    if (bound.value > 0)
      finding.margin_percent = 100 * (bound.is_minimum ? value - bound.value : bound.value - value) / bound.value;
    if (!good) finding.reason = bound.is_minimum ? "below the minimum" : "above the limit";
  }

  const Criteria& criteria_;
  const Evidence& evidence_;
  Report report_;
  std::map<std::string, std::vector<const json*>> by_case_;
  std::map<std::string, std::size_t> run_at_;
  std::map<std::string, std::size_t> node_at_;
  std::map<std::string, std::size_t> gpu_by_key_;
  std::map<std::pair<std::size_t, int>, std::size_t> gpu_at_;  // by run and rank
  std::map<std::pair<std::string, std::string>, std::size_t> case_at_;
  std::vector<const sample::MeasuredRank*> ranks_;  // one for each of report_.gpus
  std::vector<std::string> gpu_faults_;             // why it is no whole GPU of its own; of each
  std::size_t criterion_ = 0;
  std::vector<bool> told_of_;  // by the findings of this criterion
  bool told_of_all_ = false;
  std::optional<std::size_t> at_;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::fail: return "FAIL";
    case Outcome::not_measured: return "NOT MEASURED";
    case Outcome::not_applicable: return "NOT APPLICABLE";
    case Outcome::pass: return "PASS";
  }
  return "NOT MEASURED";
}

std::size_t Report::count(Outcome of) const {
  return static_cast<std::size_t>(std::ranges::count(criteria, of, &CriterionResult::outcome));
}

int Report::exit_code() const {
  if (outcome == Outcome::fail) return 1;
  return outcome == Outcome::pass ? 0 : 2;
}

Report check(const Criteria& criteria, const Evidence& evidence) {
  return Checker(criteria, evidence).report();
}

}  // namespace petaproof::acceptance

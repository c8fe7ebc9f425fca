#include "harness/project/projection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "harness/project/impossible.hpp"
#include "harness/project/methods.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::project {
namespace {

// Groups in the order of their first row.
template <typename Key>
class Groups {
 public:
  void add(const Key& key, const ScalingRow& row) {
    const auto [entry, is_new] = index_.try_emplace(key, groups_.size());
    if (is_new) groups_.emplace_back();
    groups_[entry->second].push_back(row);
  }
  const std::vector<std::vector<ScalingRow>>& all() const { return groups_; }

 private:
  std::map<Key, std::size_t> index_;
  std::vector<std::vector<ScalingRow>> groups_;
};

bool says_not_to_mix(const std::string& note) {
  std::string text;
  for (const char c : note) text += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (const char* words : {"do not mix", "don't mix", "not to mix", "not to be mixed"})
    if (text.find(words) != std::string::npos) return true;
  return false;
}

bool is_collective(const std::string& kind) {
  return kind == "collective" || find_operation(kind).has_value();
}

bool has_method(const std::string& kind) {
  return kind == "train_step" || kind == "hpl" || is_collective(kind);
}

std::string why_not_projected(const std::string& kind) {
  if (kind == "mlperf_time_to_train")
    return "a time to train holds how fast a model converges, which changes with the batch: not a rate";
  if (kind == "node_power") return "power is measured on nodes and not projected from few to many here";
  return fmt::format(
      "no method for kind \"{}\" (there is one for train_step, hpl, collective and the names of "
      "collective operations)",
      kind);
}

void check_chosen(const std::vector<ScalingRow>& rows, const ProjectOptions& options) {
  for (const std::string& series : options.series) {
    if (std::ranges::find(rows, series, &ScalingRow::series) != rows.end()) continue;
    std::set<std::string> known;
    for (const ScalingRow& row : rows) known.insert(row.series);
    std::vector<std::string> some(known.begin(), known.end());
    const std::size_t more = some.size() > 8 ? some.size() - 8 : 0;
    some.resize(some.size() - more);
    throw Error(Domain::usage, fmt::format("there is no series \"{}\"; there are {}{}", series, fmt::join(some, ", "),
                                           more > 0 ? fmt::format(" and {} more", more) : ""));
  }
}

KindSummary summarise(const std::vector<Prediction>& predictions, const std::string& kind,
                      const std::string& operation) {
  KindSummary summary{.kind = kind, .operation = operation};
  double sum = 0;
  for (const Prediction& one : predictions) {
    if (one.kind != kind || (!operation.empty() && one.operation != operation)) continue;
    ++summary.predictions;
    if (!one.measured) continue;
    ++summary.measured;
    summary.inside += one.inside() ? 1 : 0;
    sum += std::abs(one.error());
    summary.worst_over = std::max(summary.worst_over.value_or(one.error()), one.error());
    summary.worst_under = std::min(summary.worst_under.value_or(one.error()), one.error());
  }
  if (summary.measured > 0) summary.mape = sum / summary.measured;
  return summary;
}

void summarise(Projection& projection) {
  std::vector<std::pair<std::string, std::string>> keys;
  const auto add = [&](const std::string& kind, const std::string& operation) {
    const std::pair key{kind, operation};
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  };
  for (const Prediction& one : projection.predictions) add(one.kind, "");
  for (const Prediction& one : projection.predictions)
    if (!one.operation.empty()) add(one.kind, one.operation);
  for (const auto& [kind, operation] : keys)
    projection.summary.push_back(summarise(projection.predictions, kind, operation));
}

}  // namespace

Projection project(const std::vector<ScalingRow>& rows, const ProjectOptions& options,
                   const judge::HardwareDatabase& hardware) {
  check_chosen(rows, options);
  Projection projection;
  Groups<std::tuple<std::string, std::string, std::string, std::string>> collectives;
  Groups<std::pair<std::string, std::string>> series;
  Groups<std::pair<std::string, std::string>> not_mixed;
  Groups<std::pair<std::string, std::string>> other_kinds;
  for (const ScalingRow& row : rows) {
    const bool collective = is_collective(row.kind);
    // a collective is fitted with the sizes of other series, so none is missing for having not been chosen
    if (!collective && !is_chosen(options, row.series)) continue;
    if (says_not_to_mix(row.note)) {
      if (is_chosen(options, row.series)) not_mixed.add({row.kind, row.series}, row);
    } else if (!has_method(row.kind)) {
      other_kinds.add({row.kind, row.series}, row);
    } else if (std::string reason = why_impossible(row, hardware); !reason.empty()) {
      // of a collective also where its series was not chosen, as it was to be fitted with those that were
      projection.refused.push_back({row.kind, row.series, row.gpus, row.msg_bytes, std::move(reason)});
    } else if (collective) {
      collectives.add({row.kind, row.system, row.workload, row.algo}, row);
    } else {
      series.add({row.kind, row.series}, row);
    }
  }
  for (const auto& group : collectives.all())
    if (std::ranges::any_of(group, [&](const ScalingRow& row) { return is_chosen(options, row.series); }))
      project_collective(group, options, projection);
  for (const auto& group : series.all()) project_carry_forward(group, options, projection);

  const auto leave_out = [&](const std::vector<ScalingRow>& group, std::string reason) {
    LeftOut out{group.front().kind, group.front().series, {}, std::move(reason)};
    for (const ScalingRow& row : group) out.lines.push_back(row.line);
    projection.left_out.push_back(std::move(out));
  };
  for (const auto& group : not_mixed.all()) leave_out(group, "their note says not to mix them with others");
  for (const auto& group : other_kinds.all()) leave_out(group, why_not_projected(group.front().kind));
  summarise(projection);
  return projection;
}

}  // namespace petaproof::project

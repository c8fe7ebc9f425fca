#include "harness/sample/copies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "harness/record/utc.hpp"

namespace petaproof::sample {
namespace {

using nlohmann::json;

constexpr const char* times[] = {"seconds_mean", "seconds_min", "seconds_q1",    "seconds_median",
                                 "seconds_q3",   "seconds_max", "window_seconds"};
using Times = std::array<double, std::size(times)>;

struct Span {
  double begin = 0, end = 0;  // seconds since some day
};

std::optional<Span> span_of(const json& record) {
  const auto begin = seconds_of_utc(record.value("begin_utc", "")), end = seconds_of_utc(record.value("end_utc", ""));
  if (!begin || !end || !(*end > *begin)) return std::nullopt;
  return Span{*begin, *end};
}

constexpr double between_hosts_s = 60;   // of which each run takes its time from one
constexpr double between_cases_s = 0.1;  // of one run, one after the other by one clock

bool overlap(const Span& a, const Span& b, bool of_one_run) {
  const double common = std::min(a.end, b.end) - std::max(a.begin, b.begin);
  if (of_one_run) return common > between_cases_s;
  return common > std::min(between_hosts_s, 0.5 * std::min(a.end - a.begin, b.end - b.begin));
}

std::string name_of(const json& record) {
  return fmt::format("case {} of run {}", record.value("case_id", ""), record.value("run_id", ""));
}

class Finder {
 public:
  Finder(const std::vector<MeasuredRun>& runs, const std::vector<const json*>& records)
      : records_(records), reasons_(records.size()), gpus_(records.size()) {
    for (const json* record : records) spans_.push_back(span_of(*record));
    for (const MeasuredRun& run : runs)
      for (const MeasuredRank& rank : run.ranks)
        if (!rank.uuid.empty()) uuids_[run.run_id].emplace(rank.rank, &rank.uuid);
  }

  std::vector<std::string> find() {
    std::vector<std::size_t> order(records_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) {
      const json& one = *records_[i];
      return std::tuple(one.value("begin_utc", ""), one.value("run_id", ""), one.value("case_id", ""));
    });
    for (const std::size_t i : order) look_for_copy(i);
    for (std::size_t a = 0; a < order.size(); ++a)
      for (std::size_t b = a + 1; b < order.size(); ++b) look_for_overlap(order[a], order[b]);
    for (const auto& [record, reason] : overlapping_) reasons_[record] = reason;
    return std::move(reasons_);
  }

 private:
  struct First {
    Times times{};
    std::size_t record = 0;
  };

  // One number for each GPU, the same in all records.
  std::size_t gpu_at(const json& record, std::size_t place) {
    const json& columns = record.at("per_rank");
    const int rank = columns.at("rank").at(place);
    if (const auto run = uuids_.find(record.value("run_id", "")); run != uuids_.end())
      if (const auto uuid = run->second.find(rank); uuid != run->second.end())
        return numbers_.try_emplace(*uuid->second, numbers_.size()).first->second;
    const std::string name = fmt::format("{} {}", columns.at("host").at(place).get<std::string>(), rank);
    return numbers_.try_emplace(name, numbers_.size()).first->second;
  }

  void look_for_copy(std::size_t index) {
    const json& record = *records_[index];
    const auto columns = record.find("per_rank");
    if (columns == record.end() || columns->is_null() || !columns->contains("seconds_mean")) return;
    std::vector<const json*> values;
    for (const char* name : times) values.push_back(&columns->at(name));
    const json& launches = columns->at("launches");
    std::vector<std::pair<std::size_t, Times>> own;
    for (std::size_t place = 0; place < columns->at("rank").size(); ++place) {
      const std::size_t gpu = gpu_at(record, place);
      if (place >= launches.size() || !(launches.at(place) > 0)) continue;
      gpus_[index].push_back(gpu);
      Times one;
      bool whole = true;  // a column that somebody cut off tells nothing
      for (std::size_t i = 0; i < one.size(); ++i) {
        whole = whole && place < values[i]->size() && values[i]->at(place).is_number();
        one[i] = whole ? values[i]->at(place).get<double>() : 0;
      }
      if (!whole) continue;
      own.emplace_back(gpu, one);
      for (const First& first : seen_[gpu])
        if (first.times == one) {
          reasons_[index] = fmt::format("a copy of {}: the same GPU, with the same times of its launches",
                                        name_of(*records_[first.record]));
          return;
        }
    }
    for (const auto& [gpu, one] : own) seen_[gpu].push_back({one, index});
    std::ranges::sort(gpus_[index]);
  }

  void look_for_overlap(std::size_t a, std::size_t b) {
    if (!reasons_[a].empty() || !reasons_[b].empty()) return;
    const bool of_one_run = records_[a]->value("run_id", "") == records_[b]->value("run_id", "");
    if (!spans_[a] || !spans_[b] || !overlap(*spans_[a], *spans_[b], of_one_run)) return;
    std::vector<std::size_t> common;
    std::ranges::set_intersection(gpus_[a], gpus_[b], std::back_inserter(common));
    if (common.empty()) return;
    const auto tell = [&](std::size_t of, std::size_t other) {
      overlapping_.try_emplace(of, fmt::format("at the same time {} ran on the same GPU: neither rate is its own",
                                               name_of(*records_[other])));
    };
    tell(a, b);
    tell(b, a);
  }

  const std::vector<const json*>& records_;
  std::vector<std::string> reasons_;
  std::vector<std::optional<Span>> spans_;
  std::vector<std::vector<std::size_t>> gpus_;                                // of each record
  std::map<std::string, std::unordered_map<int, const std::string*>> uuids_;  // by run and rank
  std::unordered_map<std::string, std::size_t> numbers_;
  std::unordered_map<std::size_t, std::vector<First>> seen_;  // by GPU
  std::map<std::size_t, std::string> overlapping_;
};

}  // namespace

std::vector<std::string> told_twice(const std::vector<MeasuredRun>& runs, const std::vector<const json*>& records) {
  return Finder(runs, records).find();
}

}  // namespace petaproof::sample

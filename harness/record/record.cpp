#include "harness/record/record.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "harness/json/write.hpp"
#include "harness/record/telemetry_json.hpp"
#include "kernels/build_facts.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// The worst first.
constexpr Disposition by_severity[] = {Disposition::fail_verify, Disposition::fail_run,      Disposition::invalid,
                                       Disposition::timeout,     Disposition::not_supported, Disposition::skipped,
                                       Disposition::pass};

struct Outcome {
  Disposition disposition = Disposition::pass;
  std::string reason;
};

// "rank 3 on n17: ..." unless every rank says the same.
Outcome worst_of(const std::vector<RankReport>& ranks) {
  for (Disposition disposition : by_severity) {
    std::vector<const RankReport*> such;
    for (const RankReport& rank : ranks)
      if (rank.disposition == disposition) such.push_back(&rank);
    if (such.empty()) continue;
    if (disposition == Disposition::pass) return {};
    const RankReport& first = *such.front();
    const bool unanimous = such.size() == ranks.size() &&
                           std::ranges::all_of(such, [&](auto* rank) { return rank->reason == first.reason; });
    if (unanimous) return {disposition, first.reason};
    const std::string more = such.size() > 1 ? fmt::format(" (and {} more ranks)", such.size() - 1) : "";
    return {disposition, fmt::format("rank {} on {}: {}{}", first.rank, first.host, first.reason, more)};
  }
  return {};
}

Outcome judge_digests(const WorkloadFacts& facts, const std::vector<RankReport>& ranks, Outcome outcome) {
  if (outcome.disposition != Disposition::pass || !facts.deterministic || facts.collective) return outcome;
  const std::vector<int> outliers = digest_outliers(ranks);
  if (outliers.empty()) return outcome;
  const RankReport& first = ranks[outliers.front()];
  return {Disposition::fail_verify,
          fmt::format("the same inputs gave other bits than on the other ranks with \"{}\": rank {} on {}{}",
                      first.device, first.rank, first.host,
                      outliers.size() > 1 ? fmt::format(" (and {} more)", outliers.size() - 1) : "")};
}

struct Rate {
  double value = 0;
  std::optional<Interval> interval;
};

// Work over mean time; the interval of a time turns over when it becomes a rate.
Rate rate_of(double work, double mean_seconds, const std::optional<Interval>& seconds) {
  Rate rate{work / mean_seconds, std::nullopt};
  // so few or so scattered samples that the time may be anything: then so may the rate
  if (seconds) rate.interval = Interval{work / seconds->upper, seconds->lower > 0 ? work / seconds->lower : INFINITY};
  return rate;
}

// The ranks' errors are independent, so distances to the bounds add in squares.
Rate mean_over_ranks(double work, const std::vector<RankReport>& ranks) {
  const auto count = static_cast<double>(ranks.size());
  Rate mean;
  double below = 0, above = 0;
  bool all_have_intervals = true;
  for (const RankReport& rank : ranks) {
    const Rate rate = rate_of(work, rank.seconds.mean, rank.mean_interval);
    mean.value += rate.value / count;
    all_have_intervals = all_have_intervals && rate.interval;
    if (!rate.interval) continue;
    below += std::pow(rate.value - rate.interval->lower, 2);
    above += std::pow(rate.interval->upper - rate.value, 2);
  }
  if (all_have_intervals)
    mean.interval = Interval{mean.value - std::sqrt(below) / count, mean.value + std::sqrt(above) / count};
  return mean;
}

json rate_json(const Quantity& quantity, const Rate& rate, const char* basis) {
  return {
      {"quantity", quantity.name},
      {"unit", fmt::format("{}/s", quantity.unit)},
      {"value", rate.value},
      {"lower", rate.interval ? json(rate.interval->lower) : json(nullptr)},
      {"upper", rate.interval && std::isfinite(rate.interval->upper) ? json(rate.interval->upper) : json(nullptr)},
      {"confidence", confidence_level},
      {"basis", basis}};
}

// Mean over ranks; nothing unless the clock of each covers the very launches that were timed.
std::optional<double> clock_of(const Case& one, const std::vector<RankReport>& ranks) {
  if (one.measure.mode == Mode::burst) return std::nullopt;  // the pauses between launches count in it
  double hertz = 0;
  for (const RankReport& rank : ranks) {
    if (!rank.clock) return std::nullopt;
    hertz += rank.clock->hertz / static_cast<double>(ranks.size());
  }
  return hertz;
}

// Loads that wait for each other: their rate turned over, and with it its interval.
json latency_json(const Rate& rate, const std::optional<double>& hertz) {
  const bool bounded = rate.interval && std::isfinite(rate.interval->upper);
  return {{"unit", "s/load"},
          {"value", 1 / rate.value},
          {"lower", bounded ? json(1 / rate.interval->upper) : json(nullptr)},
          {"upper", rate.interval ? json(1 / rate.interval->lower) : json(nullptr)},
          {"cycles", hertz ? json(*hertz / rate.value) : json(nullptr)}};
}

json rates_json(const Case& one, const WorkloadFacts& facts, const std::vector<RankReport>& ranks,
                const std::vector<double>& slowest_samples) {
  json rates = json::array();
  for (const Quantity& quantity : facts.work) {
    if (facts.collective) {
      const Rate rate = rate_of(quantity.per_launch, summarise(slowest_samples).mean, mean_interval(slowest_samples));
      rates.push_back(rate_json(quantity, rate, "slowest rank of each sample"));
      continue;
    }
    const Rate rate = mean_over_ranks(quantity.per_launch, ranks);
    json item = rate_json(quantity, rate, "mean over devices");
    if (quantity.name == "loads") item["latency"] = latency_json(rate, clock_of(one, ranks));
    double sum = 0;
    double launches = 0;
    double longest = 0;
    for (const RankReport& rank : ranks) {
      sum += quantity.per_launch / rank.seconds.mean;
      launches += static_cast<double>(rank.launches);
      longest = std::max(longest, rank.window_seconds);
    }
    item["sum_over_devices"] = sum;
    item["synchronous"] = quantity.per_launch * launches / longest;
    rates.push_back(std::move(item));
  }
  return rates;
}

template <typename Function>
json column(const std::vector<RankReport>& ranks, Function value) {
  json result = json::array();
  for (const RankReport& rank : ranks) result.push_back(value(rank));
  return result;
}

json columns(const std::vector<RankReport>& ranks, const WorkloadFacts& facts) {
  const double work = facts.work.empty() ? 0 : facts.work.front().per_launch;
  return {
      {"rank", column(ranks, [](auto& r) { return r.rank; })},
      {"host", column(ranks, [](auto& r) { return r.host; })},
      {"device", column(ranks, [](auto& r) { return r.device; })},
      {"disposition", column(ranks, [](auto& r) { return to_string(r.disposition); })},
      {"rate", column(ranks, [&](auto& r) { return r.launches > 0 ? json(work / r.seconds.mean) : json(nullptr); })},
      {"seconds_mean", column(ranks, [](auto& r) { return r.seconds.mean; })},
      {"seconds_min", column(ranks, [](auto& r) { return r.seconds.min; })},
      {"seconds_q1", column(ranks, [](auto& r) { return r.seconds.q1; })},
      {"seconds_median", column(ranks, [](auto& r) { return r.seconds.median; })},
      {"seconds_q3", column(ranks, [](auto& r) { return r.seconds.q3; })},
      {"seconds_max", column(ranks, [](auto& r) { return r.seconds.max; })},
      {"samples", column(ranks, [](auto& r) { return r.seconds.count; })},
      {"launches", column(ranks, [](auto& r) { return r.launches; })},
      {"window_seconds", column(ranks, [](auto& r) { return r.window_seconds; })},
      {"clock_megahertz",
       column(ranks, [](auto& r) { return r.clock ? json(1e-6 * r.clock->hertz) : json(nullptr); })},
      {"clock_tolerance", column(ranks, [](auto& r) { return r.clock ? json(r.clock->tolerance) : json(nullptr); })},
      {"warm_up_seconds", column(ranks, [](auto& r) { return r.warm_up.seconds; })},
      {"warm_up_steady", column(ranks, [](auto& r) { return r.warm_up.steady; })},
      {"digest", column(ranks, [](auto& r) { return r.digest; })},
      {"error_over_bound", column(ranks, [](auto& r) { return r.worst_error_over_bound; })},
  };
}

json verification_json(const Outcome& outcome, const std::vector<RankReport>& ranks) {
  std::int64_t elements = 0;
  double worst = 0;
  for (const RankReport& rank : ranks) {
    elements += rank.elements_checked;
    worst = std::max(worst, rank.worst_error_over_bound);
  }
  const bool verified = outcome.disposition == Disposition::pass || outcome.disposition == Disposition::invalid;
  return {{"pass", verified},
          {"method", ranks.front().verified_how},
          {"elements_checked", elements},
          {"worst_error_over_bound", worst}};
}

json work_json(const std::vector<Quantity>& work) {
  json result = json::array();
  for (const Quantity& quantity : work)
    result.push_back({{"quantity", quantity.name}, {"unit", quantity.unit}, {"per_launch", quantity.per_launch}});
  return result;
}

json frame_json(const char* type, const Case& one, const RecordFrame& frame) {
  json result = one.to_json();
  result["schema"] = record_schema;
  result["type"] = type;
  result["run_id"] = frame.run_id;
  result["sequence"] = frame.sequence;
  result["case_id"] = one.id;
  result["begin_utc"] = frame.begin_utc;
  return result;
}

json end_json(const Case& one, const RecordFrame& frame, const WorkloadFacts& facts, const Outcome& outcome) {
  json record = frame_json("end", one, frame);
  record["end_utc"] = frame.end_utc;
  record["backend"] = facts.backend.empty() ? json(nullptr) : json(facts.backend);
  record["gpu_shared"] = frame.gpu_shared;
  record["disposition"] = to_string(outcome.disposition);
  record["reason"] = outcome.reason.empty() ? json(nullptr) : json(outcome.reason);
  record["git_commit"] = build_facts().git_commit;
  record["work"] = work_json(facts.work);
  record["rates"] = json::array();
  record["seconds_per_launch"] = nullptr;
  record["verification"] = nullptr;
  record["notes"] = json::object();
  record["per_rank"] = nullptr;
  record["telemetry"] = no_telemetry(facts.backend);
  return record;
}

}  // namespace

std::vector<int> digest_outliers(const std::vector<RankReport>& ranks) {
  using Kind = std::tuple<std::string, std::int64_t, std::vector<std::pair<std::string, std::string>>>;
  std::map<Kind, std::map<std::string, std::vector<int>>> kinds;  // kind -> digest -> positions
  for (std::size_t i = 0; i < ranks.size(); ++i)
    kinds[{ranks[i].device, ranks[i].slots, ranks[i].notes}][ranks[i].digest].push_back(static_cast<int>(i));
  std::vector<int> outliers;
  for (const auto& [kind, by_digest] : kinds) {
    if (by_digest.size() < 2) continue;
    std::size_t total = 0;
    for (const auto& [digest, positions] : by_digest) total += positions.size();
    for (const auto& [digest, positions] : by_digest)
      if (2 * positions.size() <= total) outliers.insert(outliers.end(), positions.begin(), positions.end());
  }
  std::ranges::sort(outliers);
  return outliers;
}

json begin_line(const Case& one, const RecordFrame& frame) {
  return frame_json("begin", one, frame);
}

json make_record(const Case& one, const RecordFrame& frame, const WorkloadFacts& facts, Disposition disposition,
                 const std::string& reason) {
  return end_json(one, frame, facts, {disposition, reason});
}

json make_record(const Case& one, const RecordFrame& frame, const WorkloadFacts& facts,
                 const std::vector<RankReport>& ranks, const std::vector<double>& slowest_samples) {
  const Outcome outcome = judge_digests(facts, ranks, worst_of(ranks));
  json record = end_json(one, frame, facts, outcome);
  for (const auto& [key, value] : ranks.front().notes) record["notes"][key] = value;
  record["per_rank"] = columns(ranks, facts);
  record["telemetry"] = telemetry_json(ranks);
  const bool measured = std::ranges::all_of(ranks, [](auto& rank) { return rank.launches > 0; });
  if (measured || outcome.disposition == Disposition::fail_verify)  // wrong results may be found before any timing
    record["verification"] = verification_json(outcome, ranks);
  if (!measured) return record;
  record["rates"] = rates_json(one, facts, ranks, slowest_samples);
  record["launches_per_sample"] = ranks.front().launches_per_sample;
  std::vector<double> times = slowest_samples;
  if (!facts.collective) {
    times.clear();
    for (const RankReport& rank : ranks) times.push_back(rank.seconds.mean);
  }
  record["seconds_per_launch"] =
      facts.collective || ranks.size() > 1 ? to_json(summarise(times)) : to_json(ranks.front().seconds);
  record["seconds_per_launch"]["of"] = facts.collective   ? "samples, slowest rank"
                                       : ranks.size() > 1 ? "ranks' means"
                                                          : "samples";
  if (ranks.size() == 1 && ranks.front().median_interval)
    record["seconds_per_launch"]["median_interval"] = {ranks.front().median_interval->lower,
                                                       ranks.front().median_interval->upper};
  return record;
}

}  // namespace petaproof

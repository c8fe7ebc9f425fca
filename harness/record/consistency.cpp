#include "harness/record/consistency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "harness/record/utc.hpp"
#include "kernels/flops.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using Column = std::vector<double>;

// Numbers are written with all their digits; what is left is the order in which they are added.
constexpr double rounding = 1e-6;
// A rank's timers, its clock and the clock of the day are three: apart by drift, and by what a timer resolves.
constexpr double between_clocks = 0.01;
constexpr double between_clocks_s = 0.1;
// A sustained window, over the time for which the rank with most to do computed in it. A rank waits only for the
// slowest at the end of a round, and there is one round, or a second where launches became faster (measure/loop.cpp):
// even if another rank is the slowest in each, one of them computes half of the time. Runs measured 1.00.
constexpr double longest_over_busiest = 2;
constexpr double pauses_s = 1;

// Of NaN nothing is true.
bool agree(double a, double b) {
  return std::abs(a - b) <= rounding * std::max(std::abs(a), std::abs(b));
}
bool at_most(double a, double b) {
  return a <= b * (1 + rounding);
}

double sum_of(const Column& column) {
  return std::accumulate(column.begin(), column.end(), 0.0);
}
double mean_of(const Column& column) {
  return sum_of(column) / static_cast<double>(column.size());
}

// The ranks of a record that measured something.
struct Ranks {
  Column rate, mean, min, q1, median, q3, max, samples, launches, window;

  explicit Ranks(const json& columns)
      : rate(columns.at("rate").get<Column>()),
        mean(columns.at("seconds_mean").get<Column>()),
        min(columns.at("seconds_min").get<Column>()),
        q1(columns.at("seconds_q1").get<Column>()),
        median(columns.at("seconds_median").get<Column>()),
        q3(columns.at("seconds_q3").get<Column>()),
        max(columns.at("seconds_max").get<Column>()),
        samples(columns.at("samples").get<Column>()),
        launches(columns.at("launches").get<Column>()),
        window(columns.at("window_seconds").get<Column>()) {}

  std::size_t size() const { return rate.size(); }
};

std::string two_values(const std::string& what, double said, const std::string& other, double follows) {
  return fmt::format("{} {:.9g}, and {} {:.9g}", what, said, other, follows);
}

std::string of_lengths(const json& columns) {
  const std::size_t ranks = columns.at("rank").size();
  if (ranks == 0) return "it has no rank";
  for (const auto& [name, column] : columns.items())
    if (column.size() != ranks)
      return fmt::format("it has {} ranks, and {} entries of {}", ranks, column.size(), name);
  auto numbers = columns.at("rank").get<std::vector<int>>();
  std::ranges::sort(numbers);
  if (const auto twice = std::ranges::adjacent_find(numbers); twice != numbers.end())
    return fmt::format("it has rank {} twice", *twice);
  return {};
}

std::string of_dispositions(const json& columns) {
  const auto dispositions = columns.find("disposition");
  if (dispositions == columns.end()) return {};
  for (const json& one : *dispositions)
    if (one != "pass") return fmt::format("it is disposed pass, and a rank of it {}", one.get<std::string>());
  return {};
}

std::string of_errors(const json& record, const json& columns) {
  const auto errors = columns.find("error_over_bound");
  const auto verification = record.find("verification");
  if (errors == columns.end() || verification == record.end() || !verification->is_object()) return {};
  double worst = 0;
  for (const json& one : *errors)
    if (!one.is_null()) worst = std::max(worst, one.get<double>());
  if (worst > 1) return fmt::format("it is disposed pass, and a rank's error is {:.9g} of its bound", worst);
  const auto said = verification->find("worst_error_over_bound");
  if (said != verification->end() && said->is_number() && !agree(said->get<double>(), worst))
    return two_values("its worst error over its bound is", said->get<double>(), "of its ranks", worst);
  return {};
}

// A rank's launches follow each other within its window. Its rate may be 0: one GPU alone moves no byte on a bus; no
// comparison holds of NaN.
std::string of_each_rank(const json& record, const json& columns, const Ranks& ranks) {
  const double per_launch = record.at("work").at(0).at("per_launch");
  const double per_sample = record.at("launches_per_sample");
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const auto fault = [&](const std::string& what) {
      return fmt::format("of rank {} {}", columns.at("rank").at(i).get<int>(), what);
    };
    const bool measured = ranks.rate[i] >= 0 && ranks.launches[i] > 0 && ranks.min[i] >= 0 && ranks.window[i] > 0;
    if (!measured || !std::isfinite(ranks.rate[i]) || !std::isfinite(ranks.window[i]))
      return fault("a rate, a time or a number of launches is none");
    if (!agree(ranks.rate[i] * ranks.mean[i], per_launch))
      return fault(two_values("the rate is", ranks.rate[i], "its work over its time", per_launch / ranks.mean[i]));
    const bool ordered = at_most(ranks.min[i], ranks.q1[i]) && at_most(ranks.q1[i], ranks.median[i]) &&
                         at_most(ranks.median[i], ranks.q3[i]) && at_most(ranks.q3[i], ranks.max[i]) &&
                         at_most(ranks.min[i], ranks.mean[i]) && at_most(ranks.mean[i], ranks.max[i]);
    if (!ordered) return fault("the quartiles of its times are not in order");
    if (ranks.launches[i] != ranks.samples[i] * per_sample)
      return fault(
          two_values("launches are", ranks.launches[i], "those of its samples", ranks.samples[i] * per_sample));
    if (const double busy = ranks.launches[i] * ranks.mean[i];
        !(busy <= ranks.window[i] * (1 + between_clocks) + between_clocks_s))
      return fault(two_values("launches take", busy, "its window", ranks.window[i]) + " s");
  }
  return {};
}

// Rank 0 tells all ranks how often to launch, and a sustained window is full of launches.
std::string of_loop(const json& record, const json& columns, const Ranks& ranks) {
  for (std::size_t i = 1; i < ranks.size(); ++i)
    if (ranks.launches[i] != ranks.launches[0])
      return fmt::format("rank {} launched {:.9g} times and rank {} {:.9g} times, where all launch as often",
                         columns.at("rank").at(i).get<int>(), ranks.launches[i], columns.at("rank").at(0).get<int>(),
                         ranks.launches[0]);
  if (record.value("mode", "") != "sustained") return {};
  const double busiest = ranks.launches[0] * *std::ranges::max_element(ranks.mean);
  const double longest = *std::ranges::max_element(ranks.window);
  if (longest > longest_over_busiest * busiest + pauses_s)
    return two_values("its longest window is", longest, "in it no rank's launches take more than", busiest) + " s";
  return {};
}

// What is counted in FLOP, or in operations of integers, each GPU did on its own.
constexpr std::pair<const char*, const char*> units_of_arithmetic[] = {
    {"flops", "FLOP"}, {"customary_flops", "FLOP"}, {"ops", "OP"}};

const char* unit_of_arithmetic(const std::string& quantity) {
  for (const auto& [name, unit] : units_of_arithmetic)
    if (quantity == name) return unit;
  return nullptr;
}

// A product of matrices is so much work by its dimensions, whatever a record says.
std::string of_work(const json& record) {
  if (!record.value("workload", "").starts_with("gemm/")) return {};
  const json& params = record.at("params");
  std::int64_t sides[3];
  for (int i = 0; const char* name : {"m", "n", "k"}) {
    const auto found = params.find(name);
    if (found == params.end()) return {};
    sides[i++] = found->get<std::int64_t>();
  }
  const double follows = gemm_flops(sides[0], sides[1], sides[2]);
  for (const json& work : record.at("work"))
    if (const double said = work.at("per_launch");
        unit_of_arithmetic(work.at("quantity").get<std::string>()) && !agree(said, follows))
      return two_values("its work of a launch is", said, "2 m n k of its parameters", follows);
  return {};
}

bool is_collective(const json& rate) {
  return rate.value("basis", "") == "slowest rank of each sample";
}

// Of what it is a rate, said by its quantity, its unit, its basis and the totals beside it.
std::string of_kind(const json& rate, const json& work) {
  const std::string quantity = rate.at("quantity"), unit = work.at("unit");
  const char* expected = unit_of_arithmetic(quantity);
  if (quantity != work.at("quantity").get_ref<const std::string&>()) return "its rates are of other work than it did";
  if (rate.at("unit") != unit + "/s" || (expected && unit != expected))
    return fmt::format("its rate of {} is in {}, of work in {}", quantity, rate.at("unit").get<std::string>(), unit);
  if (!is_collective(rate)) return {};
  if (expected) return fmt::format("its rate of {} is said to be that of a collective", quantity);
  if (rate.contains("sum_over_devices") || rate.contains("synchronous"))
    return "its rate is that of a collective, and has totals of GPUs that work each on its own";
  return {};
}

double mean_seconds(const json& record) {
  return record.at("seconds_per_launch").at("mean");
}

// Each GPU on its own: a mean, a sum, and all work over the longest window.
std::string of_kernel(const json& record, const Ranks& ranks, const json& rate, double per_launch) {
  Column rates;
  for (const double seconds : ranks.mean) rates.push_back(per_launch / seconds);
  const double value = rate.at("value"), sum = rate.at("sum_over_devices"), synchronous = rate.at("synchronous");
  if (!agree(value, mean_of(rates))) return two_values("its rate is", value, "the mean of its ranks", mean_of(rates));
  if (!agree(sum, sum_of(rates))) return two_values("its sum of rates is", sum, "that of its ranks", sum_of(rates));
  const double paced = per_launch * sum_of(ranks.launches) / *std::ranges::max_element(ranks.window);
  if (!agree(synchronous, paced))
    return two_values("its rate over the longest window is", synchronous, "that of its ranks", paced);
  if (!agree(mean_seconds(record), mean_of(ranks.mean)))
    return two_values("its time of a launch is", mean_seconds(record), "the mean of its ranks", mean_of(ranks.mean));
  return {};
}

// A launch ends with its slowest rank, so that no rank's mean is above the mean of the slowest.
std::string of_collective(const json& record, const Ranks& ranks, const json& rate, double per_launch) {
  const double value = rate.at("value"), seconds = mean_seconds(record);
  const double slowest = *std::ranges::max_element(ranks.mean);
  if (!agree(value * seconds, per_launch))
    return two_values("its rate is", value, "its work over its time", per_launch / seconds);
  if (!at_most(slowest, seconds))
    return two_values("its slowest rank's time of a launch is", seconds, "a rank's mean is", slowest);
  return {};
}

std::string of_rates(const json& record, const Ranks& ranks) {
  const json& work = record.at("work");
  for (std::size_t i = 0; i < record.at("rates").size(); ++i) {
    const json& rate = record.at("rates").at(i);
    const double per_launch = work.at(i).at("per_launch");
    std::string found = of_kind(rate, work.at(i));
    if (!found.empty()) return found;
    found = is_collective(rate) ? of_collective(record, ranks, rate, per_launch)
                                : of_kernel(record, ranks, rate, per_launch);
    if (!found.empty()) return found;
  }
  return {};
}

// A rank's clock is the one that it counted, else the one that was sampled; the record's is the mean of all ranks,
// and none where a rank has neither (telemetry_json.cpp).
std::string of_clock(const json& record, const json& columns) {
  static const json::json_pointer at_sampled("/telemetry/per_rank/sm_clock_megahertz/mean");
  const auto counted = columns.find("clock_megahertz");
  const json& said = record.at("telemetry").at("clock_megahertz");
  if (counted == columns.end() || said.is_null()) return {};
  const json* sampled = record.contains(at_sampled) ? &record.at(at_sampled) : nullptr;
  Column clocks;
  for (std::size_t i = 0; i < counted->size(); ++i) {
    const json* one = !(*counted)[i].is_null() ? &(*counted)[i] : sampled ? &sampled->at(i) : nullptr;
    if (!one || one->is_null())
      return fmt::format("it has a clock, {:.9g} MHz, and rank {} has none", said.get<double>(),
                         columns.at("rank").at(i).get<int>());
    clocks.push_back(one->get<double>());
  }
  if (!agree(said.get<double>(), mean_of(clocks)))
    return two_values("its clock is", said.get<double>(), "the mean of its ranks", mean_of(clocks));
  return {};
}

std::string of_times(const json& record, double longest_window) {
  const auto begin = seconds_of_utc(record.value("begin_utc", "")), end = seconds_of_utc(record.value("end_utc", ""));
  if (!begin || !end) return "it does not say when it began and ended";
  if (!(*begin < *end))
    return fmt::format("it ended at {}, and began at {}", record.at("end_utc").get<std::string>(),
                       record.at("begin_utc").get<std::string>());
  if (const double lasted = *end - *begin; !(longest_window <= lasted * (1 + between_clocks) + between_clocks_s))
    return two_values("its longest window is", longest_window, "from begin to end it lasted", lasted) + " s";
  return {};
}

std::string first_of(const json& record) {
  const auto columns = record.find("per_rank");
  if (columns == record.end() || columns->is_null()) return "it is disposed pass, and no rank reports";
  if (std::string found = of_lengths(*columns); !found.empty()) return found;
  if (std::string found = of_dispositions(*columns); !found.empty()) return found;
  if (record.at("rates").empty()) return {};  // nothing was timed, and nothing rests on it
  const Ranks ranks(*columns);
  if (std::string found = of_errors(record, *columns); !found.empty()) return found;
  if (std::string found = of_each_rank(record, *columns, ranks); !found.empty()) return found;
  if (std::string found = of_loop(record, *columns, ranks); !found.empty()) return found;
  if (std::string found = of_work(record); !found.empty()) return found;
  if (std::string found = of_rates(record, ranks); !found.empty()) return found;
  if (std::string found = of_clock(record, *columns); !found.empty()) return found;
  return of_times(record, *std::ranges::max_element(ranks.window));
}

}  // namespace

std::string contradiction_in(const json& record) {
  if (record.value("disposition", "") != "pass") return {};
  try {
    const std::string found = first_of(record);
    return found.empty() ? found : "it contradicts itself: " + found;
  } catch (const json::exception&) {
    return "it lacks what a record of what was measured has";
  }
}

}  // namespace petaproof

// What one rank reports about one case, as it travels between ranks and stands in ranks/*.jsonl.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/telemetry/summary.hpp"
#include "kernels/measure/case.hpp"
#include "kernels/measure/statistics.hpp"

namespace petaproof {

struct RankReport {
  int rank = 0;
  std::string host;
  std::string device;  // its name
  Disposition disposition = Disposition::pass;
  std::string reason;
  Summary seconds;                        // per launch
  std::optional<Interval> mean_interval;  // of seconds.mean
  std::optional<Interval> median_interval;
  std::int64_t launches = 0;
  std::int64_t launches_per_sample = 0;
  double window_seconds = 0;
  std::optional<ClockReading> clock;  // counted by the device itself
  WarmUp warm_up;
  PhaseSeconds phases;
  std::string digest;  // of all slots; empty if nothing was measured
  std::int64_t slots = 0;
  double worst_error_over_bound = 0;
  std::int64_t elements_checked = 0;
  std::string verified_how;
  std::vector<std::pair<std::string, std::string>> notes;
  TelemetrySummary telemetry;
  std::vector<double> samples;  // only in the rank files
};

RankReport report_of(const CaseOutcome& outcome, int rank, const std::string& host, const std::string& device);

nlohmann::json to_json(const RankReport& report, bool with_samples);
RankReport rank_report_from(const nlohmann::json& json);

nlohmann::json to_json(const Summary& summary);

}  // namespace petaproof

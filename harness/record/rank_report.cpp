#include "harness/record/rank_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/record/sha256.hpp"
#include "harness/record/telemetry_json.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

json to_json(const std::optional<ClockReading>& clock) {
  if (!clock) return nullptr;
  return {{"hertz", clock->hertz}, {"tolerance", clock->tolerance}, {"units", clock->units}};
}

std::optional<ClockReading> clock_from(const json& value) {
  if (value.is_null()) return std::nullopt;
  return ClockReading{value.at("hertz"), value.at("tolerance"), value.at("units")};
}

json to_json(const std::optional<Interval>& interval) {
  return interval ? json::array({interval->lower, interval->upper}) : json(nullptr);
}

std::optional<Interval> interval_from(const json& value) {
  if (value.is_null()) return std::nullopt;
  return Interval{value.at(0).get<double>(), value.at(1).get<double>()};
}

Summary summary_from(const json& value) {
  return {.count = value.at("count"),
          .min = value.at("min"),
          .q1 = value.at("q1"),
          .median = value.at("median"),
          .q3 = value.at("q3"),
          .max = value.at("max"),
          .mean = value.at("mean"),
          .stdev = value.at("stdev")};
}

Disposition disposition_from(const std::string& name) {
  for (Disposition d : {Disposition::pass, Disposition::fail_verify, Disposition::fail_run, Disposition::invalid,
                        Disposition::timeout, Disposition::skipped, Disposition::not_supported})
    if (to_string(d) == name) return d;
  throw Error(Domain::config, fmt::format("unknown disposition \"{}\"", name));
}

std::string digest_of(const std::vector<std::uint64_t>& slots) {
  std::string text;
  for (std::uint64_t digest : slots) text += fmt::format("{:016x}", digest);
  return text.empty() ? text : short_sha256(text);
}

}  // namespace

RankReport report_of(const CaseOutcome& outcome, int rank, const std::string& host, const std::string& device) {
  const std::vector<double>& samples = outcome.measurement.sample_seconds;
  return {.rank = rank,
          .host = host,
          .device = device,
          .disposition = outcome.disposition,
          .reason = outcome.reason,
          .seconds = summarise(samples),
          .mean_interval = mean_interval(samples),
          .median_interval = median_interval(samples),
          .launches = outcome.measurement.launches(),
          .launches_per_sample = outcome.measurement.launches_per_sample,
          .window_seconds = outcome.measurement.window_seconds,
          .clock = outcome.measurement.clock,
          .warm_up = outcome.measurement.warm_up,
          .phases = outcome.seconds,
          .digest = digest_of(outcome.digests),
          .slots = static_cast<std::int64_t>(outcome.digests.size()),
          .worst_error_over_bound = outcome.verification.worst_error_over_bound,
          .elements_checked = outcome.verification.elements_checked,
          .verified_how = outcome.verification.pass ? outcome.verification.detail : "",
          .notes = outcome.notes,
          .telemetry = {},
          .samples = samples};
}

json to_json(const Summary& s) {
  return {{"count", s.count}, {"min", s.min}, {"q1", s.q1},     {"median", s.median},
          {"q3", s.q3},       {"max", s.max}, {"mean", s.mean}, {"stdev", s.stdev}};
}

json to_json(const RankReport& r, bool with_samples) {
  json notes = json::object();
  for (const auto& [key, value] : r.notes) notes[key] = value;
  json result{
      {"rank", r.rank},
      {"host", r.host},
      {"device", r.device},
      {"disposition", to_string(r.disposition)},
      {"reason", r.reason},
      {"seconds_per_launch", to_json(r.seconds)},
      {"mean_interval_seconds", to_json(r.mean_interval)},
      {"median_interval_seconds", to_json(r.median_interval)},
      {"launches", r.launches},
      {"launches_per_sample", r.launches_per_sample},
      {"window_seconds", r.window_seconds},
      {"clock", to_json(r.clock)},
      {"warm_up", {{"launches", r.warm_up.launches}, {"seconds", r.warm_up.seconds}, {"steady", r.warm_up.steady}}},
      {"phase_seconds",
       {{"prepare", r.phases.prepare},
        {"verify", r.phases.verify},
        {"warm_up", r.phases.warm_up},
        {"measure", r.phases.measure}}},
      {"digest", r.digest},
      {"slots", r.slots},
      {"worst_error_over_bound", r.worst_error_over_bound},
      {"elements_checked", r.elements_checked},
      {"verified_how", r.verified_how},
      {"notes", notes},
      {"telemetry", to_json(r.telemetry)}};
  if (with_samples) result["sample_seconds"] = r.samples;
  return result;
}

RankReport rank_report_from(const json& j) {
  const json& warm_up = j.at("warm_up");
  const json& phases = j.at("phase_seconds");
  RankReport r{.rank = j.at("rank"),
               .host = j.at("host"),
               .device = j.at("device"),
               .disposition = disposition_from(j.at("disposition")),
               .reason = j.at("reason"),
               .seconds = summary_from(j.at("seconds_per_launch")),
               .mean_interval = interval_from(j.at("mean_interval_seconds")),
               .median_interval = interval_from(j.at("median_interval_seconds")),
               .launches = j.at("launches"),
               .launches_per_sample = j.at("launches_per_sample"),
               .window_seconds = j.at("window_seconds"),
               .clock = clock_from(j.at("clock")),
               .warm_up = {warm_up.at("launches"), warm_up.at("seconds"), warm_up.at("steady")},
               .phases = {phases.at("prepare"), phases.at("verify"), phases.at("warm_up"), phases.at("measure")},
               .digest = j.at("digest"),
               .slots = j.at("slots"),
               .worst_error_over_bound = j.at("worst_error_over_bound"),
               .elements_checked = j.at("elements_checked"),
               .verified_how = j.at("verified_how"),
               .notes = {},
               .telemetry = telemetry_summary_from(j.at("telemetry")),
               .samples = j.value("sample_seconds", std::vector<double>{})};
  for (const auto& [key, value] : j.at("notes").items()) r.notes.emplace_back(key, value);
  return r;
}

}  // namespace petaproof

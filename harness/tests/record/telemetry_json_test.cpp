#include "harness/record/telemetry_json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TelemetrySummary summary(double clock, double watts) {
  TelemetrySummary result;
  result.reason.clear();
  result.samples = 10;
  result.window_seconds = 1;
  result.gauges[index_of(Sensor::sm_clock)] = Statistic{clock, clock - 10, clock + 10};
  result.gauges[index_of(Sensor::power)] = Statistic{watts, watts, watts};
  result.clock_events = {{"sw_power_cap", 0.5}};
  result.before[0] = 7;
  result.after[0] = 9;
  result.driver_version = "580";
  result.power_source = "NVML_FI_DEV_POWER_INSTANT";
  result.unread = {{"memory_temperature_celsius", "Not Supported (NVML error 3)"}};
  return result;
}

RankReport report(int rank, const TelemetrySummary& telemetry) {
  RankReport result;
  result.rank = rank;
  result.host = "n" + std::to_string(rank);
  result.telemetry = telemetry;
  return result;
}

TelemetrySummary unsampled(const std::string& reason) {
  TelemetrySummary none;
  none.reason = reason;
  return none;
}

TEST(Telemetry, ClockAndPowerAreMeansOverDevices) {
  const json telemetry = telemetry_json({report(0, summary(1900, 600)), report(1, summary(1800, 700))});
  EXPECT_DOUBLE_EQ(telemetry["clock_megahertz"], 1850);
  EXPECT_DOUBLE_EQ(telemetry["power_watts"], 650);
  EXPECT_EQ(telemetry["clock_basis"], "NVML, mean over the timed part");
  EXPECT_THAT(telemetry["power_basis"].get<std::string>(), HasSubstr("NVML_FI_DEV_POWER_INSTANT"));
  EXPECT_TRUE(telemetry["reason"].is_null());
  const json& columns = telemetry["per_rank"];
  EXPECT_EQ(columns["sm_clock_megahertz"]["min"], json({1890, 1790}));
  EXPECT_EQ(columns["clock_event_fractions"]["sw_power_cap"], json({0.5, 0.5}));
  EXPECT_EQ(columns["before"]["ecc_corrected"], json({7, 7}));
  EXPECT_EQ(columns["after"]["ecc_corrected"], json({9, 9}));
  EXPECT_EQ(columns["after"]["ecc_uncorrected"], json({nullptr, nullptr}));
  EXPECT_EQ(columns["memory_temperature_celsius"]["max"], json({nullptr, nullptr}));
  EXPECT_EQ(columns["unread"][1]["memory_temperature_celsius"], "Not Supported (NVML error 3)");
}

TEST(Telemetry, AMeanOverSomeDevicesIsNone) {
  const json telemetry =
      telemetry_json({report(0, summary(1900, 600)), report(1, unsampled("libnvidia-ml.so.1 is missing"))});
  EXPECT_TRUE(telemetry["clock_megahertz"].is_null());
  EXPECT_TRUE(telemetry["clock_basis"].is_null());
  EXPECT_EQ(telemetry["reason"], "rank 1 on n1: libnvidia-ml.so.1 is missing");
  EXPECT_EQ(telemetry["per_rank"]["sm_clock_megahertz"]["mean"], json({1900, nullptr}));
  EXPECT_EQ(telemetry["per_rank"]["reason"], json({nullptr, "libnvidia-ml.so.1 is missing"}));
  EXPECT_EQ(telemetry["per_rank"]["clock_event_fractions"]["sw_power_cap"], json({0.5, nullptr}));
}

TEST(Telemetry, OfNobodyHasOneReasonAndNoColumns) {
  const auto missing = unsampled("libnvidia-ml.so.1 is missing");
  const json telemetry = telemetry_json({report(0, missing), report(1, missing)});
  EXPECT_EQ(telemetry["reason"], "libnvidia-ml.so.1 is missing");
  EXPECT_TRUE(telemetry["power_watts"].is_null());
  EXPECT_TRUE(telemetry["per_rank"].is_null());
}

TEST(Telemetry, OneMissingFigureIsNamed) {
  TelemetrySummary without_power = summary(1900, 600);
  without_power.gauges[index_of(Sensor::power)].reset();
  without_power.unread["power_watts"] = "the device is a MIG instance";
  const json telemetry = telemetry_json({report(0, without_power)});
  EXPECT_DOUBLE_EQ(telemetry["clock_megahertz"], 1900);
  EXPECT_TRUE(telemetry["power_watts"].is_null());
  EXPECT_EQ(telemetry["reason"], "power: the device is a MIG instance");
}

TEST(Telemetry, WithoutMeasurementHasAReason) {
  EXPECT_EQ(no_telemetry("host")["reason"], no_source_on_host);
  EXPECT_EQ(no_telemetry("cuda")["reason"], "nothing was measured");
}

TEST(Telemetry, SurvivesItsJourneyBetweenRanks) {
  TelemetrySummary sent = summary(1900, 600);
  sent.energy_joules = 3000.5;
  sent.energy_seconds = 6;
  sent.power_limit_watts = 700;
  sent.max_sm_clock_megahertz = 1980;
  sent.sampling_seconds = 0.01;
  sent.nvml_version = "13";
  const TelemetrySummary got = telemetry_summary_from(json::parse(json_line(to_json(sent))));
  EXPECT_EQ(to_json(got), to_json(sent));
  EXPECT_EQ(got.energy_joules, 3000.5);
  EXPECT_EQ(got.before[0], 7);
  EXPECT_FALSE(got.after[1]);
  EXPECT_FALSE(got.gauges[index_of(Sensor::temperature)]);
}

}  // namespace
}  // namespace petaproof

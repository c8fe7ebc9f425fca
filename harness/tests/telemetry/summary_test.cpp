#include "harness/telemetry/summary.hpp"

#include <gmock/gmock.h>

namespace petaproof {
namespace {

using testing::HasSubstr;

Sample sample(double clock, double watts = 500, double joules = 0, double events = 0) {
  Sample result;
  for (Field& field : result.fields) field = Field::of(40);
  result[Sensor::sm_clock] = Field::of(clock);
  result[Sensor::power] = Field::of(watts);
  result[Sensor::energy] = Field::of(joules);
  result[Sensor::clock_events] = Field::of(events);
  return result;
}

Sample without(Sample sample, Sensor sensor, const std::string& why) {
  sample[sensor] = Field::absent(why);
  return sample;
}

const std::optional<Statistic>& clock_of(const TelemetrySummary& summary) {
  return summary.gauges[index_of(Sensor::sm_clock)];
}

// 1000 MHz stands from 0 (the first stands for the time before it too) to 3, 2000 MHz from 3 to 4.
TEST(TelemetrySummary, ASampleWeighsAsLongAsItStands) {
  const TelemetrySummary summary = summarise({{1, sample(1000)}, {3, sample(2000)}}, 0, 4);
  ASSERT_TRUE(clock_of(summary));
  EXPECT_DOUBLE_EQ(clock_of(summary)->mean, (3 * 1000 + 1 * 2000) / 4.0);
  EXPECT_DOUBLE_EQ(clock_of(summary)->min, 1000);
  EXPECT_DOUBLE_EQ(clock_of(summary)->max, 2000);
  EXPECT_EQ(summary.samples, 2);
  EXPECT_DOUBLE_EQ(summary.window_seconds, 4);
  EXPECT_TRUE(summary.reason.empty());
  EXPECT_TRUE(summary.unread.empty());
}

TEST(TelemetrySummary, OnlyTheTimedPartCounts) {
  const TelemetrySummary summary =
      summarise({{0.5, sample(100)}, {1, sample(1000)}, {2, sample(1000)}, {3.5, sample(100)}}, 1, 3);
  EXPECT_EQ(summary.samples, 2);
  EXPECT_DOUBLE_EQ(clock_of(summary)->mean, 1000);
  EXPECT_DOUBLE_EQ(clock_of(summary)->min, 1000);
}

TEST(TelemetrySummary, NoSampleIsNoZero) {
  const TelemetrySummary summary = summarise({{5, sample(1000)}}, 1, 3);
  EXPECT_FALSE(clock_of(summary));
  EXPECT_FALSE(summary.energy_joules);
  EXPECT_TRUE(summary.clock_events.empty());
  EXPECT_EQ(summary.unread.at("sm_clock_megahertz"), "no sample fell into the timed part");
  EXPECT_FALSE(mean_power(summary).watts);
}

TEST(TelemetrySummary, ClockEventsAreReadBitByBit) {
  // power cap (4) for all four seconds, thermal slowdown (0x20) for one, and a bit without a name for two
  const TelemetrySummary summary =
      summarise({{0, sample(1, 1, 0, 4)}, {1, sample(1, 1, 0, 0x24)}, {2, sample(1, 1, 0, 0x1004)}}, 0, 4);
  EXPECT_DOUBLE_EQ(summary.clock_events.at("sw_power_cap"), 1);
  EXPECT_DOUBLE_EQ(summary.clock_events.at("sw_thermal_slowdown"), 0.25);
  EXPECT_DOUBLE_EQ(summary.clock_events.at("bit_12"), 0.5);
  EXPECT_DOUBLE_EQ(summary.clock_events.at("hw_slowdown"), 0);
  EXPECT_EQ(summary.clock_events.size(), 10u);  // nine have names
}

TEST(TelemetrySummary, EnergyIsADifference) {
  const TelemetrySummary summary = summarise({{1, sample(1, 300, 1000)}, {7, sample(1, 300, 4000)}}, 0, 8);
  EXPECT_DOUBLE_EQ(*summary.energy_joules, 3000);
  EXPECT_DOUBLE_EQ(summary.energy_seconds, 6);
  EXPECT_DOUBLE_EQ(*mean_power(summary).watts, 500);
  EXPECT_THAT(mean_power(summary).basis, HasSubstr("energy counter"));
}

TEST(TelemetrySummary, AShortWindowTakesTheSamplesPower) {
  TelemetrySummary summary = summarise({{0, sample(1, 300, 1000)}, {2, sample(1, 300, 2000)}}, 0, 3);
  summary.power_source = "NVML_FI_DEV_POWER_INSTANT";
  EXPECT_DOUBLE_EQ(*summary.energy_joules, 1000);
  EXPECT_DOUBLE_EQ(*mean_power(summary).watts, 300);
  EXPECT_THAT(mean_power(summary).basis, HasSubstr("NVML_FI_DEV_POWER_INSTANT"));
}

TEST(TelemetrySummary, ACounterThatGoesBackTellsNothing) {
  const TelemetrySummary summary = summarise({{0, sample(1, 300, 4000)}, {6, sample(1, 300, 10)}}, 0, 7);
  EXPECT_FALSE(summary.energy_joules);
  EXPECT_THAT(summary.unread.at("energy_joules"), HasSubstr("went back"));
  EXPECT_DOUBLE_EQ(*mean_power(summary).watts, 300);
}

TEST(TelemetrySummary, OneSampleIsNoDifference) {
  const TelemetrySummary summary = summarise({{1, sample(1, 300, 4000)}}, 0, 2);
  EXPECT_FALSE(summary.energy_joules);
  EXPECT_TRUE(summary.unread.contains("energy_joules"));
}

TEST(TelemetrySummary, WhatIsNeverReadIsAbsentWithItsReason) {
  const Sample lacking = without(sample(1000), Sensor::memory_temperature, "Not Supported (NVML error 3)");
  const TelemetrySummary summary = summarise({{0, lacking}, {1, lacking}}, 0, 2);
  EXPECT_FALSE(summary.gauges[index_of(Sensor::memory_temperature)]);
  EXPECT_EQ(summary.unread.at("memory_temperature_celsius"), "Not Supported (NVML error 3)");
  EXPECT_EQ(summary.unread.size(), 1u);
}

// A device that falls off the bus after three quarters of the window, and one that does after a quarter.
TEST(TelemetrySummary, WhatIsReadForMostOfTheTimeStands) {
  const Sample lost = without(sample(0), Sensor::sm_clock, "GPU is lost (NVML error 15)");
  const TelemetrySummary late = summarise({{0, sample(1000)}, {2, sample(1000)}, {3, lost}}, 0, 4);
  ASSERT_TRUE(clock_of(late));
  EXPECT_DOUBLE_EQ(clock_of(late)->mean, 1000);
  EXPECT_EQ(late.unread.at("sm_clock_megahertz"), "1 of 3 samples: GPU is lost (NVML error 15)");
  const TelemetrySummary early = summarise({{0, sample(1000)}, {1, lost}, {2, lost}}, 0, 4);
  EXPECT_FALSE(clock_of(early));
  EXPECT_EQ(early.unread.at("sm_clock_megahertz"), "2 of 3 samples: GPU is lost (NVML error 15)");
}

TEST(TelemetryStatistics, SeveralTimedPartsAddUp) {
  TelemetryStatistics statistics;
  statistics.add(-1, sample(7));  // outside
  statistics.begin(0);
  statistics.add(0, sample(1000, 500, 10), 0.25);
  statistics.add(1, sample(1000, 500, 20));
  statistics.end(2);
  statistics.add(3, sample(7, 500, 99));
  statistics.begin(4);
  statistics.add(5, sample(3000, 500, 100), 0.5);
  statistics.add(5.5, sample(3000, 500, 103));
  statistics.end(6);
  TelemetrySummary summary;
  statistics.write_to(summary);
  EXPECT_DOUBLE_EQ(clock_of(summary)->mean, 2000);
  EXPECT_DOUBLE_EQ(summary.window_seconds, 4);
  EXPECT_DOUBLE_EQ(*summary.energy_joules, 13);
  EXPECT_DOUBLE_EQ(summary.energy_seconds, 1.5);
  EXPECT_DOUBLE_EQ(summary.sampling_seconds, 0.75);
}

}  // namespace
}  // namespace petaproof

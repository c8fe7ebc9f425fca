#include "harness/telemetry/trace.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;

Sample at(double clock, double events = 0) {
  Sample sample;
  for (Field& field : sample.fields) field = Field::absent("not read");
  sample[Sensor::sm_clock] = Field::of(clock);
  sample[Sensor::clock_events] = Field::of(events);
  return sample;
}

TEST(Trace, HasAColumnForEachSensorAndThePhases) {
  Trace trace;
  trace.phase("warm-up", 100);
  trace.add(100.12345, at(1000, 5));
  trace.phase("measure", 101);
  trace.add(101, at(2000));
  const json columns = trace.to_json()["columns"];
  EXPECT_EQ(columns["unix_seconds"], json({100.123, 101.0}));
  EXPECT_EQ(columns["phase"], json({0, 1}));
  EXPECT_EQ(columns["sm_clock_megahertz"], json({1000, 2000}));
  EXPECT_EQ(columns["clock_event_reasons"], json({5, 0}));
  EXPECT_TRUE(columns["clock_event_reasons"][0].is_number_integer());
  EXPECT_EQ(columns["power_watts"], json({nullptr, nullptr}));
  EXPECT_EQ(columns.size(), 2 + sensor_count);
  EXPECT_EQ(trace.to_json()["phases"][1], json({{"name", "measure"}, {"unix_seconds", 101.0}}));
}

// Ten times as many samples as fit: rows evenly apart, and every reason that was ever set is still there.
TEST(Trace, StaysBoundedAndKeepsEveryClockEvent) {
  constexpr int samples = 160;
  Trace trace(16);
  trace.phase("measure", 0);
  for (int i = 0; i < samples; ++i) trace.add(i, at(1000 + i, i == 77 ? 0x40 : i == 141 ? 0x8 : 0));
  EXPECT_LT(trace.rows(), 16u);
  EXPECT_EQ(trace.kept_every(), 16);
  const json trace_json = trace.to_json();
  const json& columns = trace_json["columns"];
  std::uint64_t seen = 0;
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    EXPECT_EQ(columns["unix_seconds"][row], 16.0 * static_cast<double>(row));
    EXPECT_EQ(columns["sm_clock_megahertz"][row], 1000 + 16.0 * static_cast<double>(row));
    seen |= columns["clock_event_reasons"][row].get<std::uint64_t>();
  }
  EXPECT_EQ(columns["clock_event_reasons"][77 / 16], 0x40);
  EXPECT_EQ(seen, 0x48u);
}

}  // namespace
}  // namespace petaproof

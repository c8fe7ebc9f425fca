#include "harness/judge/held_down.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace petaproof::judge {
namespace {

using nlohmann::json;

Measurement held(const json& columns, std::int64_t gpus, const char* device = "NVIDIA H200") {
  static const auto hardware = HardwareDatabase::load(PETAPROOF_SOURCE_DIR "/configs/hardware");
  Measurement m;
  m.gpus = gpus;
  find_what_held_down({{"per_rank", columns}}, hardware.find_reported(device), m);
  return m;
}

Measurement slowed(const json& fractions) {
  return held({{"clock_event_fractions", fractions}}, static_cast<std::int64_t>(fractions.front().size()));
}

TEST(HeldDown, TellsTheCauseOfTheGpuThatWasHeldDownMost) {
  const Measurement hot = slowed({{"sw_power_cap", {1.0, 1.0}},
                                  {"sw_thermal_slowdown", {0.1, nullptr}},
                                  {"hw_slowdown", {0.0, 0.4}},
                                  {"hw_thermal_slowdown", {0.0, 0.4}}});
  EXPECT_EQ(hot.slowed, 0.4);
  EXPECT_EQ(hot.slowed_by, "hw_thermal_slowdown") << "hw_slowdown comes with it";
  EXPECT_EQ(hot.held_down, 2);
  EXPECT_EQ(slowed({{"hw_power_brake_slowdown", {0.25}}, {"hw_slowdown", {0.25}}}).slowed_by,
            "hw_power_brake_slowdown");
}

TEST(HeldDown, APowerCapAndAMomentAreNone) {
  const Measurement busy = slowed({{"sw_power_cap", {1.0, 1.0}}, {"gpu_idle", {0.1, 0.1}}});
  EXPECT_EQ(busy.slowed, 0);
  EXPECT_EQ(busy.held_down, 0);
  EXPECT_EQ(slowed({{"hw_thermal_slowdown", {0.005, 0.02}}}).held_down, 1);
}

TEST(HeldDown, CountsEachGpuOnce) {
  const Measurement m = held({{"power_limit_watts", {700, 500, nullptr, 700}},
                              {"max_sm_clock_megahertz", {1980, 1500, 1980, 1980}},
                              {"clock_event_fractions", {{"applications_clocks_setting", {0.0, 1.0, 0.25, 0.0}}}}},
                             4);
  EXPECT_EQ(m.held_down, 2);
  EXPECT_EQ(m.power_limit_watts, 500);
  EXPECT_EQ(m.max_sm_clock_mhz, 1500);
  EXPECT_EQ(m.clock_set, 1.0);
  EXPECT_EQ(held({{"power_limit_watts", {350}}}, 1, "NVIDIA H9000").held_down, 0) << "nobody knows what is usual";
}

// Whoever refutes has to show that nothing did.
TEST(HeldDown, WhatNobodyWatchedMayHaveBeen) {
  for (const json& columns :
       {json(nullptr), json::object(), json({{"power_limit_watts", {nullptr, nullptr, nullptr}}})}) {
    const Measurement m = held(columns, 3);
    EXPECT_EQ(m.unwatched, 3) << columns;
    EXPECT_EQ(m.held_down, 3) << columns;
    EXPECT_FALSE(m.power_limit_watts);
  }
  const Measurement some = held({{"power_limit_watts", {700, nullptr, nullptr, nullptr}},
                                 {"max_sm_clock_megahertz", {1980, 1980, 1500, 1980}},
                                 {"clock_event_fractions", {{"sw_thermal_slowdown", {0.5, 0.0, nullptr, nullptr}}}}},
                                4);
  EXPECT_EQ(some.unwatched, 2);
  EXPECT_EQ(some.held_down, 3) << "one by heat, two that nobody watched, of which one has a lower clock";
}

}  // namespace
}  // namespace petaproof::judge

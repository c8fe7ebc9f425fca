#include "harness/record/impossible_number.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace petaproof {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json record() {
  return json::parse(R"({"rates": [{"quantity": "flops", "value": 6.5e16}], "params": {"seed": 18446744073709551615},
    "telemetry": {"per_rank": {"clock_event_fractions": {"gpu_idle": [0, 1, null, 0.5]}}}, "nothing": null})");
}

TEST(ImpossibleNumber, WhatIsMeasuredIsPossible) {
  EXPECT_EQ(impossible_number(record()), "");
  EXPECT_EQ(impossible_number(json::object()), "");
  EXPECT_EQ(impossible_number(json::parse(R"({"telemetry": {"per_rank": null}})")), "");
}

TEST(ImpossibleNumber, BeyondAllMeasuring) {
  json one = record();
  one["rates"][0]["value"] = -1e308;
  EXPECT_EQ(impossible_number(one), "/rates/0/value is -1e+308, beyond anything that is measured");
}

TEST(ImpossibleNumber, AShareOfTime) {
  for (const double share : {1.5, -0.1}) {
    json one = record();
    one["telemetry"]["per_rank"]["clock_event_fractions"]["gpu_idle"][3] = share;
    EXPECT_THAT(impossible_number(one), HasSubstr("clock_event_fractions/gpu_idle is ")) << share;
  }
}

}  // namespace
}  // namespace petaproof

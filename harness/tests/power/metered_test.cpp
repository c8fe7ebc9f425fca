// Watts of nodes and racks from the files that their meters leave.
#include "harness/power/metered.hpp"

#include <gmock/gmock.h>

#include "harness/judge/facts.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::power {
namespace {

using judge::testing::config_error;
using judge::testing::TemporaryFolder;
using ::testing::HasSubstr;

std::vector<judge::MeteredPower> read(const std::string& name, const std::string& text) {
  const TemporaryFolder folder;
  return read_metered_power(folder.write(name, text));
}

TEST(MeteredPower, CsvGathersByNodeAndRack) {
  const auto power = read("meters.csv",
                          "utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,6800\n2026-11-25T20:00:01Z,bmc,n1,7000\n"
                          "2026-11-25T20:00:00Z,pdu,rack-3,121000.5\n");
  ASSERT_EQ(power.size(), 2u);
  EXPECT_EQ(power[0].of, "n1");
  EXPECT_FALSE(power[0].rack);
  EXPECT_DOUBLE_EQ(power[0].mean_watts, 6900);
  EXPECT_EQ(power[0].min_watts, 6800);
  EXPECT_EQ(power[0].max_watts, 7000);
  EXPECT_EQ(power[0].samples, 2);
  EXPECT_TRUE(power[1].rack);
  EXPECT_EQ(power[1].mean_watts, 121000.5);
}

TEST(MeteredPower, RedfishInItsThreeForms) {
  EXPECT_EQ(read("n1.json", R"({"PowerControl": [{"PowerConsumedWatts": 6850}]})").at(0).mean_watts, 6850);
  EXPECT_EQ(read("n1.json", R"({"PowerWatts": {"Reading": 374.2}})").at(0).of, "n1");
  const auto report = read("n1.json", R"({"MetricValues": [{"MetricId": "PowerConsumedWatts", "MetricValue": "6000"},
      {"MetricId": "Temperature", "MetricValue": "40"}, {"MetricId": "PowerConsumedWatts", "MetricValue": "7000"}]})");
  EXPECT_EQ(report.at(0).mean_watts, 6500);
  EXPECT_EQ(report.at(0).samples, 2);
}

TEST(MeteredPower, IpmitoolsReading) {
  const auto power = read("node7.txt",
                          "    Instantaneous power reading:                   220 Watts\n"
                          "    Minimum during sampling period:                 18 Watts\n"
                          "    Maximum during sampling period:                436 Watts\n"
                          "    Average power reading over sample period:      222 Watts\n");
  EXPECT_EQ(power.at(0).of, "node7");
  EXPECT_EQ(power.at(0).mean_watts, 222);
  EXPECT_EQ(power.at(0).max_watts, 436);
}

TEST(MeteredPower, AGpusWattsAreNoNodes) {
  const auto refused = [](const std::string& text) { return config_error([&] { read("n1.json", text); }); };
  EXPECT_THAT(refused(R"({"@odata.id": "/redfish/v1/Systems/HGX/Processors/GPU_SXM_1/EnvironmentMetrics",
                          "PowerWatts": {"Reading": 690}})"),
              HasSubstr("a GPU's resource"));
  EXPECT_THAT(refused(R"({"MetricValues": [{"MetricId": "GPU_0_Power", "MetricValue": "690"}]})"),
              HasSubstr("no reading"));
  const auto node = read("n1.json", R"({"MetricValues": [{"MetricId": "GPU_0_Power", "MetricValue": "690"},
      {"MetricId": "SystemInputPower", "MetricValue": "9000"}]})");
  EXPECT_EQ(node.at(0).mean_watts, 9000);
}

TEST(MeteredPower, PartsOfANodeAreNotAveragedWithTheWhole) {
  const auto refused = [](const std::string& name, const std::string& text) {
    return config_error([&] { read(name, text); });
  };
  EXPECT_THAT(refused("n1.json", R"({"PowerControl": [{"PowerConsumedWatts": 9000}, {"PowerConsumedWatts": 600}]})"),
              HasSubstr("several members"));
  EXPECT_THAT(refused("n1.json", R"({"MetricValues": [{"MetricId": "SystemInputPower", "MetricValue": "9000"},
      {"MetricId": "TotalFanPower", "MetricValue": "600"}]})"),
              HasSubstr("TotalFanPower"));
  EXPECT_THAT(
      refused("n1.txt", "Average power reading over sample period: 222 Watts\nPower reading state is: deactivated"),
      HasSubstr("deactivated"));
}

TEST(MeteredPower, WhatIsNoReadingIsRefused) {
  const auto refused = [](const std::string& name, const std::string& text) {
    return config_error([&] { read(name, text); });
  };
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\nt,bmc,n1,nan\n"), HasSubstr("line 2"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\nt,bmc,n1,-5\n"), HasSubstr("above 0"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\nt,bmc,n1,0\n"), HasSubstr("above 0"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\nt,nvml,n1,700\n"), HasSubstr("\"nvml\""));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n"), HasSubstr("no reading"));
  EXPECT_THAT(refused("a.csv", "time,watts\n"), HasSubstr("header"));
  EXPECT_THAT(refused("a.json", "{}"), HasSubstr("no reading"));
  EXPECT_THAT(refused("a.json", R"({"PowerControl": [{"PowerConsumedWatts": null}]})"),
              HasSubstr("$.PowerControl[0]"));
  EXPECT_THAT(refused("a.txt", "hello"), HasSubstr("ipmitool"));
  EXPECT_THAT(refused("a.xml", "x"), HasSubstr(".csv"));
}

}  // namespace
}  // namespace petaproof::power

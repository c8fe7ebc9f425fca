// Watts of nodes and racks from the files that their meters leave.
#include "harness/power/metered.hpp"

#include <fmt/format.h>
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

TEST(MeteredPower, CsvTellsHowLongItWasMetered) {
  const auto power =
      read("meters.csv",
           "utc,meter,of,watts\r\n2026-11-25T23:59:59.5Z,bmc,n1,6800\r\n2026-11-26T00:05:00Z,bmc,n1,7000\r\n"
           "2026-11-26T00:00:00Z,bmc,n1,6900\r\n2026-11-26T00:00:00Z,bmc,n2,6900\r\n\r\n");
  ASSERT_EQ(power.size(), 2u);
  EXPECT_DOUBLE_EQ(power[0].seconds, 300.5);  // in whatever order the lines are
  EXPECT_DOUBLE_EQ(power[0].longest_gap_s, 300);
  EXPECT_EQ(power[1].longest_gap_s, 0);
  EXPECT_EQ(power[0].of, "n1");
  EXPECT_DOUBLE_EQ(power[0].mean_watts, (0.5 * 6850 + 300 * 6950) / 300.5);
  EXPECT_EQ(power[1].seconds, 0);  // a single reading
  EXPECT_EQ(*power[1].begin_ns - *power[0].begin_ns, 500'000'000);
}

// Twenty minutes at 60 kW, read every 100 s, then one at 150 kW, read each second: the minute has most of the
// readings.
TEST(MeteredPower, TheMeanIsOverTimeAndNotOverReadings) {
  std::string csv = "utc,meter,of,watts\n";
  for (int i = 0; i < 12; ++i)
    csv += fmt::format("2026-11-25T20:{:02}:{:02}Z,pdu,r1,60000\n", i * 100 / 60, i * 100 % 60);
  for (int i = 0; i < 60; ++i) csv += fmt::format("2026-11-25T20:20:{:02}Z,pdu,r1,150000\n", i);
  const auto power = read("meters.csv", csv);
  EXPECT_EQ(power.at(0).samples, 72);
  EXPECT_DOUBLE_EQ(power.at(0).seconds, 1259);
  EXPECT_NEAR(power.at(0).mean_watts, (1100 * 60e3 + 100 * 105e3 + 59 * 150e3) / 1259, 1e-6);
  // what is steady stays so to the last digit
  EXPECT_EQ(read("a.csv",
                 "utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,0.1\n2026-11-25T20:00:00.3Z,bmc,n1,0.1\n"
                 "2026-11-25T20:00:07Z,bmc,n1,0.1\n")
                .at(0)
                .mean_watts,
            0.1);
}

TEST(MeteredPower, BlanksAtTheEndsOfANameMakeNoOtherRack) {
  const auto power = read("meters.csv",
                          "utc, meter, of, watts\r\n2026-11-25T20:00:00Z,pdu,rack1,121000\r\n"
                          "2026-11-25T20:01:00Z,pdu,rack1\t,122000\r\n2026-11-25T20:02:00Z , pdu, rack1 , 123000 \r\n"
                          " \r\n2026-11-25T20:00:00Z,pdu,rack 1,121000\n");
  ASSERT_EQ(power.size(), 2u);
  EXPECT_EQ(power[0].of, "rack 1");
  EXPECT_EQ(power[1].of, "rack1");
  EXPECT_EQ(power[1].samples, 3);
  EXPECT_THAT(config_error([] {
                read("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,pdu,r1,5\n2026-11-25T20:00:00Z,pdu,r1 ,5\n");
              }),
              HasSubstr("was read at this time already"));
  EXPECT_THAT(config_error([] { read("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,pdu,\t,5\n"); }),
              HasSubstr("has no name"));
  EXPECT_EQ(read(" n1 .json", R"({"PowerWatts": {"Reading": 374.2}})").at(0).of, "n1");
  EXPECT_EQ(read("n1 .txt", "Average power reading over sample period: 222 Watts\n").at(0).of, "n1");
  EXPECT_THAT(config_error([] { read(" .json", R"({"PowerWatts": {"Reading": 374.2}})"); }),
              HasSubstr("has no name"));
}

TEST(MeteredPower, ATimeThatIsNoneIsRefusedWithItsLine) {
  for (const char* wrong :
       {"", "t", "2026-11-25", "2026-11-25 20:00:00Z", "2026-11-25T20:00:00", "2026-11-25T20:00Z",
        "2026-11-25T20:00:00+00:00", "2026-02-30T20:00:00Z", "2026-13-01T20:00:00Z", "2026-11-25T24:00:00Z",
        "2026-11-25T20:00:60Z", "2026-11-25T20:00:00.Z", "2026-11-25t20:00:00z", "1766692800"})
    EXPECT_THAT(config_error([&] {
                  read("a.csv",
                       fmt::format("utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,5\n{},bmc,n1,5\n", wrong));
                }),
                ::testing::AllOf(HasSubstr("a.csv, line 3: "), HasSubstr("2026-11-25T20:00:00Z is expected")))
        << wrong;
}

TEST(MeteredPower, TheSameMeterAtTheSameTimeTwiceIsRefusedWithBothPlaces) {
  const std::string head = "utc,meter,of,watts\n";
  const std::string one = "2026-11-25T20:00:00Z,bmc,n1,6800\n";
  EXPECT_THAT(config_error([&] { read("a.csv", head + one + "2026-11-25T20:00:00.000Z,bmc,n1,7000\n"); }),
              ::testing::AllOf(HasSubstr("a.csv, line 3: "), HasSubstr("bmc \"n1\""), HasSubstr("a.csv, line 2")));
  const TemporaryFolder folder;
  const std::string a = folder.write("a.csv", head + one), b = folder.write("b.csv", head + "\n" + one);
  EXPECT_THAT(config_error([&] { read_all_metered_power({a, b}); }),
              ::testing::AllOf(HasSubstr("b.csv, line 3: "), HasSubstr("a.csv, line 2")));
  // another meter, another node or another time is another reading
  EXPECT_EQ(read("a.csv", head + one +
                              "2026-11-25T20:00:00Z,pdu,n1,1\n2026-11-25T20:00:00Z,bmc,n2,1\n"
                              "2026-11-25T20:00:00.001Z,bmc,n1,1\n")
                .size(),
            3u);
  EXPECT_THAT(config_error([&] {
                read("n1.json", R"({"MetricValues": [
                  {"MetricId": "InputPower", "MetricValue": "6000", "Timestamp": "2026-11-25T20:00:00Z"},
                  {"MetricId": "InputPower", "MetricValue": "700", "Timestamp": "2026-11-25T21:00:00+01:00"}]})");
              }),
              ::testing::AllOf(HasSubstr("MetricValues[1]"), HasSubstr("MetricValues[0]")));
}

TEST(MeteredPower, RedfishTellsHowLongWhereItDoes) {
  const auto mean = read("n1.json", R"({"PowerControl": [{"PowerConsumedWatts": 9000, "PowerMetrics":
      {"IntervalInMin": 30, "AverageConsumedWatts": 6850, "MinConsumedWatts": 2000, "MaxConsumedWatts": 9100}}]})");
  EXPECT_EQ(mean.at(0).mean_watts, 6850);  // what was drawn over the interval, not at its end
  EXPECT_EQ(mean.at(0).min_watts, 2000);
  EXPECT_EQ(mean.at(0).max_watts, 9100);
  EXPECT_EQ(mean.at(0).seconds, 1800);
  const auto moment = read("n1.json", R"({"PowerControl": [{"PowerConsumedWatts": 9000,
      "PowerMetrics": {"IntervalInMin": 30, "AverageConsumedWatts": null}}]})");
  EXPECT_EQ(moment.at(0).mean_watts, 9000);
  EXPECT_EQ(moment.at(0).seconds, 0);
  const auto report = read("n1.json", R"({"MetricValues": [
      {"MetricId": "InputPower", "MetricValue": "6000", "Timestamp": "2026-11-25T20:00:00Z"},
      {"MetricId": "InputPower", "MetricValue": "7000", "Timestamp": "2026-11-25T15:10:00-05:00"}]})");
  EXPECT_EQ(report.at(0).seconds, 600);
  EXPECT_EQ(report.at(0).mean_watts, 6500);
  EXPECT_THAT(config_error([] {
                read("n1.json",
                     R"({"MetricValues": [{"MetricId": "InputPower", "MetricValue": "6000", "Timestamp": 5}]})");
              }),
              HasSubstr("MetricValues[0].Timestamp"));
}

TEST(MeteredPower, AReadingWithoutATimeLeavesNoMeanOverTime) {
  const auto report = read("n1.json", R"({"MetricValues": [
      {"MetricId": "InputPower", "MetricValue": "6000", "Timestamp": "2026-11-25T20:00:00Z"},
      {"MetricId": "InputPower", "MetricValue": "7000", "Timestamp": "2026-11-25T20:10:00Z"},
      {"MetricId": "InputPower", "MetricValue": "9500"}]})");
  EXPECT_EQ(report.at(0).mean_watts, 7500);
  EXPECT_EQ(report.at(0).samples, 3);
  EXPECT_EQ(report.at(0).seconds, 0);
}

TEST(MeteredPower, AnAverageAndAMomentInOneFileStayApart) {
  const auto power =
      read("n1.json", R"({"PowerWatts": {"Reading": 9000}, "PowerControl": [{"PowerConsumedWatts": 9000,
      "PowerMetrics": {"IntervalInMin": 30, "AverageConsumedWatts": 6000}}]})");
  ASSERT_EQ(power.size(), 2u);
  EXPECT_EQ(power[0].mean_watts, 6000);
  EXPECT_EQ(power[0].seconds, 1800);
  EXPECT_EQ(power[1].mean_watts, 9000);
  EXPECT_EQ(power[1].seconds, 0);
}

TEST(MeteredPower, IpmitoolsSamplingPeriod) {
  const auto seconds = [](const std::string& period) {
    return read("n1.txt", "    Average power reading over sample period:      222 Watts\n" + period).at(0).seconds;
  };
  EXPECT_EQ(seconds("    Sampling period:                          00000005 Seconds.\n"), 5);
  EXPECT_EQ(seconds("    Sampling period:                          01131466 Seconds.\n"), 1131466);
  EXPECT_EQ(seconds("    Sampling period:                          00010000 Milliseconds\n"), 10);
  // newer versions do not end the line of the time
  EXPECT_EQ(seconds("    IPMI timestamp:                           10/12/23 13:29:17 CEST    Sampling period:      "
                    "                    00065530 Seconds.\n"),
            65530);
  EXPECT_EQ(seconds("    Sampling period:                          15_min \n"), 900);
  EXPECT_EQ(seconds("    Sampling period:                          00000000 Seconds.\n"), 0);
  EXPECT_EQ(seconds("    Minimum during sampling period:                 18 Watts\n"), 0);
  EXPECT_EQ(seconds(""), 0);
}

TEST(MeteredPower, AnIntervalLongerThanAnyMeterLivesIsRefused) {
  EXPECT_THAT(config_error([] {
                read("n1.json", R"({"PowerControl": [{"PowerConsumedWatts": 9000, "PowerMetrics":
                    {"IntervalInMin": 1e308, "AverageConsumedWatts": 6850}}]})");
              }),
              HasSubstr("IntervalInMin"));
  EXPECT_THAT(config_error([] {
                read("n1.txt",
                     "Average power reading over sample period: 222 Watts\nSampling period: 9999999999 Seconds.\n");
              }),
              HasSubstr("Sampling period"));
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
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,nan\n"), HasSubstr("line 2"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,-5\n"), HasSubstr("above 0"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,bmc,n1,0\n"), HasSubstr("above 0"));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n2026-11-25T20:00:00Z,nvml,n1,700\n"), HasSubstr("\"nvml\""));
  EXPECT_THAT(refused("a.csv", "utc,meter,of,watts\n"), HasSubstr("no reading"));
  EXPECT_THAT(refused("a.csv", "time,watts\n"), HasSubstr("header"));
  EXPECT_THAT(refused("a.json", "{}"), HasSubstr("no reading"));
  EXPECT_THAT(refused("a.json", R"({"PowerControl": [{"PowerConsumedWatts": null}]})"),
              HasSubstr("$.PowerControl[0]"));
  EXPECT_THAT(refused("a.txt", "hello"), HasSubstr("ipmitool"));
  EXPECT_THAT(refused("a.xml", "x"), HasSubstr(".csv"));
}

TEST(MeteredPower, MessagesArePrintable) {
  const std::string error =
      config_error([] { read("meters.csv", "utc,meter,of,watts\n2026-01-01T00:00:00Z,bmc,n1,8\x1b[31m0\n"); });
  EXPECT_EQ(error.find('\x1b'), std::string::npos) << error;
}

}  // namespace
}  // namespace petaproof::power

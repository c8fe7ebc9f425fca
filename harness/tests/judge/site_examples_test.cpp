// The worked examples of sites: what 100,000 GPUs need, and how many 1 GW and 40 MW feed.
#include "harness/judge/site_power.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// A PUE in a range of which no rounding is to widen the ends.
PueClaim pue(double low, double high) {
  return {{.printed = "", .value = high, .exact = true, .lower = low, .upper = high}, false, ""};
}

double figure(const char* id, const char* key) {
  return hardware().find(id)->power.at(key).value;
}

// Of nodes that draw `watts` per GPU; overhead 5 to 12 %.
Interval per_gpu(const Interval& watts, double most_pue = 1.3) {
  return at_point(watts, "example", MeterPoint::facility, pue(1.05, most_pue)).watts;
}

void expect_needs(const Interval& each, double least_mw, double most_mw) {
  EXPECT_NEAR(each.low * 1e5 * 1e-6, least_mw, 0.5);
  EXPECT_NEAR(each.high * 1e5 * 1e-6, most_mw, 0.5);
}

void expect_feeds(const Interval& each, double watts, double least, double most, double within) {
  EXPECT_NEAR(watts / each.high, least, within);
  EXPECT_NEAR(watts / each.low, most, within);
}

TEST(SiteExamples, ANameplateNodeOfH200) {
  const double watts = figure("h200-sxm-141gb", "node_per_gpu_w_high");
  EXPECT_EQ(watts, 1275);
  const Interval each = per_gpu({watts, watts});
  expect_needs(each, 141, 186);
  expect_feeds(each, 1e9, 539e3, 711e3, 500);
  expect_feeds(each, 40e6, 21.5e3, 28.5e3, 50);
}

TEST(SiteExamples, ANodeOfH100AsMeteredInTraining) {
  const double watts = figure("h100-sxm-80gb", "node_per_gpu_w_low");
  EXPECT_EQ(watts, 856);
  const Interval each = per_gpu({watts, watts});
  expect_needs(each, 94, 125);
  expect_feeds(each, 40e6, 32.1e3, 42.4e3, 50);
}

// The published examples of racks end at a PUE of 1.25, those of nodes at 1.3: with 1.3 the most is 4 % more.
TEST(SiteExamples, RacksOfBlackwell) {
  const Hardware& gpu = *hardware().find("gb300");
  const Interval watts{gpu.power.at("node_per_gpu_w_low").value, gpu.power.at("node_per_gpu_w_high").highest()};
  EXPECT_NEAR(watts.low * 72, 120e3, 100);
  EXPECT_NEAR(watts.high * 72, 142e3, 100);
  const Interval each = per_gpu(watts, 1.25);
  expect_needs(each, 184, 276);
  expect_feeds(each, 1e9, 362e3, 544e3, 500);
  expect_feeds(each, 40e6, 14.5e3, 21.8e3, 50);
  expect_needs(power_per_gpu(gpu, MeterPoint::facility, std::nullopt, {})->watts, 184, 287);
}

TEST(SiteExamples, RacksOf72RubinPackages) {
  const Hardware& gpu = *hardware().find("rubin-vr200");
  const Interval each =
      per_gpu({gpu.power.at("node_per_gpu_w_low").value, gpu.power.at("node_per_gpu_w_high").value}, 1.25);
  expect_needs(each, 291, 447);
  expect_feeds(each, 1e9, 224e3, 344e3, 500);
  expect_feeds(each, 40e6, 8.9e3, 13.7e3, 50);
  expect_needs(power_per_gpu(gpu, MeterPoint::facility, std::nullopt, {})->watts, 291, 465);
}

// Both ends of a factor that are printed alike are printed once.
Verdict load_of(const Claim& claim) {
  for (const FactReading& fact : judge_facts(claim, hardware(), {}))
    if (fact.id == "power/load/h100-sxm-80gb") return fact.verdict;
  throw std::runtime_error("no load");
}

TEST(PowerFacts, AFactorIsPrintedOnceWhereItsEndsAreAlike) {
  Claim claim;
  claim.models = {"h100-sxm-80gb"};
  claim.gpus = GpuClaim{*read_printed("1000", true), GpuUnit::package};
  const auto because = [&](const char* kilowatts) {
    claim.power = PowerClaim{{*read_printed(kilowatts, true), "kW", 1e3}, MeterPoint::gpu, PowerMeaning::average};
    return load_of(claim).because;
  };
  EXPECT_THAT(because("770"), HasSubstr("the claim is 1.1 times as much as they need"));
  EXPECT_THAT(because("35"), HasSubstr("the claim is 0.05 of what they need"));
  EXPECT_THAT(because("500"),
              HasSubstr("1,000 H100 SXM (80 GB) need 700.0 kW; the claim, 500.0 kW, is not above that, nor "
                        "below a tenth of it"));
}

}  // namespace
}  // namespace petaproof::judge

// Figures that are not FLOP/s: the worked examples of sites and their GPUs, and what decides none of them.
#include "harness/judge/facts.hpp"

#include "harness/judge/render.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/tests/judge/fact_reading.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

PowerClaim power_of(const std::string& printed, const std::string& unit, double factor) {
  PowerClaim power;
  power.amount = {*read_printed(printed, false), unit, factor};
  return power;
}

// So many GPUs of one model, so much power.
Claim site(std::int64_t gpus, PowerClaim power, const std::string& model = "h200-sxm-141gb") {
  Claim claim;
  claim.id = "site";
  claim.gpus = GpuClaim{*read_printed(std::to_string(gpus), true), GpuUnit::package};
  claim.power = std::move(power);
  claim.model = model;
  claim.models = {model};
  return claim;
}

std::vector<FactReading> facts_of(const Claim& claim, const Evidence& evidence = {}) {
  return judge_facts(claim, hardware(), evidence);
}

TEST(SitePower, IsThatOfTheWorkedExample) {
  // 100,000 H100 as metered in training: 94 MW at the least; by nameplate: 186 MW at the most
  const auto each = power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::facility, std::nullopt, {});
  ASSERT_TRUE(each);
  EXPECT_NEAR(each->watts.low * 1e5 * 1e-6, 94.4, 0.05);
  EXPECT_NEAR(each->watts.high * 1e5 * 1e-6, 185.6, 0.05);
  // the IT load has no PUE, the GPUs alone nothing but their TDP
  EXPECT_NEAR(power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::it, std::nullopt, {})->watts.high, 1428,
              0.1);
  EXPECT_EQ(power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::gpu, std::nullopt, {})->watts.high, 700);
}

TEST(SitePower, NoPueIsBelowOne) {
  const PueClaim about_one{*read_printed("1", false), false, ""};  // 0.5 to 1.5 as rounded
  const Hardware& gpu = *hardware().find("h100-sxm-80gb");
  EXPECT_EQ(power_per_gpu(gpu, MeterPoint::facility, about_one, {})->watts.low,
            power_per_gpu(gpu, MeterPoint::it, about_one, {})->watts.low);
}

TEST(PowerFacts, AGigawattIsNoLoadOfAHundredThousandGpus) {
  for (const char* model : {"h100-sxm-80gb", "h200-sxm-141gb", "gb200"}) {
    const auto facts = facts_of(site(100'000, power_of("1", "GW", 1e9), model));
    const FactReading& load = fact(facts, fmt::format("power/load/{}", model));
    EXPECT_EQ(load.verdict.outcome, Outcome::refuted) << model;
    EXPECT_EQ(load.verdict.basis, Basis::arithmetic);
    EXPECT_THAT(load.verdict.because, HasSubstr("times as much"));
    // as what a site could draw it is possible, and not decided here
    EXPECT_EQ(fact(facts, fmt::format("power/capacity/{}", model)).verdict.outcome, Outcome::not_decidable);
  }
}

TEST(PowerFacts, FortyMegawattsTrainNoHundredThousandH200AndEightRunNone) {
  const auto capacity = [](const char* megawatts) {
    return fact(facts_of(site(100'000, power_of(megawatts, "MW", 1e6))), "power/capacity/h200-sxm-141gb").verdict;
  };
  // lowered power limits, or idle hours: physics does not forbid it
  EXPECT_EQ(capacity("40").outcome, Outcome::not_decidable);
  EXPECT_THAT(capacity("40").because, HasSubstr("not the 100,000 GPUs claimed, which take 94.4 MW at least "
                                                "to train and 9.44 MW to run at all"));
  EXPECT_EQ(capacity("8").outcome, Outcome::refuted);
  EXPECT_EQ(capacity("8").reason, Reason::A3);
}

TEST(PowerFacts, NoCapacityIsBelowTheLowestLimitThatCanBeSet) {
  // GH200: 450 W at least
  const auto facts = [](const char* megawatts) {
    Claim claim = site(10'000, power_of(megawatts, "MW", 1e6), "gh200");
    claim.power->point = MeterPoint::gpu;
    return fact(facts_of(claim), "power/capacity/gh200").verdict;
  };
  EXPECT_EQ(facts("4.4").outcome, Outcome::refuted);
  EXPECT_EQ(facts("4.6").outcome, Outcome::not_decidable);
}

TEST(PowerFacts, AnotherUnitIsToldByTheGpusThatAreClaimed) {
  const auto suspected = [](std::int64_t gpus, const char* printed, const char* unit, double factor) {
    return site(gpus, power_of(printed, unit, factor), "l40s").power_in_another_unit();
  };
  EXPECT_FALSE(suspected(4, "2.0", "kW", 1e3));
  EXPECT_FALSE(suspected(1, "700", "W", 1));
  EXPECT_TRUE(suspected(100'000, "40", "kW", 1e3));
  EXPECT_TRUE(suspected(4, "2", "W", 1));
  Claim alone = site(1, power_of("40", "W", 1));
  alone.gpus.reset();
  EXPECT_TRUE(alone.power_in_another_unit());
  alone.power = power_of("40", "MW", 1e6);
  EXPECT_FALSE(alone.power_in_another_unit());
}

TEST(PowerFacts, AUnitThatIsNotStatedMayBeANode) {
  Claim claim = site(100'000, power_of("1", "GW", 1e9));
  claim.gpus->unit.reset();
  const auto facts = facts_of(claim);
  const Verdict& verdict = fact(facts, "power/load/h200-sxm-141gb/per-node").verdict;
  EXPECT_EQ(verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(verdict.reason, Reason::N10);
}

TEST(PowerFacts, AStatedUnitIsCountedInItsPackages) {
  Claim claim = site(100'000, power_of("1", "GW", 1e9));
  claim.gpus->unit = GpuUnit::node;
  FactReading load = fact(facts_of(claim), "power/load/h200-sxm-141gb");
  EXPECT_THAT(load.says, HasSubstr("100,000 nodes of 8 H200 SXM (141 GB)"));
  EXPECT_EQ(load.verdict.outcome, Outcome::not_decidable) << load.verdict.because;
  EXPECT_THROW(fact(facts_of(claim), "power/load/h200-sxm-141gb/per-node"), std::runtime_error);

  claim.gpus->unit = GpuUnit::pair;  // still far below 1 GW, and of superchips of four it may be half of it
  load = fact(facts_of(claim), "power/load/h200-sxm-141gb");
  EXPECT_EQ(load.verdict.outcome, Outcome::refuted);
  EXPECT_THAT(load.verdict.because, HasSubstr("pairs of 1 to 2"));
  claim.gpus->unit = GpuUnit::superchip;
  load = fact(facts_of(claim), "power/load/h200-sxm-141gb");
  EXPECT_EQ(load.verdict.outcome, Outcome::not_decidable);
  EXPECT_THAT(load.says, HasSubstr("superchips of 1 to 4"));

  claim.gpus->unit = GpuUnit::h100_equivalent;
  EXPECT_EQ(fact(facts_of(claim), "power/load/h200-sxm-141gb").verdict.reason, Reason::N10);
  claim.power = power_of("40", "MW", 1e6);
  EXPECT_EQ(fact(facts_of(claim), "power/capacity/h200-sxm-141gb").verdict.outcome, Outcome::not_decidable)
      << "how many GPUs must be fed is not known";
}

TEST(PowerFacts, ANodeHoldsAsManyGpusAsItsModelSays) {
  Claim claim = site(100'000, power_of("1", "GW", 1e9), "gb200");
  claim.gpus->unit.reset();
  const FactReading nodes = fact(facts_of(claim), "power/load/gb200/per-node");
  EXPECT_THAT(nodes.says, HasSubstr("100,000 nodes of 4 GB200"));
  EXPECT_THAT(nodes.verdict.because, HasSubstr("need 735.1 MW to 1.07 GW"));  // 400,000 x 1,838 to 2,669 W

  Evidence evidence;
  evidence.power = {{.meter = "bmc", .of = "tray-1", .mean_watts = 8000, .samples = 1}};
  const auto each = power_per_gpu(*hardware().find("gb200"), MeterPoint::it, std::nullopt, evidence);
  EXPECT_NEAR(each->watts.high, 2000 * 1.03 * 1.12, 1e-6);
  EXPECT_THAT(each->formula, HasSubstr("metered on 1 node of 4 GPUs"));
}

TEST(PowerFacts, ANodeCountsOnceHoweverManyFilesSpeakOfIt) {
  Evidence evidence;
  evidence.power = {{.meter = "bmc", .of = "n1", .mean_watts = 6000, .samples = 1},
                    {.meter = "bmc", .of = "N1.example.org", .mean_watts = 7000, .samples = 3},
                    {.meter = "bmc", .of = "n2", .mean_watts = 6750, .samples = 1}};
  const auto each = power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::it, std::nullopt, evidence);
  EXPECT_THAT(each->formula, HasSubstr("metered on 2 nodes of 8 GPUs"));
  EXPECT_NEAR(each->watts.low, 6750 / 8.0 * 0.97 * 1.05, 1e-6);
}

TEST(PowerFacts, MeteredNodesWidenThePublishedFiguresAndNeverNarrowThem) {
  Evidence evidence;
  evidence.power = {{.file = "meters.csv",
                     .meter = "bmc",
                     .of = "n1",
                     .mean_watts = 680,
                     .min_watts = 680,
                     .max_watts = 680,
                     .samples = 300},
                    {.file = "meters.csv",
                     .meter = "bmc",
                     .of = "n2",
                     .mean_watts = 7000,
                     .min_watts = 7000,
                     .max_watts = 7000,
                     .samples = 300},
                    {.file = "meters.csv",
                     .meter = "pdu",
                     .of = "r1",
                     .rack = true,
                     .mean_watts = 130e3,
                     .min_watts = 129e3,
                     .max_watts = 131e3,
                     .samples = 300}};
  const auto each = power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::it, std::nullopt, evidence);
  EXPECT_NEAR(each->watts.low, 3840 / 8.0 * 0.97 * 1.05, 1e-6);
  EXPECT_NEAR(each->watts.high, 1275 * 1.12, 1e-6);
  EXPECT_THAT(each->formula, HasSubstr("metered on 2 nodes"));
}

TEST(PowerFacts, WhatNvmlSaidOfGpusIsNoPowerOfANode) {
  // a measurement's telemetry never becomes a MeteredPower: with it alone the published figures stand
  Evidence evidence;
  evidence.measurements.push_back(measured(Precision::bf16, 700));
  EXPECT_THAT(power_per_gpu(*hardware().find("h100-sxm-80gb"), MeterPoint::it, std::nullopt, evidence)->formula,
              HasSubstr("published"));
}

TEST(PowerFacts, WattsWhereMegawattsAreMeantAreReadBothWays) {
  const Claim claim = site(20'000, power_of("40", "W", 1));
  EXPECT_EQ(contradictions(claim).size(), 1u);
  const auto facts = facts_of(claim);
  EXPECT_EQ(fact(facts, "power/as-printed").verdict.outcome, Outcome::refuted);
  EXPECT_EQ(fact(facts, "power/capacity/h200-sxm-141gb").verdict.outcome, Outcome::not_decidable);
  EXPECT_TRUE(contradictions(site(20'000, power_of("40", "MW", 1e6))).empty());
}

TEST(PueFact, BelowOneIsAgainstItsDefinition) {
  Claim claim;
  claim.pue = PueClaim{*read_printed("0.9", true), false, ""};
  EXPECT_EQ(facts_of(claim).at(0).verdict.outcome, Outcome::refuted);
  claim.pue = PueClaim{*read_printed("1.1", false), true, ""};
  EXPECT_EQ(facts_of(claim).at(0).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(facts_of(claim).at(0).verdict.reason, Reason::N9);
}

// "the contradiction named": no physics bounds it from above, but ten times the IT load is no site.
TEST(PueFact, WhatNoSiteHasIsAConflict) {
  const auto conflicts = [](const char* printed, bool under) {
    Claim claim;
    claim.pue = PueClaim{*read_printed(printed, true), under, ""};
    return contradictions(claim);
  };
  for (const char* printed : {"1", "1.1", "2.5", "10"}) EXPECT_THAT(conflicts(printed, false), ::testing::IsEmpty());
  EXPECT_THAT(conflicts("10.1", false), ::testing::ElementsAre(HasSubstr("a PUE of 10.1")));
  EXPECT_THAT(conflicts("1000", false), ::testing::ElementsAre(HasSubstr("1,000 times as much as its IT")));
  EXPECT_THAT(conflicts("1000", true), ::testing::IsEmpty());  // which every site is under
  EXPECT_THAT(conflicts("0.9", false), ::testing::ElementsAre(HasSubstr("less than its IT")));
  EXPECT_THAT(conflicts("1", true), ::testing::ElementsAre(HasSubstr("a PUE under 1")));
}

TEST(PowerFacts, AllSitesOfAnOperatorAreNoOneSite) {
  Claim claim = site(4'000, power_of("400", "MW", 1e6));
  EXPECT_THAT(fact(facts_of(claim), "power/capacity/h200-sxm-141gb").says, HasSubstr("the site can draw"));
  claim.power->of_all_sites = true;
  EXPECT_THAT(fact(facts_of(claim), "power/capacity/h200-sxm-141gb").says, HasSubstr("all sites together can draw"));
}

// An average may hold idle hours and lighter loads than the training that published watts are of.
TEST(PowerFacts, AnAverageIsNotTooLowForItsGpus) {
  const auto load = [](const std::string& megawatts) {
    Claim claim = site(4'000, power_of(megawatts, "MW", 1e6));
    claim.power->meaning = PowerMeaning::average;
    return fact(facts_of(claim), "power/load/h200-sxm-141gb").verdict.outcome;
  };
  EXPECT_EQ(load("2.80"), Outcome::not_decidable);
  EXPECT_EQ(load("9.80"), Outcome::refuted);
  EXPECT_EQ(load("0.04"), Outcome::refuted);  // 10 W a GPU
}

TEST(GpuFacts, ACensusConfirmsAndTooFewRefuteNothing) {
  Claim claim = site(4'000, power_of("6", "MW", 1e6));
  claim.gpus->count = *read_printed("4,000", false);
  Evidence evidence;
  evidence.censuses = {{"run-1", "h200-sxm-141gb", 4'000}};
  EXPECT_EQ(fact(facts_of(claim, evidence), "gpus/package").verdict.outcome, Outcome::confirmed);
  evidence.censuses = {{"run-1", "h200-sxm-141gb", 3'999}};  // rounds to it, and is less than was claimed
  EXPECT_EQ(fact(facts_of(claim, evidence), "gpus/package").verdict.outcome, Outcome::not_decidable);
  evidence.censuses = {{"run-1", "h100-sxm-80gb", 4'000}};  // of another model
  EXPECT_EQ(fact(facts_of(claim, evidence), "gpus/package").verdict.outcome, Outcome::not_decidable);
  claim.existence = Existence::planned;
  EXPECT_EQ(fact(facts_of(claim, evidence), "gpus/package").verdict.reason, Reason::N8);
}

// "500 nodes", and nothing else.
Claim nodes(std::vector<std::string> models, bool stated = true) {
  Claim claim;
  claim.id = "nodes";
  claim.gpus = GpuClaim{*read_printed("500", true), GpuUnit::node};
  if (stated) claim.model = models.at(0);
  claim.models = std::move(models);
  return claim;
}

Evidence counted(const std::string& model, std::int64_t gpus) {
  Evidence evidence;
  evidence.censuses = {{"run-1", model, gpus}};
  return evidence;
}

TEST(GpuFacts, NodesAreCountedInThePackagesOfTheirModel) {
  const Claim claim = nodes({"h200-sxm-141gb"});
  const auto judged = [&](std::int64_t gpus) {
    return fact(facts_of(claim, counted("h200-sxm-141gb", gpus)), "gpus/node");
  };
  EXPECT_EQ(judged(4'000).verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(judged(4'000).verdict.reason, Reason::A2);
  EXPECT_EQ(judged(4'000).says, "there are 500 nodes of 8 H200 SXM (141 GB)");
  EXPECT_THAT(judged(4'000).verdict.because, HasSubstr("a census found 4,000 distinct GPUs, 500 nodes of 8"));
  EXPECT_EQ(judged(3'999).verdict.reason, Reason::N3);
  EXPECT_THAT(judged(3'999).verdict.because, HasSubstr("499 nodes of 8"));
  EXPECT_EQ(judged(3'999).verdict.would_decide,
            "a census that finds 500 nodes of 8 H200 SXM (141 GB), distinct GPUs all, or more");
  EXPECT_EQ(fact(facts_of(claim), "gpus/node").verdict.reason, Reason::N3) << "the unit is known: nobody counted";
  EXPECT_EQ(fact(facts_of(claim, counted("gb200", 4'000)), "gpus/node").verdict.reason, Reason::N3);
  EXPECT_EQ(fact(facts_of(nodes({"gb200"}), counted("gb200", 2'000)), "gpus/node").verdict.outcome,
            Outcome::confirmed)
      << "four to a tray";
}

TEST(GpuFacts, NodesOfAModelThatIsNotStatedAreThoseOfWhatWasCounted) {
  EXPECT_EQ(fact(facts_of(nodes({}, false)), "gpus/node").verdict.reason, Reason::N10)
      << "a node is of as many packages as its model has";
  EXPECT_EQ(fact(facts_of(nodes({}, false), counted("gb200", 2'000)), "gpus/node").verdict.outcome,
            Outcome::confirmed);
  const Claim assumed = nodes({"h200-sxm-141gb", "gb200"}, false);
  EXPECT_EQ(fact(facts_of(assumed), "gpus/node").verdict.reason, Reason::N3);
  EXPECT_EQ(fact(facts_of(assumed, counted("gb200", 2'000)), "gpus/node").verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(fact(facts_of(assumed, counted("h100-sxm-80gb", 4'000)), "gpus/node").verdict.reason, Reason::N3)
      << "of a model that the claim is not read with";

  // a mixed fleet: one census tells its GPUs apart, so that its models add up; two may have met the same ones
  Evidence mixed = counted("h200-sxm-141gb", 2'000);
  mixed.censuses.push_back({"run-1", "gb200", 1'000});
  EXPECT_EQ(fact(facts_of(assumed, mixed), "gpus/node").verdict.outcome, Outcome::confirmed);
  mixed.censuses[1].run_id = "run-2";
  EXPECT_EQ(fact(facts_of(assumed, mixed), "gpus/node").verdict.reason, Reason::N3);
}

TEST(GpuFacts, NodesOfARandomDrawAreProjected) {
  const auto judged = [](const char* printed) {
    Claim claim = nodes({"h200-sxm-141gb"});
    claim.gpus->count = *read_printed(printed, true);
    Evidence evidence = counted("h200-sxm-141gb", 0);
    SampleEvidence& sample = evidence.sample.emplace();
    sample.selection = "random";
    sample.reach = 'C';
    sample.cluster_nodes = 500;
    sample.drawn = 32;
    sample.pods = {{"all", 500, {}, 0}};
    for (int i = 0; i < 32; ++i) {
      sample.pods[0].delivered.push_back(fmt::format("n{}", i));
      evidence.censuses[0].gpus_on[sample.pods[0].delivered.back()] = 8;
      evidence.censuses[0].gpus += 8;
    }
    return fact(facts_of(claim, evidence), "gpus/node").verdict;
  };
  // 43 of 500 nodes may fall short although none of 32 does
  EXPECT_EQ(full_outcome(judged("457")), "CONFIRMED (projected from 32 of 500 nodes, level C, weak)");
  EXPECT_EQ(judged("458").reason, Reason::N13);
  EXPECT_THAT(judged("458").because, HasSubstr("3,656 or more of them (95 %), 457 nodes of 8"));
}

TEST(GpuFacts, NodesAreCalledNodesInEveryFigure) {
  Claim claim = nodes({"h200-sxm-141gb"});
  claim.build_time = BuildTimeClaim{{*read_printed("50", true), "days", 1}};
  EXPECT_THAT(fact(facts_of(claim), "build-time").verdict.because, HasSubstr("would be 10 nodes a day;"));
  EXPECT_EQ(fact(facts_of(claim), "build-time").steps.at(0).formula, "500 nodes / 50 days");
  EXPECT_THAT(render_text(judge_claim(claim, knowledge())), HasSubstr("FIGURES   500 nodes; built in 50 days"));
}

TEST(GpuFacts, WhatIsNoKnownNumberOfPackagesStaysOpen) {
  for (const GpuUnit unit : {GpuUnit::superchip, GpuUnit::pair, GpuUnit::die, GpuUnit::h100_equivalent}) {
    Claim claim = nodes({"h200-sxm-141gb"});
    claim.gpus->unit = unit;
    const auto facts = facts_of(claim, counted("h200-sxm-141gb", 4'000));
    EXPECT_EQ(fact(facts, fmt::format("gpus/{}", to_string(unit))).verdict.reason, Reason::N10);
  }
}

TEST(GpuFacts, GpusOfAModelThatTheClaimIsNotReadWithAreNotItsOwn) {
  Claim claim = nodes({"h200-sxm-141gb", "h200-nvl-141gb"}, false);
  claim.gpus->unit = GpuUnit::package;
  EXPECT_EQ(fact(facts_of(claim, counted("h200-nvl-141gb", 500)), "gpus/package").verdict.outcome,
            Outcome::confirmed);
  EXPECT_EQ(fact(facts_of(claim, counted("h100-sxm-80gb", 500)), "gpus/package").verdict.reason, Reason::N3);
}

TEST(MoneyFact, IsPutPerMegawattAndNotDecided) {
  Claim claim;
  claim.money = MoneyClaim{{*read_printed("750", false), "million EUR", 1e6}, "EUR"};
  claim.power = power_of("40", "MW", 1e6);
  const auto facts = facts_of(claim);
  EXPECT_THAT(fact(facts, "money").says, HasSubstr("16.6 to 21.6 million EUR per MW"));  // 745 / 45 to 755 / 35
  EXPECT_EQ(fact(facts, "money").verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(fact(facts, "money").in_short, "it costs 750 million EUR for 40 MW");
}

TEST(MoneyFact, IsPutPerMegawattOfAPowerInAnotherUnitAsPrintedAndAsMayBeMeant) {
  Claim claim = site(20'000, power_of("40", "kW", 1e3));
  claim.money = MoneyClaim{{*read_printed("750", false), "million EUR", 1e6}, "EUR"};
  const auto facts = facts_of(claim);
  EXPECT_THROW(fact(facts, "money"), std::runtime_error);

  const FactReading printed = fact(facts, "money/as-printed");
  EXPECT_EQ(printed.says,
            "it costs 750 million EUR for 40 kW, as printed: 16,556 to 21,571 million EUR per MW");  // 745 / 0.045
  EXPECT_EQ(printed.verdict.outcome, Outcome::refuted) << "so little power is no site's, whatever it costs";
  EXPECT_EQ(printed.verdict.reason, Reason::A3);
  EXPECT_EQ(printed.verdict.because, fact(facts, "power/as-printed").verdict.because);
  ASSERT_EQ(printed.steps.size(), 1u);

  const FactReading meant = fact(facts, "money/one-unit");
  EXPECT_EQ(meant.says, "it costs 750 million EUR for 40 MW, if MW is meant: 16.6 to 21.6 million EUR per MW");
  EXPECT_EQ(meant.verdict.outcome, Outcome::not_decidable);
  ASSERT_EQ(meant.steps.size(), 1u);
  EXPECT_EQ(judge_claim(claim, knowledge()).aggregate.refuted_figures, std::vector<std::string>{});
}

}  // namespace
}  // namespace petaproof::judge

// Racks: what a site's power feeds of them, and what meters of them decide.
#include "harness/judge/facts.hpp"
#include "harness/tests/judge/fact_reading.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

std::vector<FactReading> facts_of(const Claim& claim, const Evidence& evidence = {}) {
  return judge_facts(claim, hardware(), evidence);
}

TEST(RackFacts, ARangeDownwardsIsNoneAndACorrectedOneIsReadBesideIt) {
  Claim claim;
  claim.racks = {{.of = "today",
                  .low = {*read_printed("3", false), "kW", 1e3},
                  .high = {*read_printed("10", false), "W", 1},
                  .models = {}}};
  const auto facts = facts_of(claim);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].verdict.outcome, Outcome::refuted);
  EXPECT_EQ(facts[1].id, "rack-1/one-unit");
  EXPECT_EQ(facts[1].verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(contradictions(claim).size(), 1u);
}

// 40 MW, all exact, and racks of so many kW.
Claim racks(const std::string& kilowatts) {
  Claim claim;
  claim.power.emplace().amount = {*read_printed("40", true), "MW", 1e6};
  claim.pue = PueClaim{*read_printed("1.1", true), false, ""};
  const Amount each{*read_printed(kilowatts, true), "kW", 1e3};
  claim.racks = {{.of = "new", .low = each, .high = each, .models = {"gb200"}}};
  return claim;
}

TEST(RackFacts, ASitesPowerFeedsSoManyRacksAndGpus) {
  struct Example {
    const char* kilowatts;
    const char* racks;
    const char* gpus;  // 72 a rack
  };
  for (const Example& example :
       {Example{"150", "242", "17,455"}, {"200", "182", "13,091"}, {"250", "145", "10,473"}}) {
    const FactReading rack = fact(facts_of(racks(example.kilowatts)), "rack-1");
    ASSERT_EQ(rack.steps.size(), 3u);
    EXPECT_EQ(rack.steps[0].formula, "40.0 MW / PUE 1.1");
    EXPECT_EQ(rack.steps[0].result, "36.4 MW");
    EXPECT_EQ(rack.steps[1].result, example.racks);
    EXPECT_EQ(rack.steps[2].result, example.gpus);
    EXPECT_THAT(rack.verdict.because, HasSubstr(fmt::format("40 MW of the site feed {} such racks", example.racks)));
    EXPECT_EQ(rack.verdict.outcome, Outcome::not_decidable);
  }
}

Evidence metered_rack(double mean_watts, double seconds) {
  Evidence evidence;
  for (const char* file : {"monday.csv", "tuesday.csv"})
    evidence.power.push_back({.file = file,
                              .meter = "pdu",
                              .of = "r1",
                              .rack = true,
                              .mean_watts = mean_watts,
                              .min_watts = mean_watts,
                              .max_watts = 2 * mean_watts,
                              .samples = 9,
                              .seconds = seconds});
  return evidence;
}

Verdict rack_verdict(const Claim& claim, const Evidence& evidence) {
  return fact(facts_of(claim, evidence), "rack-1").verdict;
}

// The racks above hold 72 GB200 each: so many racks are claimed, at 140 to 160 kW.
Claim counted_racks(std::int64_t count) {
  Claim claim = racks("140");
  claim.racks[0].high.number = *read_printed("160", true);
  claim.gpus = GpuClaim{*read_printed(std::to_string(72 * count), true), GpuUnit::package};
  claim.models = {"gb200"};
  return claim;
}

Evidence metered_racks_of(const std::vector<double>& kilowatts) {
  Evidence evidence;
  for (std::size_t i = 0; i < kilowatts.size(); ++i) {
    evidence.power.push_back(metered_rack(1e3 * kilowatts[i], 600).power.front());
    evidence.power.back().of = fmt::format("r{}", i + 1);
  }
  return evidence;
}

TEST(RackFacts, ARackInSeveralFilesIsOne) {
  const Verdict verdict = rack_verdict(counted_racks(1), metered_rack(150e3, 600));
  EXPECT_EQ(verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(verdict.basis, Basis::census);
  EXPECT_EQ(verdict.qualifier, "metered on its one rack");
  EXPECT_EQ(rack_verdict(counted_racks(2), metered_rack(150e3, 600)).reason, Reason::N3);
}

TEST(RackFacts, AMeteredRackConfirmsItselfAndNotTheOthers) {
  const Verdict one = rack_verdict(counted_racks(20), metered_rack(150e3, 600));
  EXPECT_EQ(one.outcome, Outcome::not_decidable);
  EXPECT_EQ(one.reason, Reason::N3);
  EXPECT_THAT(one.because,
              HasSubstr("1 of 1 metered racks inside, its mean 150.0 kW; the claimed GPUs fill 20 racks"));
  EXPECT_THAT(one.would_decide, HasSubstr("a PDU's log of all 20 racks under load"));
  // of how many the claim is, it does not say
  Claim uncounted = counted_racks(1);
  uncounted.gpus.reset();
  const Verdict unknown = rack_verdict(uncounted, metered_rack(150e3, 600));
  EXPECT_EQ(unknown.reason, Reason::N4);
  EXPECT_THAT(unknown.because, HasSubstr("no draw says who chose what was metered"));

  Claim claim = counted_racks(3);
  claim.racks[0].high.number = *read_printed("250", true);
  EXPECT_EQ(rack_verdict(claim, metered_racks_of({151, 160, 200})).outcome, Outcome::confirmed);
  const Verdict mixed = rack_verdict(claim, metered_racks_of({151, 130, 200}));
  EXPECT_EQ(mixed.reason, Reason::N9);
  Evidence one_short = metered_racks_of({151, 160, 200});
  one_short.power[1].seconds = 60;
  EXPECT_EQ(rack_verdict(claim, one_short).reason, Reason::N3)
      << "nor does a rack count that was metered for a moment";
  EXPECT_THAT(rack_verdict(claim, one_short).because, HasSubstr("; 1 more not for 300 s or more, read every 120 s"));
  EXPECT_THAT(mixed.because, HasSubstr("2 of 3 metered racks inside, their means 130.0 kW to 200.0 kW"));
}

TEST(RackFacts, AMomentAPeakAndHalfARackConfirmNothing) {
  EXPECT_EQ(rack_verdict(counted_racks(1), metered_rack(150e3, 0)).reason, Reason::N9);
  EXPECT_EQ(rack_verdict(counted_racks(1), metered_rack(75e3, 600)).reason, Reason::N9)
      << "its mean, not its highest reading";
}

// Rounding at an end favours nobody, and neither does what the meter may err by.
TEST(RackFacts, AMeanAtAnEndOfTheClaimConfirmsNothing) {
  Claim claim = counted_racks(1);
  claim.racks[0].low.number = *read_printed("100", false);
  claim.racks[0].high.number = *read_printed("200", false);  // up to 249.9 kW round to it
  const auto at = [&](double kilowatts) { return rack_verdict(claim, metered_racks_of({kilowatts})); };
  const Verdict above = at(249);
  EXPECT_EQ(above.reason, Reason::N9);
  EXPECT_THAT(above.because, HasSubstr("0 of 1 metered racks inside, its mean 249.0 kW"));
  EXPECT_EQ(at(96).reason, Reason::N9) << "that rounds to 100";
  for (const double kilowatts : {98.0, 102.0, 195.0, 205.0}) {
    const Verdict straddles = at(kilowatts);
    EXPECT_EQ(straddles.outcome, Outcome::not_decidable);
    EXPECT_EQ(straddles.reason, Reason::N13) << kilowatts;
  }
  EXPECT_THAT(at(194.9).because,
              HasSubstr("1 of 1 metered racks inside, its mean 194.9 kW; by the 3 % that a meter may "
                        "err r1 draws 189.1 kW to 200.7 kW, and the claim is 100 kW to 200 kW"));
  EXPECT_EQ(at(104).outcome, Outcome::confirmed);
  EXPECT_EQ(at(194).outcome, Outcome::confirmed);
  claim.racks[0].low = claim.racks[0].high;
  EXPECT_EQ(at(200).reason, Reason::N13) << "no meter is as good as a single figure asks";
}

TEST(RackFacts, RacksThatFollowFromGpusOfNoStatedUnitAreConfirmedIfThoseArePackages) {
  Claim claim = counted_racks(1);
  EXPECT_FALSE(rack_verdict(claim, metered_racks_of({150})).if_packages);
  claim.gpus->unit.reset();
  const Verdict verdict = rack_verdict(claim, metered_racks_of({150}));
  EXPECT_EQ(verdict.outcome, Outcome::confirmed);
  EXPECT_TRUE(verdict.if_packages);
  EXPECT_EQ(full_outcome(verdict), "CONFIRMED (metered on its one rack, if its GPUs are packages)");
  EXPECT_THAT(verdict.because, HasSubstr("if each GPU that the claim counts is one package"));
}

TEST(RackFacts, TwoReadingsAWeekApartAreNoLoad) {
  Evidence evidence = metered_rack(150e3, 7 * 86'400.0);
  for (auto& meter : evidence.power) meter.longest_gap_s = meter.seconds;
  const Verdict verdict = rack_verdict(counted_racks(1), evidence);
  EXPECT_EQ(verdict.reason, Reason::N9);
  EXPECT_THAT(verdict.because, HasSubstr("no rack was metered for 300 s or more, read every 120 s or more often; r1 "
                                         "has 604,800 s from one reading to the next"));
  for (auto& meter : evidence.power) meter.longest_gap_s = 61;
  EXPECT_EQ(rack_verdict(counted_racks(1), evidence).outcome, Outcome::confirmed);
}

// One rack is enough to refute what is said of every one, where neither its meter's error nor idleness explains it.
TEST(RackFacts, WhatIsSaidOfEveryRackIsRefutedByOne) {
  Claim claim = counted_racks(20);
  claim.racks[0].low.number = *read_printed("150", true);
  claim.racks[0].high.number = *read_printed("250", true);
  const auto verdict_at = [&](double kilowatts) { return rack_verdict(claim, metered_racks_of({151, kilowatts})); };
  EXPECT_EQ(verdict_at(130).outcome, Outcome::not_decidable) << "it is not said of every rack";
  claim.racks[0].every = true;
  const Verdict refuted = verdict_at(130);
  EXPECT_EQ(refuted.outcome, Outcome::refuted);
  EXPECT_EQ(refuted.reason, Reason::A5);
  EXPECT_EQ(refuted.qualifier, "metered on 2 racks");
  EXPECT_THAT(refuted.because, HasSubstr("the claim says it of every rack, and r2 draws 130.0 kW"));
  EXPECT_EQ(verdict_at(146).outcome, Outcome::not_decidable) << "a meter may err by 3 %";
  EXPECT_EQ(verdict_at(100).outcome, Outcome::not_decidable) << "such racks take 120 kW at the least: it may be idle";
  EXPECT_EQ(verdict_at(260).outcome, Outcome::refuted);
  EXPECT_EQ(verdict_at(256).outcome, Outcome::not_decidable);
  claim.racks[0].models.clear();
  EXPECT_EQ(verdict_at(130).outcome, Outcome::not_decidable) << "of a rack of what, nobody says";
  claim.existence = Existence::planned;
  EXPECT_EQ(verdict_at(260).reason, Reason::N8);
}

TEST(RackFacts, AMeterTellsNothingOfRacksToComeNorWhichOfTwoItIsOf) {
  Claim claim = counted_racks(1);
  claim.existence = Existence::planned;
  EXPECT_EQ(rack_verdict(claim, metered_rack(150e3, 600)).reason, Reason::N8);
  claim = counted_racks(1);
  claim.racks.push_back(claim.racks[0]);
  EXPECT_EQ(rack_verdict(claim, metered_rack(150e3, 600)).reason, Reason::N3);
}

TEST(RackFacts, WhatASiteFeedsIsAnIntervalWhereTheClaimLeavesOne) {
  Claim claim = racks("150");
  claim.racks[0].high.number = *read_printed("250", true);
  EXPECT_EQ(fact(facts_of(claim), "rack-1").steps[1].result, "145 to 242");
  claim.pue.reset();  // 1.05 to 1.3
  EXPECT_EQ(fact(facts_of(claim), "rack-1").steps[1].result, "123 to 254");
  claim.power->point = MeterPoint::it;
  EXPECT_EQ(fact(facts_of(claim), "rack-1").steps[0].name, "racks fed");
  claim.power->point = MeterPoint::gpu;
  EXPECT_TRUE(fact(facts_of(claim), "rack-1").steps.empty());
  claim.power.reset();
  EXPECT_TRUE(fact(facts_of(claim), "rack-1").steps.empty());
  claim = racks("150");
  claim.racks[0].models = {"h200-sxm-141gb"};  // no rack of which is sold as one product
  EXPECT_EQ(fact(facts_of(claim), "rack-1").steps.size(), 2u);
}

TEST(RackFacts, AllSitesOfAnOperatorAreNoOneSite) {
  Claim claim = racks("150");
  claim.power->amount.number = *read_printed("400", true);
  claim.power->of_all_sites = true;
  EXPECT_THAT(fact(facts_of(claim), "rack-1").verdict.because, HasSubstr("400 MW of all sites together feed"));
}

TEST(RackFacts, APowerInAnotherUnitFeedsRacksAsMayBeMeant) {
  Claim claim = racks("150");
  claim.power->amount = {*read_printed("40", true), "W", 1};
  const FactReading rack = fact(facts_of(claim), "rack-1");
  EXPECT_THAT(rack.verdict.because, HasSubstr("40 MW of the site, if MW is meant, feed 242 such racks"));
}

}  // namespace
}  // namespace petaproof::judge

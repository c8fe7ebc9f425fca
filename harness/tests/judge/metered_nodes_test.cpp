// Nodes that were metered: who they are, and what their load says of a site.
#include "harness/judge/metered_nodes.hpp"

#include "harness/judge/sample_size.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/tests/judge/drawn_nodes.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

MeteredPower meter(const std::string& name, double watts, std::int64_t samples = 1) {
  return {.file = "meters.csv",
          .meter = "bmc",
          .of = name,
          .mean_watts = watts,
          .min_watts = watts,
          .max_watts = watts,
          .samples = samples,
          .seconds = 300};
}

// `nodes` of 500 nodes drawn, delivered and metered, alternating by 1 % about 6,850 W.
Evidence drawn(int nodes, char reach = 'C') {
  Evidence evidence;
  for (int i = 0; i < nodes; ++i) evidence.power.push_back(meter(host(i), 6850 * (i % 2 == 0 ? 1.01 : 0.99)));
  evidence.sample = sample_of(nodes, reach);
  return evidence;
}

// 4,000 H200 on 500 nodes, and so much power of their IT load.
Claim site(const std::string& megawatts) {
  Claim claim;
  claim.gpus = GpuClaim{*read_printed("4000", true), GpuUnit::package};
  claim.power.emplace().amount = {*read_printed(megawatts, true), "MW", 1e6};
  claim.power->point = MeterPoint::it;
  claim.models = {"h200-sxm-141gb"};
  return claim;
}

FactReading judged(const Claim& claim, const Evidence& evidence) {
  for (const auto& fact : judge_facts(claim, hardware(), evidence))
    if (fact.id == "power/metered/" + claim.models.front()) return fact;
  throw std::runtime_error("no metered reading");
}

TEST(MeteredNodes, OneNodeHasSeveralNamesAndFiles) {
  Evidence evidence;
  evidence.power = {meter("n1", 6000, 1), meter("N1.example.org", 7000, 3), meter("n1.other.org", 5000),
                    meter("n2", 1)};
  evidence.power.back().rack = true;
  const auto nodes = metered_nodes(evidence);
  ASSERT_EQ(nodes.size(), 1u);  // the first name has no domain, so that any is its own
  EXPECT_DOUBLE_EQ(nodes[0].watts, 6000) << "300 s each, of however many readings";
  evidence.power[0].of = "n1.example.org";
  EXPECT_EQ(metered_nodes(evidence).size(), 2u);
  EXPECT_TRUE(metered_nodes({}).empty());
  ASSERT_EQ(metered_racks(evidence).size(), 1u);
  EXPECT_EQ(metered_racks(evidence)[0].watts, 1);
}

TEST(MeteredNodes, ReadingsFarApartAreNoLoad) {
  Evidence evidence;
  evidence.power = {meter("n1", 6000), meter("n1", 6000), meter("n2", 6000)};
  evidence.power[0].seconds = evidence.power[0].longest_gap_s = 604'800;
  evidence.power[1].longest_gap_s = 60;
  evidence.power[2].longest_gap_s = 121;
  const auto nodes = metered_nodes(evidence);
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].seconds, 300);
  EXPECT_EQ(nodes[0].gap_s, 0);
  EXPECT_EQ(nodes[1].seconds, 0);
  EXPECT_EQ(load_of(nodes).seconds, 0);
  EXPECT_EQ(load_of(nodes).gap_s, 121);
}

TEST(MeteredNodes, FilesWeighTheirTimeAndALogWithGapsNothingBesideOneWithout) {
  Evidence evidence;
  evidence.power = {meter("n1", 6000, 12), meter("n1", 9000, 60)};
  evidence.power[0].seconds = 1200;
  evidence.power[1].seconds = 60;
  EXPECT_DOUBLE_EQ(metered_nodes(evidence).at(0).watts, (1200 * 6000 + 60 * 9000) / 1260.0);
  evidence.power[1].seconds = 0;  // a moment
  EXPECT_EQ(metered_nodes(evidence).at(0).watts, 6000);
  evidence.power[1].seconds = evidence.power[1].longest_gap_s = 604'800;
  EXPECT_EQ(metered_nodes(evidence).at(0).watts, 6000);
  // alone they are all that is known, and no load
  evidence.power[0].seconds = 0;
  EXPECT_EQ(metered_nodes(evidence).at(0).watts, 9000);
  EXPECT_EQ(metered_nodes(evidence).at(0).seconds, 0);
  evidence.power[1].seconds = evidence.power[1].longest_gap_s = 0;
  EXPECT_DOUBLE_EQ(metered_nodes(evidence).at(0).watts, (12 * 6000 + 60 * 9000) / 72.0);
}

TEST(MeteredNodes, TimeThatSeveralLogsCoverCountsOnce) {
  constexpr std::int64_t second = 1'000'000'000;
  Evidence evidence;
  evidence.power = {meter("n1", 6000)};
  evidence.power[0].seconds = 1200;
  evidence.power[0].begin_ns = 0;
  for (int i = 0; i < 30; ++i) {  // half a minute at the peak, in thirty files
    evidence.power.push_back(meter("n1", 9000));
    evidence.power.back().seconds = 30;
    evidence.power.back().begin_ns = 1200 * second;
  }
  EXPECT_DOUBLE_EQ(metered_nodes(evidence).at(0).watts, (1200 * 6000 + 30 * 9000) / 1230.0);
  // with the mean of the logs that cover it
  evidence.power.resize(2);
  evidence.power[1].begin_ns = 600 * second;
  EXPECT_DOUBLE_EQ(metered_nodes(evidence).at(0).watts, (1170 * 6000 + 30 * 7500) / 1200.0);
  // what lies between two logs counts nothing
  evidence.power[1].begin_ns = 86'400 * second;
  EXPECT_DOUBLE_EQ(metered_nodes(evidence).at(0).watts, (1200 * 6000 + 30 * 9000) / 1230.0);
}

TEST(MeteredNodes, LoadIsTheMeanAndHowNodesVary) {
  const NodeLoad load = load_of({{"a", 90, 600}, {"b", 110, 300}});
  EXPECT_EQ(load.nodes, 2);
  EXPECT_DOUBLE_EQ(load.watts, 100);
  EXPECT_EQ(load.seconds, 300);
  EXPECT_NEAR(load.variation, 0.1414, 1e-4);
  EXPECT_EQ(load_of({{"a", 90, 0}}).variation, 0);
}

TEST(MeteredLoad, IsTheMeanWithItsIntervalAndTheMetersOwnError) {
  const FactReading fact = judged(site("4"), drawn(32));
  const double variation = 0.01 * std::sqrt(32 / 31.0);
  const double margin = margin_of(32, 500, variation, split_confidence);
  EXPECT_NEAR(margin, 0.0036, 1e-4);
  EXPECT_EQ(fact.steps.at(0).result, "856 W");
  const double low = 856.25 * (1 - margin) * 0.97, high = 856.25 * (1 + margin) * 1.03;
  EXPECT_EQ(fact.steps.at(1).result, shown_power(Interval{low, high}));
  EXPECT_EQ(fact.steps.at(2).result, shown_power(Interval{low * 1.05, high * 1.12}));
  EXPECT_EQ(fact.steps.at(3).result, shown_power(Interval{4000 * low * 1.05, 4000 * high * 1.12}));
  EXPECT_EQ(fact.steps.at(4).name, "GPUs fed");
  EXPECT_THAT(fact.steps.at(4).result, HasSubstr(" to 4,6"));  // 4 MW / 869 W
}

TEST(MeteredLoad, RefutesWhatDoesNotMeetItAndNeverConfirms) {
  // 4,000 GPUs need 3.47 to 3.97 MW at this load; the published range is 3.60 to 5.71 MW
  const FactReading refuted = judged(site("5"), drawn(32));
  EXPECT_EQ(refuted.verdict.outcome, Outcome::refuted);
  EXPECT_EQ(refuted.verdict.reason, Reason::A5);
  EXPECT_EQ(refuted.verdict.basis, Basis::sample);
  EXPECT_EQ(refuted.verdict.qualifier, "metered on 32 of 500 nodes");
  EXPECT_THAT(refuted.verdict.because, AllOf(HasSubstr("856 W per GPU over 32 nodes"), HasSubstr("4,000 H200")));
  const FactReading open = judged(site("3.8"), drawn(32));
  EXPECT_EQ(open.verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(open.verdict.reason, Reason::N9);
  EXPECT_THAT(open.verdict.because, HasSubstr("another load or season may not"));
  Evidence all = drawn(500, 'A');
  all.sample->selection = "all";
  EXPECT_EQ(judged(site("3.8"), all).verdict.outcome, Outcome::not_decidable);
}

TEST(MeteredLoad, SaysHowLongItWasMetered) {
  Evidence evidence = drawn(32);
  evidence.power[3].seconds = 0;
  EXPECT_THAT(judged(site("5"), evidence).verdict.because, HasSubstr("for a time that is not known"));
  for (auto& power : evidence.power) power.seconds = 900;
  evidence.power[3].seconds = 600;
  EXPECT_THAT(judged(site("5"), evidence).verdict.because, HasSubstr("for 600 s at least"));
}

TEST(MeteredLoad, TwoReadingsAWeekApartRefuteNothing) {
  Evidence evidence = drawn(32);
  EXPECT_EQ(judged(site("5"), evidence).verdict.outcome, Outcome::refuted);
  evidence.power[3].seconds = evidence.power[3].longest_gap_s = 604'800;
  EXPECT_EQ(judged(site("5"), evidence).verdict.reason, Reason::N9);
  EXPECT_THAT(judged(site("5"), evidence).verdict.because,
              AllOf(HasSubstr("with up to 604,800 s from one reading to the next"),
                    HasSubstr("read every 120 s or more often")));
}

TEST(MeteredLoad, AMomentIsNoLoadAndIdleNodesAreNone) {
  Evidence evidence = drawn(32);
  evidence.power[3].seconds = 200;
  EXPECT_EQ(judged(site("5"), evidence).verdict.reason, Reason::N9);
  EXPECT_THAT(judged(site("5"), evidence).verdict.because, HasSubstr("300 s at least"));
  evidence = drawn(32);  // at 2 kW a node 5 MW is far above what they need, and 0.5 MW far below
  for (auto& power : evidence.power) power.mean_watts = 2000;
  EXPECT_EQ(judged(site("3.8"), evidence).verdict.reason, Reason::N9);
  EXPECT_EQ(judged(site("0.5"), evidence).verdict.outcome, Outcome::refuted);
}

TEST(MeteredLoad, OnlyAnAverageIsRefutedByALoad) {
  Claim claim = site("5");
  claim.power->meaning = PowerMeaning::average;
  EXPECT_EQ(judged(claim, drawn(32)).verdict.outcome, Outcome::refuted);
  for (const PowerMeaning meaning : {PowerMeaning::capacity, PowerMeaning::contracted}) {
    claim.power->meaning = meaning;
    EXPECT_EQ(judged(claim, drawn(32)).verdict.reason, Reason::N9);
  }
}

TEST(MeteredLoad, TakesEnoughNodesOfARandomDraw) {
  const auto reason = [](const Evidence& evidence) { return judged(site("5"), evidence).verdict.reason; };
  EXPECT_EQ(fewest_nodes(500), 32);
  EXPECT_EQ(reason(drawn(31)), Reason::N3);
  EXPECT_EQ(reason(drawn(1)), Reason::N3);
  EXPECT_EQ(reason(drawn(32)), Reason::A5);
  EXPECT_EQ(reason(drawn(32, 'B')), Reason::A5);
  EXPECT_EQ(reason(drawn(32, 'D')), Reason::N4);

  Evidence evidence = drawn(32);
  evidence.sample.reset();
  EXPECT_EQ(reason(evidence), Reason::N4);
  for (const char* selection : {"provider_chosen", "uncommitted"}) {
    evidence = drawn(32);
    evidence.sample->selection = selection;
    EXPECT_EQ(reason(evidence), Reason::N4) << selection;
  }
  evidence = drawn(33);
  evidence.sample->pods[0].delivered.erase(evidence.sample->pods[0].delivered.begin());
  EXPECT_EQ(reason(evidence), Reason::N4);
  EXPECT_THAT(judged(site("5"), evidence).verdict.because, HasSubstr("n000 is not among"));
  evidence = drawn(33);  // whoever may leave meters out chooses the others
  evidence.power.pop_back();
  EXPECT_EQ(reason(evidence), Reason::N4);
  EXPECT_THAT(judged(site("5"), evidence).verdict.because, HasSubstr("n032 was drawn and delivered, and no meter"));
  evidence = drawn(32);  // names as hosts have them
  for (auto& name : evidence.sample->pods[0].delivered) name += ".example.org";
  EXPECT_EQ(reason(evidence), Reason::A5);
  evidence = drawn(32);
  evidence.sample->cluster_nodes = 400;  // of 3,200 GPUs
  EXPECT_EQ(reason(evidence), Reason::N4);
}

TEST(MeteredLoad, OfWhatDoesNotRunYetOrIsNoPackageDecidesNothing) {
  Claim claim = site("5");
  claim.existence = Existence::planned;
  EXPECT_EQ(judged(claim, drawn(32)).verdict.reason, Reason::N8);
  claim = site("5");
  claim.gpus->unit = GpuUnit::superchip;
  EXPECT_EQ(judged(claim, drawn(32)).verdict.reason, Reason::N10);
  claim = site("5");
  claim.power->point = MeterPoint::gpu;
  EXPECT_EQ(judged(claim, drawn(32)).verdict.reason, Reason::N9);
}

// "500 nodes" are 4,000 packages, and judged as such.
TEST(MeteredLoad, ReadsWhatIsCountedInPackages) {
  Claim claim = site("5");
  claim.gpus = GpuClaim{*read_printed("500", true), GpuUnit::node};
  const FactReading refuted = judged(claim, drawn(32));
  EXPECT_EQ(refuted.verdict.reason, Reason::A5) << "the same GPUs as 4,000 packages: " << refuted.verdict.because;
  EXPECT_THAT(refuted.says, HasSubstr("is what 500 nodes of 8 H200 SXM (141 GB) draw"));
  EXPECT_THAT(refuted.verdict.because,
              AllOf(HasSubstr("500 nodes of 8 H200 SXM (141 GB), read as 4,000 GPU packages, need 3.4"),
                    HasSubstr("to 3.9")));
  EXPECT_EQ(refuted.steps.at(3).formula, "x 4,000 GPU packages (500 nodes of 8 H200 SXM (141 GB))");
  EXPECT_EQ(refuted.steps.at(3).result, judged(site("5"), drawn(32)).steps.at(3).result);

  Evidence few = drawn(32);
  few.sample->cluster_nodes = 400;  // of 3,200 GPUs
  EXPECT_EQ(judged(claim, few).verdict.reason, Reason::N4);

  claim.gpus = GpuClaim{*read_printed("4000", false), GpuUnit::superchip};
  const FactReading open = judged(claim, drawn(32));
  EXPECT_EQ(open.verdict.reason, Reason::N10);
  EXPECT_THAT(open.says, HasSubstr("superchips of 1 to 4 H200"));
  EXPECT_THAT(open.verdict.because, HasSubstr("read as 3,500 to 17,996 GPU packages"));

  claim.gpus->unit = GpuUnit::h100_equivalent;
  const FactReading rate = judged(claim, drawn(32));
  EXPECT_EQ(rate.verdict.reason, Reason::N10);
  EXPECT_THAT(rate.says, HasSubstr("H100-equivalents draw"));
  EXPECT_THAT(rate.verdict.because, Not(HasSubstr("need")));
}

TEST(MeteredLoad, RescuesNothingThatArithmeticRefutes) {
  Claim claim = site("50");
  claim.power->meaning = PowerMeaning::average;
  const FactReading fact = judged(claim, drawn(1));
  EXPECT_EQ(fact.verdict.outcome, Outcome::refuted);
  EXPECT_EQ(fact.verdict.reason, Reason::A3);
  EXPECT_EQ(fact.verdict.basis, Basis::arithmetic);
}

TEST(MeteredLoad, OfATrayLeavesOutTheSwitchesOfItsRack) {
  Claim claim = site("20");  // 4,000 GB200 on 1,000 trays: 6.7 to 7.7 MW as metered, without switches
  claim.models = {"gb200"};
  Evidence evidence = drawn(63);
  evidence.sample->cluster_nodes = 1000;
  for (auto& power : evidence.power) power.mean_watts = 6600;
  claim.power->amount.number = *read_printed("7.9", true);
  EXPECT_EQ(judged(claim, evidence).verdict.reason, Reason::N9);  // the switches may draw the rest
  claim.power->amount.number = *read_printed("6", true);
  EXPECT_EQ(judged(claim, evidence).verdict.outcome, Outcome::refuted);
}

TEST(MeteredLoad, NeedsNoCountOfGpus) {
  Claim claim = site("5");
  claim.gpus.reset();
  const FactReading fact = judged(claim, drawn(32));
  EXPECT_EQ(fact.verdict.reason, Reason::N9);
  EXPECT_THAT(fact.verdict.because, HasSubstr("5 MW feeds 5,0"));  // 5 MW / 992 W
}

}  // namespace
}  // namespace petaproof::judge

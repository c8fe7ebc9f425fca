#include "harness/judge/inventory.hpp"

#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const std::string h100 = "h100-sxm-80gb";

// `drawn` of 500 nodes in two pods, each with eight GPUs that a census counted.
Evidence drawn(int drawn, char reach = 'C') {
  Evidence evidence;
  SampleEvidence sample;
  sample.selection = "random";
  sample.reach = reach;
  sample.cluster_nodes = 500;
  sample.drawn = drawn;
  sample.pods = {{"a", 250, {}, 0}, {"b", 250, {}, 0}};
  Census census;
  census.run_id = "run-1";
  census.hardware_id = h100;
  for (int i = 0; i < drawn; ++i) {
    const std::string host = "n" + std::to_string(i);
    sample.pods[static_cast<std::size_t>(i % 2)].delivered.push_back(host);
    census.gpus_on[host] = 8;
    census.gpus += 8;
  }
  evidence.sample = sample;
  evidence.censuses = {census};
  return evidence;
}

TEST(Inventory, WhatTheNodesThatWereNotSeenMayLack) {
  const auto found = sampled_inventory(drawn(32), h100);
  ASSERT_TRUE(found);
  // 43 of 500: the chance to draw 32 and meet none of them is just above 5 %
  EXPECT_EQ(found->gpus_at_least, 8 * (500 - 43));
  EXPECT_EQ(found->gpus_at_most, 4000);
  EXPECT_EQ(found->gpus_per_node, 8);
  EXPECT_EQ(found->qualifier, "projected from 32 of 500 nodes, level C, weak");
  EXPECT_EQ(sampled_inventory(drawn(500, 'A'), h100)->gpus_at_least, 4000);
}

TEST(Inventory, NothingFromASampleThatIsNoRandomOneOrLacksAnything) {
  EXPECT_FALSE(sampled_inventory({}, h100));
  EXPECT_FALSE(sampled_inventory(drawn(32), "h200-sxm-141gb"));
  EXPECT_FALSE(sampled_inventory(drawn(32, 'D'), h100));
  Evidence evidence = drawn(32);
  evidence.sample->selection = "provider_chosen";
  EXPECT_FALSE(sampled_inventory(evidence, h100));
  evidence = drawn(32);
  evidence.sample->missing = 1;
  EXPECT_FALSE(sampled_inventory(evidence, h100));
  evidence = drawn(32);
  evidence.censuses[0].gpus_on["n5"] = 7;
  EXPECT_FALSE(sampled_inventory(evidence, h100));
  evidence = drawn(32);
  evidence.censuses[0].gpus_on.erase("n5");  // it has another model
  EXPECT_FALSE(sampled_inventory(evidence, h100));
}

TEST(Inventory, ConfirmsAPeakAsAProjectionOrLeavesItOpen) {
  const std::string tensor = h100 + "/fp64_tensor/dense/peak";
  Claim claim = stated(h100, Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  const Verdict confirmed = find(judge_claim(claim, knowledge(), drawn(32)), tensor).verdict;
  EXPECT_EQ(full_outcome(confirmed), "CONFIRMED (projected from 32 of 500 nodes, level C, weak)");  // 3,656 x 66.9
  EXPECT_EQ(confirmed.reason, Reason::A2);
  EXPECT_EQ(confirmed.basis, Basis::sample);

  claim.compute->amount.number = *read_printed("260", false);
  const JudgedReading open = find(judge_claim(claim, knowledge(), drawn(32)), tensor);
  EXPECT_EQ(open.verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(open.verdict.reason, Reason::N13);
  EXPECT_THAT(open.verdict.because, HasSubstr("3,656 or more"));
  ASSERT_TRUE(open.projected);
  EXPECT_NEAR(open.projected->upper, 4000 * 66.9, 1);
}

TEST(Inventory, CountsGpusOfAClaimThatStatesNoFlops) {
  Claim claim = stated(h100, Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  claim.compute.reset();
  claim.gpus->count = *read_printed("3600", true);
  const Judgement judgement = judge_claim(claim, knowledge(), drawn(32));  // 3,656 at least
  EXPECT_EQ(judgement.facts.at(0).verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(judgement.facts.at(0).verdict.basis, Basis::sample);
  EXPECT_EQ(judge_claim(claim, knowledge(), drawn(15)).facts.at(0).verdict.reason, Reason::N13);
}

}  // namespace
}  // namespace petaproof::judge

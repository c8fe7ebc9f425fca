#include "harness/judge/flagged.hpp"

#include <gmock/gmock.h>

#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Nodes n0, n1, ... of eight GPUs whose rates lie within 0.2 % of 50 TFLOP/s.
Measurement alike(int nodes) {
  Measurement m = measured(Precision::fp64_tensor, 50);
  m.gpus = 8 * nodes;
  m.nodes = nodes;
  for (int node = 0; node < nodes; ++node) {
    NodeRate& one = m.per_node.emplace_back();
    one.host = "n" + std::to_string(node);
    one.gpus = 8;
    one.rate_tflops = 50;
    for (int gpu = 0; gpu < 8; ++gpu) one.gpu_tflops.push_back(50 + 0.02 * ((5 * gpu + 3 * node) % 11 - 5));
  }
  return m;
}

// A sample that delivered all of them, so many from each pod: p0, p1, ...
SampleEvidence dealt(const Measurement& m, std::size_t nodes_of_pod) {
  SampleEvidence sample;
  for (std::size_t i = 0; i < m.per_node.size(); ++i) {
    if (i % nodes_of_pod == 0) sample.pods.emplace_back().name = "p" + std::to_string(i / nodes_of_pod);
    sample.pods.back().delivered.push_back(m.per_node[i].host);
  }
  return sample;
}

TEST(Flagged, NobodyWhereAllAreAlike) {
  const Flagged flagged = flagged_in(alike(16), {});
  EXPECT_THAT(flagged.outliers, IsEmpty());
  EXPECT_EQ(flagged_text(flagged), "");
}

TEST(Flagged, TheSlowGpuAndTheSlowNodeByName) {
  Measurement m = alike(16);
  m.per_node[3].gpu_tflops[5] = 40;
  for (double& rate : m.per_node[7].gpu_tflops) rate *= 0.7;
  const Flagged flagged = flagged_in(m, {});
  ASSERT_EQ(flagged.outliers.size(), 2u);
  EXPECT_THAT(flagged_text(flagged),
              AllOf(HasSubstr("1 of 128 GPUs, 1 of 16 nodes"), HasSubstr("n7 30.0 % slower"),
                    HasSubstr("GPU 5 of n3 20.0 % slower"), HasSubstr("counted all the same")));
}

TEST(Flagged, ASlowPodIsNotAllItsNodes) {
  Measurement m = alike(40);
  for (std::size_t node = 16; node < 24; ++node)
    for (double& rate : m.per_node[node].gpu_tflops) rate *= 0.9;
  const Flagged flagged = flagged_in(m, dealt(m, 8));
  ASSERT_EQ(flagged.outliers.size(), 1u);
  EXPECT_THAT(flagged_text(flagged),
              HasSubstr("1 pod unlike their peers, counted all the same: pod p2 10.0 % slower"));
}

TEST(Flagged, OfAFewNodesFromEachPodAllAreCompared) {
  Measurement m = alike(15);
  for (double& rate : m.per_node[7].gpu_tflops) rate *= 0.7;
  EXPECT_THAT(flagged_text(flagged_in(m, dealt(m, 3))), HasSubstr("n7 30.0 % slower"));
}

TEST(Flagged, AGpuThatDidNothingIsNoOutlierAndManyAreCut) {
  Measurement m = alike(16);
  m.per_node[0].gpu_tflops[0] = 0;
  EXPECT_THAT(flagged_in(m, {}).outliers, IsEmpty());
  for (std::size_t node = 0; node < 7; ++node) m.per_node[node].gpu_tflops[1] = 45;
  EXPECT_THAT(flagged_text(flagged_in(m, {})), HasSubstr("and 2 more (--json)"));
}

TEST(Flagged, AJudgementNamesEachMeasurementOnce) {
  Measurement m = alike(16);
  m.per_node[3].gpu_tflops[5] = 40;
  const Judgement judgement = judge_claim(nexus(), knowledge(), {{m}, {}});
  ASSERT_EQ(judgement.flagged.size(), 1u);
  EXPECT_EQ(judgement.flagged[0].case_id, m.case_id);
}

}  // namespace
}  // namespace petaproof::judge

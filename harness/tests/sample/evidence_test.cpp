// From censuses and draws to the judge's evidence: what may count, and what is said about the rest.
#include "harness/sample/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/tests/sample/fixture.hpp"

namespace petaproof::sample {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::draw_of;
using ::testing::ElementsAre;
using testing::hardware;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::rank;
using testing::run;

CensusEvidence evidence_of(const std::vector<MeasuredRun>& runs) {
  return census_evidence(take_census(runs, hardware()), hardware());
}

std::int64_t h100s(const CensusEvidence& evidence) {
  for (const judge::Census& census : evidence.censuses)
    if (census.hardware_id == "h100-sxm-80gb") return census.gpus;
  return -1;
}

TEST(CensusEvidence, CountsEachModelOverAllRuns) {
  MeasuredRank other = rank("n2", "u3");
  other.device = "NVIDIA H200";
  const CensusEvidence evidence =
      evidence_of({run({rank("n1", "u1"), rank("n1", "u2")}, "a"), run({rank("n1", "u1"), other}, "b")});
  ASSERT_EQ(evidence.censuses.size(), 2u);
  EXPECT_EQ(h100s(evidence), 2);
  EXPECT_EQ(evidence.censuses.back().hardware_id, "h200-sxm-141gb");
  EXPECT_EQ(evidence.censuses.back().gpus, 1);
  EXPECT_EQ(evidence.censuses.front().run_id, "a+b");
  EXPECT_THAT(evidence.findings, Contains(HasSubstr("2 models")));
}

TEST(CensusEvidence, LeavesOutWhatIsNoGpuOfItsOwn) {
  MeasuredRank slice = rank("n1", "u2");
  slice.mig = true;
  MeasuredRank twin = rank("n1", "u3");
  twin.gpu.serial = "s-u1";
  const CensusEvidence evidence = evidence_of(
      {run({rank("n1", "u1"), slice, twin, rank("n1", "u4"), rank("n2", "u4"), rank("n1", "u5"), rank("n1", "u5")})});
  EXPECT_EQ(h100s(evidence), 1);  // u1
  EXPECT_THAT(evidence.findings, Contains(HasSubstr("1 GPU(s) count for no claim: ranks shared them")));
}

TEST(CensusEvidence, LeavesOutRunsThatSupportNothing) {
  for (const auto& spoil :
       {+[](MeasuredRun& one) { one.corrupted = true; }, +[](MeasuredRun& one) { one.gpu_shared = true; },
        +[](MeasuredRun& one) { one.backend = "host"; }, +[](MeasuredRun& one) { one.ranks.front().cases = 0; }}) {
    MeasuredRun spoilt = run({rank("n1", "u1")}, "a");
    spoil(spoilt);
    EXPECT_EQ(h100s(evidence_of({spoilt})), 0);
    EXPECT_THAT(evidence_of({spoilt}).findings, Contains(HasSubstr("1 GPU(s) count for no claim: no case ended")));
    EXPECT_EQ(h100s(evidence_of({spoilt, run({rank("n1", "u1")}, "b")})), 1);  // and a sound one of the same GPU
  }
}

TEST(CensusEvidence, AModelWithoutAFileIsNamed) {
  MeasuredRank unknown = rank("n1", "u1");
  unknown.device = "NVIDIA X\n1";
  const CensusEvidence evidence = evidence_of({run({unknown})});
  EXPECT_THAT(evidence.censuses, IsEmpty());
  EXPECT_THAT(evidence.findings, ElementsAre(HasSubstr("no file of configs/hardware has \"NVIDIA X?1\"")));
}

TEST(CensusEvidence, OfCpusIsNone) {
  MeasuredRun cpus = run({rank("n1", "")});
  cpus.backend = "host";
  EXPECT_THAT(evidence_of({cpus}).censuses, IsEmpty());
}

// A record may leave out what the manifest says.
TEST(PowerLimits, ThoseOfTheManifestHoldGpusDown) {
  judge::Evidence evidence;
  for (const auto& [run_id, model] :
       {std::pair{"a", "h100-sxm-80gb"}, {"a", "h200-sxm-141gb"}, {"b", "h100-sxm-80gb"}}) {
    judge::Measurement m;
    m.run_id = run_id;
    m.hardware_id = model;
    m.power_limit_watts = 700;
    m.held_down = 1;
    evidence.measurements.push_back(m);
  }
  add_power_limits(
      {run({rank("n1", "u1", 400), rank("n1", "u2", 500), rank("n2", "u3", 699)}, "a"), run({rank("n1", "u1")}, "b")},
      hardware(), evidence);
  EXPECT_EQ(evidence.measurements[0].held_down, 2);
  EXPECT_EQ(evidence.measurements[0].power_limit_watts, 400);
  for (const std::size_t other : {1, 2}) {
    EXPECT_EQ(evidence.measurements[other].held_down, 1);
    EXPECT_EQ(evidence.measurements[other].power_limit_watts, 700);
  }
}

TEST(RankFaults, TwoRanksOfOneGpuThatTheRunDoesNotAdmit) {
  MeasuredRun one = run({rank("n1", "u1"), rank("n1", "u2"), rank("n1", "u1"), rank("n1", "")});
  const auto faults = [&] { return rank_faults(one, take_census({one}, hardware())); };
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("another rank has the same GPU"), IsEmpty(),
                                    HasSubstr("another rank has the same GPU"), HasSubstr("no UUID")));
  EXPECT_THAT(run_faults({one}, take_census({one}, hardware())).at(0).why, HasSubstr("3 of its 4 ranks"));
  one.gpu_shared = true;  // and then its records say so
  EXPECT_THAT(faults(), ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), HasSubstr("no UUID")));
  one.backend = "host";
  EXPECT_THAT(faults(), ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty()));
}

class Sampled : public ::testing::Test {
 protected:
  const Draw draw = draw_of("n[001-200] a\nm[001-200] b", 100);

  // The first so many of the draw, and others.
  judge::SampleEvidence delivered(std::size_t nodes, std::vector<MeasuredRank> others = {}) const {
    for (const std::string& name : draw.names())
      if (nodes > 0 && nodes--) others.push_back(rank(name + ".dc", "u-" + name));
    const std::vector<MeasuredRun> runs{run(others)};
    return sample_evidence(draw, check_delivery(draw, runs), take_census(runs, hardware()));
  }
};

TEST_F(Sampled, WholeDraw) {
  const judge::SampleEvidence sample = delivered(100);
  EXPECT_EQ(sample.list_hash, draw.hash);
  EXPECT_EQ(sample.seed, "seed");
  EXPECT_EQ(sample.selection, "random");
  EXPECT_EQ(sample.reach, 'B');
  EXPECT_THAT(sample.lacks, ElementsAre(HasSubstr("296 more nodes")));  // of level A, the next one up
  EXPECT_EQ(sample.cluster_nodes, 400);
  EXPECT_EQ(sample.drawn, 100);
  EXPECT_EQ(sample.missing, 0);
  ASSERT_EQ(sample.pods.size(), 2u);
  for (const judge::SampledPod& pod : sample.pods) {
    EXPECT_EQ(pod.nodes, 200);
    EXPECT_EQ(pod.delivered.size(), 50u);
    EXPECT_EQ(pod.missing, 0);
    for (const std::string& host : pod.delivered) EXPECT_THAT(host, HasSubstr(pod.name == "a" ? "n" : "m"));
    EXPECT_TRUE(pod.delivered.front().ends_with(".dc"));  // as records have it
  }
  EXPECT_THAT(sample.notes, IsEmpty());
}

TEST_F(Sampled, MissingNodesCountInTheirPods) {
  const judge::SampleEvidence sample = delivered(96, {rank("stranger", "u")});
  EXPECT_EQ(sample.selection, "random");
  EXPECT_EQ(sample.missing, 4);
  EXPECT_EQ(sample.pods[0].missing + sample.pods[1].missing, 4);
  EXPECT_EQ(sample.pods[0].delivered.size() + sample.pods[1].delivered.size(), 96u);
  EXPECT_THAT(sample.notes, ElementsAre(AllOf(HasSubstr("counted as failed"), HasSubstr("no run has it")),
                                        HasSubstr("set aside: stranger: not in the list")));
}

TEST_F(Sampled, TooFewAreTheProvidersChoice) {
  const judge::SampleEvidence sample = delivered(94);
  EXPECT_EQ(sample.selection, "provider_chosen");
  EXPECT_EQ(sample.reach, 'D');
  EXPECT_THAT(sample.lacks, Contains(HasSubstr("provider did not choose")));
}

TEST_F(Sampled, ANodeWithGpusLeftOutIsNamed) {
  std::vector<MeasuredRank> second;
  for (const std::string& name : draw.names())
    if (name != draw.names().front()) second.push_back(rank(name, "v-" + name));
  EXPECT_THAT(delivered(100, second).notes, Contains("delivered with 1 of 2 GPUs: " + draw.names().front()));
}

TEST_F(Sampled, WithoutPodsThereIsOne) {
  const Draw flat = draw_of("n[1-3]", 3);
  const std::vector<MeasuredRun> runs{run({rank("n1", "u1"), rank("n2", "u2"), rank("n3", "u3")})};
  const judge::SampleEvidence sample =
      sample_evidence(flat, check_delivery(flat, runs), take_census(runs, hardware()));
  ASSERT_EQ(sample.pods.size(), 1u);
  EXPECT_EQ(sample.pods[0].name, "");
  EXPECT_EQ(sample.selection, "all");
  EXPECT_EQ(sample.reach, 'A');
  EXPECT_THAT(sample.lacks, IsEmpty());
}

}  // namespace
}  // namespace petaproof::sample

// Decided by results that the very system has published: HPL, and training.
#include <algorithm>

#include "harness/judge/attached.hpp"
#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Evidence attached(const std::vector<std::pair<std::int64_t, std::string>>& runs) {
  Evidence evidence;
  for (const auto& [nodes, petaflops] : runs) {
    PublishedResult result;
    result.id = fmt::format("r{}", nodes);
    result.system = "a system";
    result.status = Status::read;
    result.hardware_id = "h100-sxm-80gb";
    result.kind = Kind::coupled;
    result.benchmark = "HPL";
    result.precision = Precision::fp64_tensor;
    result.nodes = nodes;
    result.gpus = 8 * nodes;
    result.value = *read_printed(petaflops, false);
    result.unit = "PFLOP/s";
    result.unit_tflops = 1e3;
    evidence.attached.push_back(result);
  }
  return evidence;
}

JudgedReading hpl(std::int64_t gpus, const std::string& petaflops, const Evidence& evidence) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::coupled);
  claim.compute->benchmark = "HPL";
  claim.system = "a system";
  claim.compute->amount.number = *read_printed(petaflops, false);
  claim.gpus->count = *read_printed(std::to_string(gpus), true);
  return find(judge_claim(claim, knowledge(), evidence), "h100-sxm-80gb/fp64_tensor/dense/coupled");
}

TEST(DecideTogether, SmallerRunsOfEagleNeitherConfirmNorRefuteIt) {
  const JudgedReading eagle =
      hpl(14'400, "561.2", attached({{512, "163"}, {800, "243"}, {1200, "364"}, {1600, "491"}}));
  EXPECT_EQ(eagle.verdict.reason, Reason::N13);
  ASSERT_TRUE(eagle.projected);
  EXPECT_NEAR(eagle.projected->estimate * 1e-3, 552, 1);
  EXPECT_NEAR(eagle.projected->lower * 1e-3, 525, 1);
  EXPECT_NEAR(eagle.projected->upper * 1e-3, 580, 1);
}

TEST(DecideTogether, ItsOwnResultRefutesAndConfirmsNothing) {
  EXPECT_EQ(hpl(4'096, "240", attached({{512, "163"}})).verdict.outcome, Outcome::refuted);
  EXPECT_EQ(hpl(4'096, "240", attached({{512, "163"}})).verdict.basis, Basis::attached);
  const JudgedReading alone = hpl(4'096, "240", {});
  EXPECT_EQ(alone.verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(alone.plausibility.plausible, Plausible::beyond);
  EXPECT_EQ(hpl(4'096, "150", attached({{512, "163"}})).verdict.reason, Reason::N4);
}

// "10,000" may be 14,999 GPUs, and 6,400 are fewer than it says.
TEST(DecideTogether, AResultOfFewerGpusThanArePrintedIsCarried) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::coupled);
  claim.compute->benchmark = "HPL";
  claim.system = "a system";
  claim.compute->amount.number = *read_printed("380", false);
  claim.gpus->count = *read_printed("10000", false);
  const std::string coupled = "h100-sxm-80gb/fp64_tensor/dense/coupled";
  const JudgedReading carried =
      find(judge_claim(claim, knowledge(), attached({{512, "163"}, {800, "243"}})), coupled);
  EXPECT_EQ(carried.verdict.outcome, Outcome::not_decidable) << carried.verdict.because;
  EXPECT_NEAR(carried.projected->estimate * 1e-3, 380, 1);
  EXPECT_GT(carried.projected->upper * 1e-3, 550) << "as many as round to the claim may be meant";
  // at size, too: 10,000 GPUs with 300, and 14,999 with 450
  const JudgedReading same = find(judge_claim(claim, knowledge(), attached({{1250, "300"}})), coupled);
  EXPECT_EQ(same.verdict.outcome, Outcome::not_decidable) << same.verdict.because;
  claim.gpus->count = *read_printed("10000", true);
  EXPECT_EQ(find(judge_claim(claim, knowledge(), attached({{1250, "300"}})), coupled).verdict.outcome,
            Outcome::refuted);
}

TEST(DecideTogether, WhatMoreGpusFallShortOfIsRefuted) {
  EXPECT_EQ(hpl(4'000, "240", attached({{512, "163"}})).verdict.outcome, Outcome::refuted);
  EXPECT_THAT(hpl(4'000, "240", attached({{512, "163"}})).verdict.because,
              HasSubstr("on more GPUs than are claimed"));
  const Verdict open = hpl(3'000, "140", attached({{512, "163"}, {800, "243"}})).verdict;
  EXPECT_EQ(open.reason, Reason::N7);
  EXPECT_THAT(open.because, AllOf(HasSubstr("163 PFLOP/s on 4,096 GPUs"), HasSubstr("what 3,000 of them do"),
                                  Not(HasSubstr("no more than"))));
  EXPECT_EQ(hpl(4'000, "165", attached({{512, "163"}})).verdict.outcome, Outcome::not_decidable);
}

// Nobody measured here: the first line is not to say so.
TEST(DecideTogether, TheFindingNamesWhatIsPublishedAsThat) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::coupled);
  claim.compute->precision.reset();
  claim.system = "a system";
  claim.gpus->count = *read_printed("4096", true);
  EXPECT_THAT(judge_claim(claim, knowledge(), attached({{512, "163"}})).aggregate.finding,
              AllOf(HasSubstr("by what is published of this system: refuted as coupled in fp64_tensor"),
                    Not(HasSubstr("measured: "))));
}

TEST(DecideTogether, TwoNodesSayNothingOfFiveHundred) {
  EXPECT_EQ(hpl(4'096, "240", attached({{2, "0.7"}})).verdict.reason, Reason::N7);
}

TEST(DecideTogether, TheHighestOfOneCountCounts) {
  Evidence evidence = attached({{512, "163"}, {512, "120"}});
  EXPECT_EQ(hpl(4'096, "160", evidence).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(hpl(4'000, "150", evidence).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(hpl(4'096, "240", evidence).verdict.outcome, Outcome::refuted);
  // a poor run of nearly as many GPUs bounds nothing that a better one reached
  evidence = attached({{512, "120"}, {514, "163"}});
  const JudgedReading spared = hpl(4'000, "157", evidence);
  EXPECT_EQ(spared.verdict.reason, Reason::N13);
  EXPECT_THAT(spared.verdict.because, HasSubstr("but 39.6 TFLOP/s per GPU are published too"));
  // carried: 38.4 per GPU from 1,600 nodes, and not the mean with 30
  EXPECT_NEAR(
      hpl(14'400, "561.2", attached({{512, "163"}, {800, "243"}, {1600, "384"}, {1600, "491"}})).projected->estimate *
          1e-3,
      552, 2);
}

TEST(DecideTogether, WhatIsRecalledRefutesNothing) {
  Evidence evidence = attached({{512, "163"}});
  evidence.attached[0].status = Status::recalled;
  const JudgedReading recalled = hpl(4'096, "240", evidence);
  EXPECT_EQ(recalled.verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(recalled.verdict.reason, Reason::N7);
  EXPECT_EQ(recalled.verdict.basis, Basis::none);
  EXPECT_THAT(recalled.verdict.because, HasSubstr("r512: recalled from memory, which refutes nothing"));
  EXPECT_EQ(recalled.plausibility.plausible, Plausible::beyond);
}

TEST(DecideTogether, AResultOfAnotherSystemRefutesNothing) {
  Evidence evidence = attached({{512, "163"}});
  evidence.attached[0].system = "another system";
  const JudgedReading other = hpl(4'096, "240", evidence);
  EXPECT_EQ(other.verdict.reason, Reason::N7);
  EXPECT_THAT(other.verdict.because, HasSubstr("of another system, and the claim is of \"a system\""));
  evidence.attached[0].known_as = {"A System"};
  EXPECT_EQ(hpl(4'096, "240", evidence).verdict.outcome, Outcome::refuted);
}

// The system of a claim is its `system`, or else what its subject is called before a comma or a bracket.
TEST(Attached, IsOfTheSystemThatTheClaimNames) {
  PublishedResult result;
  result.status = Status::read;
  result.system = "Azure ND H100 v5 (Eagle family), 512 nodes";
  result.known_as = {"Azure ND H100 v5", "Eagle"};
  Claim claim;
  claim.gpus = nexus().gpus;
  EXPECT_THAT(why_no_evidence(result, claim), HasSubstr("the claim names no system"));
  for (const char* subject : {"Eagle", "EAGLE.", "Azure ND H100 v5, 512 nodes", "Eagle (Azure)",
                              "Azure ND H100 v5 (Eagle family), 512 nodes"}) {
    claim.subject = subject;
    EXPECT_EQ(why_no_evidence(result, claim), "") << subject;
  }
  // a name that is a common word names nothing within a sentence
  for (const char* subject : {"Eagles", "Beagle", "Azure ND H100 v50", "Eagl\u00e9", "Azure",
                              "The Eagle has landed: our new cluster", "Eagle has landed, our new cluster", "Eagle-2",
                              "Eagle's successor", "Eagle: the next one", "Falcon, not Eagle"}) {
    claim.subject = subject;
    EXPECT_NE(why_no_evidence(result, claim), "") << subject;
  }
  claim.subject = "faster than Eagle";
  claim.system = "Falcon";
  EXPECT_NE(why_no_evidence(result, claim), "") << "the claim's own word comes first";
  claim.system = "eagle";
  EXPECT_EQ(why_no_evidence(result, claim), "");
  claim.gpus.reset();
  EXPECT_EQ(why_no_evidence(result, claim), "the claim does not say of how many GPUs it is");
}

// 16,384 H100 in training, with results that are published of them: 400 TFLOP/s each at 8,192 tokens, 380 at 131,072.
Claim training(const std::string& petaflops, std::vector<std::string> results, const std::string& model = {},
               std::int64_t sequence = 0) {
  Claim claim = stated("h100-sxm-80gb", Precision::bf16, Sparsity::dense, Kind::training);
  claim.system = "Meta, H100 over RoCE";
  claim.compute->amount.number = *read_printed(petaflops, true);
  claim.compute->benchmark = model;
  claim.compute->sequence = sequence;
  claim.gpus->count = *read_printed("16384", true);
  claim.attached_results = std::move(results);
  return claim;
}

Verdict trained(const Claim& claim) {
  return find(judge_claim(claim, knowledge()), "h100-sxm-80gb/bf16/dense/training").verdict;
}

TEST(DecideTogether, AResultRefutesOnlyTheWorkloadThatItMeasured) {
  const std::vector<std::string> longs{"llama3-405b-16384-long"};
  const std::string llama = "Llama 3 405B";
  EXPECT_EQ(trained(training("6550", longs, llama, 131'072)).outcome, Outcome::refuted);
  const Verdict shorter = trained(training("6550", longs, llama, 8'192));
  EXPECT_EQ(shorter.reason, Reason::N7);
  EXPECT_THAT(shorter.because, HasSubstr("of another workload than the claim's, Llama 3 405B, 131,072 tokens"));
  EXPECT_EQ(trained(training("6550", longs, "GPT 462B")).reason, Reason::N7);
  // of whatever length: the same system reached it at 8,192 tokens
  const Verdict any = trained(training("6550", longs, llama));
  EXPECT_EQ(any.reason, Reason::N13);
  EXPECT_THAT(any.because,
              AllOf(HasSubstr("but 400.0 TFLOP/s per GPU are published too"), HasSubstr("8,192 tokens")));
  EXPECT_EQ(trained(training("6550", {"llama3-405b-16384", "llama3-405b-16384-long"}, llama)).outcome,
            Outcome::not_decidable);
  EXPECT_EQ(trained(training("7600", longs, llama)).outcome, Outcome::refuted) << "printed as 400, it is 449 at most";
}

// Another model may train faster on the same GPUs: 542.7 TFLOP/s each is the most that is published of any.
TEST(DecideTogether, WithoutAWorkloadTheBestOfItsKindCounts) {
  const std::vector<std::string> both{"llama3-405b-16384", "llama3-405b-16384-long"};
  const Verdict spared = trained(training("8500", both));
  EXPECT_EQ(spared.reason, Reason::N13);
  EXPECT_THAT(spared.because, AllOf(HasSubstr("the claim names no program or model, and 542.7 TFLOP/s per GPU"),
                                    HasSubstr("NVIDIA DGX Cloud")));
  // a sequence alone says no more of the model, and what does not say its sequence may be of the claim's
  EXPECT_EQ(trained(training("8500", both, "", 8'192)).reason, Reason::N13);
  EXPECT_EQ(trained(training("7500", {"llama3-405b-16384"}, "", 8'192)).reason, Reason::N13);
  EXPECT_EQ(trained(training("7500", {"llama3-405b-16384"}, "Llama 3 405B", 8'192)).outcome, Outcome::refuted);
  const Verdict beyond = trained(training("9100", both));
  EXPECT_EQ(beyond.outcome, Outcome::refuted) << beyond.because;
  EXPECT_EQ(beyond.basis, Basis::attached);
}

TEST(DecideTogether, SeveralModelsMakeNoTrend) {
  Claim claim = training("7000", {"megatron-h100-314b", "megatron-h100-462b", "megatron-h100-177b"});
  claim.system = "NVIDIA H100 cluster, Megatron-LM";
  const Verdict verdict = trained(claim);
  EXPECT_EQ(verdict.reason, Reason::N7);
  EXPECT_THAT(verdict.because, HasSubstr("of several workloads (GPT 177B and GPT 462B)"));
}

TEST(DecideTogether, TheBasisNamesWhatWasAttached) {
  Claim claim = load_claim(configs() / "claims" / "hpl-240pf-4096-h100.json", hardware());
  claim.gpus->count = *read_printed("4000", true);  // refuted by more GPUs than it has
  Judgement judgement = judge_claim(claim, knowledge());
  ASSERT_EQ(judgement.readings.at(0).verdict.basis, Basis::attached);
  EXPECT_THAT(render_markdown(judgement),
              AllOf(HasSubstr("published of this very system and attached: 163 PFLOP/s of HPL on 4,096 GPUs, Azure"),
                    Not(HasSubstr("paper alone"))));
  claim.system = "Falcon";
  judgement = judge_claim(claim, knowledge());
  EXPECT_EQ(judgement.readings.at(0).verdict.outcome, Outcome::not_decidable);
  EXPECT_THAT(render_markdown(judgement), AllOf(HasSubstr("paper alone"), HasSubstr("it supports nothing here")));
}

}  // namespace
}  // namespace petaproof::judge

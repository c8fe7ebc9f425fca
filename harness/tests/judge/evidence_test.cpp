// What measurements and inventories may and may not decide.
#include <cmath>
#include <limits>

#include "harness/app/exit_code.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string tensor_kernel = "h100-sxm-80gb/fp64_tensor/dense/kernel";

Judgement with(Measurement m) {
  return judge_claim(nexus(), knowledge(), {{std::move(m)}, {}});
}

TEST(Evidence, FewGpusGiveAStatementAboutThemAndNoVerdictAboutTheCluster) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  m.sm_clock_mhz = 1700;
  const Judgement judgement = with(m);
  const JudgedReading& judged = find(judgement, tensor_kernel);
  EXPECT_EQ(judged.verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(judged.verdict.basis, Basis::sample);
  EXPECT_EQ(judged.verdict.reason, Reason::N3);
  EXPECT_THAT(judged.verdict.because,
              AllOf(HasSubstr("52.1 TFLOP/s per GPU"), HasSubstr("8 GPUs of 1 node (level D)"),
                    HasSubstr("208.4 PFLOP/s, which falls short of 235"),
                    HasSubstr("at the measured 1,700 MHz a perfect kernel gives 57.4 TFLOP/s")));
  EXPECT_THAT(judged.verdict.would_decide, HasSubstr("32 of 500 nodes (8 GPUs each)"));
  ASSERT_TRUE(judged.measured);
  EXPECT_EQ(judged.measured->rate_tflops, 52.1);
  EXPECT_THAT(judgement.set_aside, IsEmpty());
  EXPECT_EQ(exit_code_of(judgement), 2);

  // it is about this model, precision and kind alone
  EXPECT_FALSE(find(judgement, "h200-sxm-141gb/fp64_tensor/dense/kernel").measured);
  EXPECT_FALSE(find(judgement, "h100-sxm-80gb/fp32/dense/kernel").measured);
  EXPECT_FALSE(find(judgement, "h100-sxm-80gb/fp64_tensor/dense/coupled").measured);
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64_tensor/dense/coupled").verdict.reason, Reason::N7);
}

TEST(Evidence, EvenAMillionfoldRateConfirmsNothingAboutAClusterFromFewGpus) {
  EXPECT_EQ(find(with(measured(Precision::bf16, 794)), "h100-sxm-80gb/bf16/dense/kernel").verdict.outcome,
            Outcome::not_decidable);
}

TEST(Evidence, ARefutationByArithmeticStandsAgainstAnyMeasurement) {
  const Judgement judgement = with(measured(Precision::fp64, 33));
  const JudgedReading& judged = find(judgement, "h100-sxm-80gb/fp64/dense/kernel");
  EXPECT_EQ(judged.verdict.outcome, Outcome::refuted);
  EXPECT_EQ(judged.verdict.basis, Basis::arithmetic);
  EXPECT_TRUE(judged.measured) << "what was measured is still shown";
}

TEST(Evidence, AHostRecordNeverSupportsAGpuReading) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  m.backend = "host";  // even one that carries a GPU's id
  const Judgement judgement = with(m);
  EXPECT_FALSE(find(judgement, tensor_kernel).measured);
  EXPECT_EQ(find(judgement, tensor_kernel).verdict.basis, Basis::none);
  ASSERT_EQ(judgement.set_aside.size(), 1u);
  EXPECT_EQ(judgement.set_aside[0].reason, "host backend: it can never support a GPU reading");

  // verdict by verdict the same as without any evidence
  const Judgement without = judge_claim(nexus(), knowledge());
  ASSERT_EQ(judgement.readings.size(), without.readings.size());
  for (std::size_t i = 0; i < without.readings.size(); ++i) {
    EXPECT_EQ(judgement.readings[i].verdict.outcome, without.readings[i].verdict.outcome);
    EXPECT_EQ(judgement.readings[i].verdict.because, without.readings[i].verdict.because);
    EXPECT_EQ(judgement.readings[i].verdict.would_decide, without.readings[i].verdict.would_decide);
  }
}

// That GPUs were measured, and in vain, is not to be told as if there were none.
TEST(Evidence, WhatWasSetAsideIsSaidWhereNothingElseWasMeasured) {
  Measurement zeros = measured(Precision::fp64_tensor, 52.1), again = zeros, shared = zeros;
  zeros.fill = again.fill = "zeros";
  shared.gpu_shared = true;
  const auto because = [](std::vector<Measurement> measurements) {
    return find(judge_claim(nexus(), knowledge(), {std::move(measurements), {}}), tensor_kernel).verdict.because;
  };
  EXPECT_EQ(because({}), "no GPU of this model was measured at this precision");
  EXPECT_EQ(
      because({zeros, again, shared}),
      "every record of this model at this precision was set aside: fill zeros: a claim accepts normal data only; "
      "gpu_shared: several ranks used one GPU, so its rate is no GPU's own");
  Measurement other = zeros;
  other.precision = Precision::bf16;
  EXPECT_EQ(because({other}), "no GPU of this model was measured at this precision");
}

struct Unfit {
  const char* name;
  std::function<void(Measurement&)> change;
  const char* reason;
};
class UnfitMeasurement : public ::testing::TestWithParam<Unfit> {};

TEST_P(UnfitMeasurement, IsSetAsideWithTheReason) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  GetParam().change(m);
  const Judgement judgement = with(m);
  for (const auto& judged : judgement.readings) EXPECT_FALSE(judged.measured) << judged.reading.id();
  ASSERT_EQ(judgement.set_aside.size(), 1u);
  EXPECT_THAT(judgement.set_aside[0].reason, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnfitMeasurement,
    ::testing::Values(Unfit{"Zeros", [](auto& m) { m.fill = "zeros"; }, "fill zeros"},
                      Unfit{"SharedGpu", [](auto& m) { m.gpu_shared = true; },
                            "gpu_shared: several ranks used one GPU"},
                      Unfit{"IssueRate", [](auto& m) { m.ceiling = true; }, "an issue rate"},
                      Unfit{"Invalid", [](auto& m) { m.disposition = "invalid"; }, "disposition invalid"},
                      Unfit{"NanRate", [](auto& m) { m.rate_tflops = std::nan(""); }, "not sound"},
                      Unfit{"InfiniteBound",
                            [](auto& m) { m.upper_tflops = std::numeric_limits<double>::infinity(); }, "not sound"},
                      Unfit{"BoundsSwapped", [](auto& m) { std::swap(m.lower_tflops, m.upper_tflops); }, "not sound"},
                      Unfit{"NoGpus", [](auto& m) { m.gpus = 0; }, "not sound"},
                      Unfit{"UnknownGpu", [](auto& m) { m.hardware_id = ""; }, "in no hardware file"},
                      Unfit{"GpuOfNoReading", [](auto& m) { m.hardware_id = "h200-nvl-141gb"; }, "h200-nvl-141gb"}),
    [](const auto& each) { return each.param.name; });

TEST(Evidence, WrongResultsAreSaidToBeWrong) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  m.disposition = "fail_verify";
  EXPECT_EQ(find(with(m), tensor_kernel).verdict.reason, Reason::N11);
}

TEST(Evidence, ASharedGpuSaysNothingNotEvenThatItIsWrong) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  m.disposition = "fail_verify";
  m.gpu_shared = true;
  EXPECT_NE(find(with(m), tensor_kernel).verdict.reason, Reason::N11);
}

TEST(Evidence, TheSteadiestModeCountsBeforeTheHighestRate) {
  Measurement burst = measured(Precision::fp64_tensor, 60);
  burst.mode = "burst";
  Measurement slow = measured(Precision::fp64_tensor, 50);
  const Measurement fast = measured(Precision::fp64_tensor, 51);
  const auto rate = [](const Evidence& evidence) {
    return find(judge_claim(nexus(), knowledge(), evidence), tensor_kernel).measured.value().rate_tflops;
  };
  EXPECT_EQ(rate({{burst, slow, fast}, {}}), 51);
  EXPECT_EQ(rate({{fast, slow, burst}, {}}), 51);
  EXPECT_EQ(rate({{burst}, {}}), 60);
}

TEST(Evidence, AShortWindowIsSaidToBeShort) {
  Measurement m = measured(Precision::fp64_tensor, 52.1);
  m.duration_s = 20;
  EXPECT_THAT(find(with(m), tensor_kernel).verdict.because, HasSubstr("below level D"));
}

Judgement counted(const std::string& id, std::int64_t gpus) {
  return judge_claim(nexus(), knowledge(), {{}, {{"run-1", id, gpus}}});
}

TEST(Census, ConfirmsAPeakAndNothingBeyondIt) {
  const Judgement judgement = counted("h100-sxm-80gb", 4000);
  const Verdict& peak = find(judgement, "h100-sxm-80gb/fp64_tensor/dense/peak").verdict;
  EXPECT_EQ(peak.outcome, Outcome::confirmed);
  EXPECT_EQ(peak.basis, Basis::census);
  EXPECT_EQ(peak.reason, Reason::A2);
  EXPECT_TRUE(peak.would_decide.empty());
  EXPECT_EQ(find(judgement, tensor_kernel).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64/dense/peak").verdict.outcome, Outcome::refuted);
  EXPECT_EQ(find(judgement, "h200-sxm-141gb/fp64_tensor/dense/peak").verdict.outcome, Outcome::not_decidable);
}

TEST(Census, OfNvlReaches240ExactlyAndNotWithOneGpuLess) {
  const std::string id = "h100-nvl-94gb/fp64_tensor/dense/peak";
  EXPECT_EQ(find(counted("h100-nvl-94gb", 4000), id).verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(find(counted("h100-nvl-94gb", 3999), id).verdict.outcome, Outcome::not_decidable);
}

TEST(Census, ThatFindsTooFewRefutesNothing) {
  const std::string id = "h100-sxm-80gb/bf16/dense/peak";  // 3,499 would reach 240 on paper many times over
  EXPECT_EQ(find(counted("h100-sxm-80gb", 3499), id).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(find(counted("h100-sxm-80gb", 3499), id).verdict.basis, Basis::census);
  // that rounds to 4,000, and is not what the claim prints
  EXPECT_EQ(find(counted("h100-sxm-80gb", 3500), id).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(find(counted("h100-sxm-80gb", 4000), id).verdict.outcome, Outcome::confirmed);
}

// 3,999 x 60 of the NVL is short of 240, and 4,400 that round to 4,000 would not be.
TEST(Census, GpusBeyondThePrintedOnesAreNotCredited) {
  Claim claim = stated("h100-nvl-94gb", Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  const auto peak = [&](const char* petaflops, std::int64_t gpus) {
    claim.compute->amount.number = *read_printed(petaflops, false);
    return judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-nvl-94gb", gpus}}}).readings.at(0).verdict;
  };
  EXPECT_EQ(peak("240", 4400).outcome, Outcome::confirmed);
  const Verdict open = peak("250", 4400);
  EXPECT_EQ(open.outcome, Outcome::not_decidable);
  EXPECT_THAT(open.because,
              HasSubstr("a census found 4,400 H100 NVL (94 GB), on paper 4,000 of them 240.0 PFLOP/s, which falls"));
}

TEST(Census, TwoRunsAreNotAddedUp) {
  const Judgement judgement =
      judge_claim(nexus(), knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 2000}, {"run-2", "h100-sxm-80gb", 2000}}});
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/bf16/dense/peak").verdict.outcome, Outcome::not_decidable);
}

TEST(Census, OfTheOneReadingThatAClaimNamesIsExitZero) {
  const Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  const Judgement judgement = judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 4000}}});
  EXPECT_EQ(judgement.aggregate.line, "CONFIRMED: the one reading that the claim names");
  EXPECT_EQ(exit_code_of(judgement), 0);
}

// What it counts as a GPU is the one thing that is open of it.
TEST(Census, OfAClaimWithoutAUnitConfirmsPackages) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  claim.gpus->unit.reset();
  Judgement judgement = judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 4000}}});
  EXPECT_EQ(judgement.aggregate.outcome, Outcome::confirmed);
  EXPECT_EQ(judgement.aggregate.word, "CONFIRMED, if its GPUs are packages");
  EXPECT_EQ(judgement.aggregate.line,
            "CONFIRMED, if its GPUs are packages: 1 readings confirmed, 0 refuted, 0 not decidable");
  const Verdict& verdict = judgement.readings.at(0).verdict;
  EXPECT_TRUE(verdict.if_packages);
  EXPECT_EQ(full_outcome(verdict), "CONFIRMED (if its GPUs are packages)");
  EXPECT_THAT(verdict.because, HasSubstr("if each GPU that the claim counts is one package"));

  claim.compute->precision.reset();
  claim.compute->amount.number = *read_printed("100", false);
  judgement = judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 4000}}});
  ASSERT_GT(judgement.readings.size(), 1u);
  EXPECT_EQ(judgement.aggregate.word, "CONFIRMED, whatever else it means, if its GPUs are packages");
  claim.gpus->unit = GpuUnit::package;
  judgement = judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 4000}}});
  EXPECT_EQ(judgement.aggregate.word, "CONFIRMED, whatever it means");
}

TEST(Evidence, WhatIsOnlyPlannedCannotBeConfirmedButCanBeRefuted) {
  Claim claim = nexus();
  claim.existence = Existence::planned;
  const Judgement judgement = judge_claim(claim, knowledge(), {{}, {{"run-1", "h100-sxm-80gb", 4000}}});
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64_tensor/dense/peak").verdict.reason, Reason::N8);
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64/dense/peak").verdict.outcome, Outcome::refuted);
}

TEST(SampleSize, FollowsTheEvidenceLevels) {
  EXPECT_EQ(nodes_of(4000, 8), 500);
  EXPECT_EQ(nodes_of(4001, 8), 501);
  EXPECT_EQ(fewest_nodes(500), 32);    // a sixteenth, rounded up
  EXPECT_EQ(fewest_nodes(100), 15);    // never fewer than 15
  EXPECT_EQ(fewest_nodes(12500), 59);  // never more than 59
  EXPECT_EQ(fewest_nodes(4), 4);       // nor more than there are
}

TEST(SampleSize, GrowsAsTheRateNearsTheThreshold) {
  // 1 % apart at 5 % between nodes: (1.645 x 5)^2 = 67.7 nodes of very many, 59.6 of 500
  EXPECT_EQ(nodes_to_decide(500, 100, 99), 60);
  EXPECT_EQ(nodes_to_decide(500, 100, 50), 32);
  EXPECT_EQ(nodes_to_decide(500, 100, 100), 500);
}

}  // namespace
}  // namespace petaproof::judge

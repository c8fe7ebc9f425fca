// What every GPU does at once, from samples and from the whole: the worked example, and what each doubt does to it.
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/render.hpp"
#include "harness/tests/judge/kernel_windows.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST(DecideKernel, TheWorkedExampleIsRefutedAsAProjection) {
  const JudgedReading result = judged(sampled(3, 32, 52.1));
  EXPECT_EQ(result.verdict.outcome, Outcome::refuted);
  EXPECT_EQ(result.verdict.reason, Reason::A5);
  EXPECT_EQ(full_outcome(result.verdict), "REFUTED (projected from 32 of 500 nodes, level C, weak)");
  ASSERT_TRUE(result.projected);
  EXPECT_NEAR(result.projected->lower * 1e-3, 194, 0.5);  // PFLOP/s: 50.07 less 3 % for the plant
  EXPECT_NEAR(result.projected->upper * 1e-3, 217, 0.8);  // 52.37, with 52 nodes at the ceiling, plus 0.5 %
  EXPECT_THAT(result.verdict.because, HasSubstr("no kernel could"));
}

TEST(DecideKernel, WithoutAClockToHoldItAgainstTheKernelIsNotAdequate) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.sm_clock_mhz.reset();
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  for (auto& m : evidence.measurements) m.sm_clock_mhz = 1980;  // where a perfect kernel reaches the claim
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::not_decidable);
}

TEST(DecideKernel, ALowerBoundThatReachesTheClaimConfirms) {
  const JudgedReading result = judged(sampled(3, 32, 52.1), "190");
  EXPECT_EQ(result.verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(result.verdict.reason, Reason::A4);
  EXPECT_THAT(result.verdict.qualifier, HasSubstr("projected from 32 of 500"));
  EXPECT_EQ(judged(sampled(3, 63, 52.1, 'B'), "190").verdict.qualifier, "projected from 63 of 500 nodes, level B");
}

TEST(DecideKernel, BetweenTheBoundsMoreNodesAreNamed) {
  const JudgedReading result = judged(sampled(3, 32, 52.1), "200");
  EXPECT_EQ(result.verdict.reason, Reason::N13);
  EXPECT_THAT(result.verdict.would_decide, HasSubstr("of 500 nodes"));
  EXPECT_THAT(result.verdict.would_decide, ::testing::Not(HasSubstr("at least 32 of")));
  // 208.4 less the 3 % of the plant is below it, however many nodes are drawn
  EXPECT_EQ(judged(sampled(3, 32, 52.1), "205").verdict.reason, Reason::N13);
  EXPECT_THAT(judged(sampled(3, 32, 52.1), "205").verdict.would_decide, HasSubstr("all nodes at once"));
}

// What a sample does counts from below over its windows, and from above while it computed; windows are alike if their
// paces are, however long a node waited for another.
TEST(DecideKernel, PausesLowerTheLowerBoundAlone) {
  Evidence evidence = sampled(3, 32, 52.1);
  const JudgedReading busy = judged(evidence, "190");
  for (auto& m : evidence.measurements)
    for (NodeRate& node : m.per_node) node.over_window_tflops = node.rate_tflops;
  EXPECT_EQ(judged(evidence, "190").projected->lower, busy.projected->lower);
  for (NodeRate& node : evidence.measurements[1].per_node) node.over_window_tflops = 0.55 * node.rate_tflops;
  const JudgedReading paused = judged(evidence, "190");
  EXPECT_NEAR(paused.projected->lower, 0.55 * busy.projected->lower, 1e-6 * busy.projected->lower);
  EXPECT_EQ(paused.projected->upper, busy.projected->upper);
  EXPECT_EQ(paused.verdict.reason, Reason::N13);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
}

TEST(DecideKernel, OneGpuThatIsTooFastSetsItsRecordAside) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements)
    for (NodeRate& node : m.per_node) node.gpu_tflops.assign(8, node.rate_tflops);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  for (auto& m : evidence.measurements) m.per_node[7].gpu_tflops[3] = 155;  // no FP64 of an H100 is
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
}

TEST(DecideKernel, AllNodesAtOnceNeedNoProjection) {
  Evidence evidence = windows(3, 500, 52.1);
  evidence.measurements.push_back(window(3, 500, 52.1, 0.015, 1800));
  const JudgedReading refuted = judged(evidence);
  EXPECT_EQ(full_outcome(refuted.verdict), "REFUTED (all 4,000 GPUs measured, level A)");
  EXPECT_EQ(refuted.verdict.basis, Basis::census);
  // the synchronous rate, 98 % of the sum, is what confirms: 204.2 less its interval
  EXPECT_EQ(judged(evidence, "203").verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(judged(evidence, "206").verdict.outcome, Outcome::not_decidable);
}

TEST(DecideKernel, OneWindowOrShortOnesDecideNothing) {
  EXPECT_EQ(judged(sampled(1, 32, 52.1)).verdict.reason, Reason::N3);
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.duration_s = 60;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
  for (auto& m : evidence.measurements) m.duration_s = 300, m.mode = "batched";
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
}

TEST(DecideKernel, NodesThatTheProviderChoseRefuteAndNeverConfirm) {
  for (const char* selection : {"provider_chosen", "uncommitted"}) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.sample = sample_of(32, 'D', 0, selection);
    EXPECT_EQ(judged(evidence, "190").verdict.reason, Reason::N4) << selection;
    EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::not_decidable) << selection;
    EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted) << selection;
  }
}

TEST(DecideKernel, WithoutADrawNothingIsSaidOfTheCluster) {
  EXPECT_EQ(judged(windows(3, 32, 52.1)).verdict.reason, Reason::N3);
}

TEST(DecideKernel, NodesThatWereNotDeliveredCountAgainst) {
  EXPECT_EQ(judged(sampled(3, 32, 52.1), "190").verdict.outcome, Outcome::confirmed);
  Evidence pruned = sampled(3, 31, 52.1);
  pruned.sample = sample_of(32, 'C', 1);
  EXPECT_EQ(judged(pruned, "190").verdict.outcome, Outcome::not_decidable);
  // and do not flatter from above: what refutes with them refutes without
  EXPECT_EQ(judged(pruned).verdict.outcome, Outcome::refuted);
}

TEST(DecideKernel, WindowsThatDisagreeAreNoSteadySystem) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1] = window(1, 32, 48);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N6);
  evidence = sampled(3, 32, 52.1);
  evidence.measurements[2].steady = false;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N6);
}

TEST(DecideKernel, ClocksThatDifferTooMuchAreSaid) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[0].clock_error_s = 0.29;  // of 300 s
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[0].clock_error_s = 0.31;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N12);
}

TEST(DecideKernel, WrongResultsBesideItLeaveItOpen) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements.push_back(window(7, 32, 52.1));
  evidence.measurements.back().disposition = "fail_verify";
  EXPECT_EQ(judged(evidence, "190").verdict.reason, Reason::N11);
}

TEST(DecideKernel, OneWindowToldThreeTimesIsOne) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1].told_twice = evidence.measurements[2].told_twice = "a copy of case c of run run-0";
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  EXPECT_EQ(find(judgement, reading).verdict.reason, Reason::N3);
  ASSERT_EQ(judgement.set_aside.size(), 2u);
  EXPECT_THAT(judgement.set_aside[0].reason, HasSubstr("a copy of"));
}

TEST(DecideKernel, WhatIsFasterThanItsPrecisionIsSetAside) {
  // TF32 sold as FP32, and what nobody measured
  Measurement sold = window(0, 32, 300);
  sold.precision = Precision::fp32;
  Evidence evidence;
  evidence.measurements = {sold};
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  ASSERT_EQ(judgement.set_aside.size(), 1u);
  EXPECT_THAT(judgement.set_aside[0].reason, HasSubstr("faster than any fp32"));
  for (const char* origin : {"simulated", "imported", "injected"}) {
    Evidence other = sampled(3, 32, 52.1);
    for (auto& m : other.measurements) m.origin = origin;
    EXPECT_EQ(judged(other).verdict.basis, Basis::none) << origin;
  }
  Evidence faulty = sampled(3, 32, 52.1);
  for (int i = 0; i < 3; ++i) faulty.faults.push_back({fmt::format("run-{}", i), "one GPU under two names"});
  EXPECT_EQ(judged(faulty).verdict.basis, Basis::none);
}

TEST(DecideKernel, WhatWasEmulatedCountsForTheEmulatedReadingAlone) {
  Evidence evidence = sampled(3, 32, 100);
  for (auto& m : evidence.measurements) m.precision = Precision::fp64, m.emulation = Emulation::emulated;
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64-emulated/dense/kernel").verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(find(judgement, reading).verdict.basis, Basis::none);
}

TEST(DecideKernel, TheOrderOfTheRecordsDoesNotMatterAndReplayIsByteIdentical) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1] = window(1, 32, 52.2);
  const JudgedReading first = judged(evidence);
  std::swap(evidence.measurements[0], evidence.measurements[2]);
  const JudgedReading swapped = judged(evidence);
  EXPECT_EQ(first.verdict.because, swapped.verdict.because);
  EXPECT_EQ(first.projected->lower, swapped.projected->lower);
  const auto json = [&] { return render_json(judge_claim(nexus(), knowledge(), evidence)); };
  EXPECT_EQ(json(), json());
}

}  // namespace
}  // namespace petaproof::judge

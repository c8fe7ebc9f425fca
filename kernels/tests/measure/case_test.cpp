// One rank, from preparation to the verified result.
#include "kernels/measure/case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/fake_workload.hpp"

namespace petaproof {
namespace {

using ::testing::ElementsAre;
using testing::FakeDevice;
using testing::FakeWorkload;
using ::testing::MatchesRegex;
using ::testing::Pair;
using testing::RecordingProgress;

class CaseTest : public ::testing::Test {
 protected:
  CaseOutcome run(const CaseOptions& options = {.measure = {Mode::batched, 0.2, 0.5}}) {
    Context context(device, params, Fill::normal, 1);
    return run_case(workload, context, 1, options, agreement, progress);
  }

  FakeDevice device;
  FakeWorkload workload{device};
  SoloAgreement agreement;
  RecordingProgress progress;
  Params params;
};

TEST_F(CaseTest, DispositionsHaveTheirNames) {
  EXPECT_EQ(to_string(Disposition::pass), "pass");
  EXPECT_EQ(to_string(Disposition::fail_verify), "fail_verify");
  EXPECT_EQ(to_string(Disposition::fail_run), "fail_run");
  EXPECT_EQ(to_string(Disposition::invalid), "invalid");
  EXPECT_EQ(to_string(Disposition::timeout), "timeout");
  EXPECT_EQ(to_string(Disposition::skipped), "skipped");
  EXPECT_EQ(to_string(Disposition::not_supported), "not_supported");
}

TEST_F(CaseTest, PassesThroughItsPhases) {
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::pass);
  EXPECT_EQ(outcome.reason, "");
  EXPECT_THAT(progress.phases,
              ElementsAre("prepare", "first launches", "verify", "warm-up", "measure", "verify timed outputs"));
  EXPECT_TRUE(outcome.verification.pass);
  EXPECT_EQ(outcome.verification.detail, "both elements");
  EXPECT_EQ(outcome.verification.elements_checked, 3 * 2);
  EXPECT_EQ(outcome.verification.worst_error_over_bound, 0.5);  // of slot 1
  EXPECT_EQ(outcome.digests.size(), 3u);
  EXPECT_NE(outcome.digests[0], outcome.digests[1]);
  // 3 launches are verified before timing, 37 warm up, 209 are timed
  EXPECT_EQ(workload.launched_slots.size(), 3u + 37 + 209);
  EXPECT_EQ(outcome.seconds.warm_up, (3 + 37) * 0x1p-10);
  EXPECT_EQ(outcome.seconds.measure, 209 * 0x1p-10);
  EXPECT_EQ(outcome.seconds.verify, 0);  // looking at results launches nothing
}

// Slots that the few launches of a long case did not reach hold no result: they are neither verified nor
// digested.
TEST_F(CaseTest, VerifiesTheSlotsThatTheTimedLaunchesWrote) {
  workload.slot_count = 8;
  workload.seconds = [](std::int64_t) { return 0.5; };
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.measurement.launches(), 5);
  EXPECT_EQ(outcome.disposition, Disposition::pass) << outcome.reason;
  EXPECT_EQ(outcome.digests.size(), 5u);
  EXPECT_EQ(outcome.verification.elements_checked, 5 * 2);
}

TEST_F(CaseTest, ARefusedCaseDoesNotPrepare) {
  workload.refuses = "needs 8 ranks";
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::not_supported);
  EXPECT_EQ(outcome.reason, "needs 8 ranks");
  EXPECT_TRUE(progress.phases.empty());
  EXPECT_EQ(outcome.measurement.launches(), 0);
}

// Before whatever the workload asks of a library, which may not even load for such a GPU.
TEST_F(CaseTest, ACaseForAnotherComputeCapabilityIsRefusedFirst) {
  device.facts_for_change().name = "NVIDIA B200";
  device.facts_for_change().more["compute_capability"] = "10.0";
  workload.needs = [](int capability) { return std::optional(capability == 100 ? "it needs 9.0" : "wrong"); };
  workload.refuses = "there is no library";
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::not_supported);
  EXPECT_EQ(outcome.reason, "NVIDIA B200 has compute capability 10.0: it needs 9.0");
  EXPECT_TRUE(progress.phases.empty());
}

TEST_F(CaseTest, AWrongResultIsNotTimed) {
  workload.finds = [] { return "C[3,4]: expected 1, got 2"; };
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
  EXPECT_EQ(outcome.reason, "outputs before timing, slot 0: C[3,4]: expected 1, got 2");
  EXPECT_FALSE(outcome.verification.pass);
  EXPECT_THAT(progress.phases, ElementsAre("prepare", "first launches", "verify"));
  EXPECT_EQ(outcome.measurement.launches(), 0);
}

TEST_F(CaseTest, AWrongTimedResultIsFound) {
  workload.finds = [&] { return progress.current() == "verify timed outputs" ? "C[3,4]: wrong" : ""; };
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
  EXPECT_EQ(outcome.reason, "outputs of the timed launches, slot 0: C[3,4]: wrong");
  EXPECT_EQ(outcome.measurement.launches(), 209);  // what was measured is still told
}

// The results agree within their bound, but not in their bits.
TEST_F(CaseTest, AWorkloadThatSaysItIsDeterministicMustBe) {
  workload.drift = 1e-12;
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
  EXPECT_THAT(outcome.reason, MatchesRegex("slot 0: the timed launches gave other bits than the same launch before "
                                           "\\(digest [0-9a-f]{16}, then [0-9a-f]{16}\\)"));
  EXPECT_FALSE(outcome.verification.pass);
}

TEST_F(CaseTest, AWorkloadThatSaysItIsNotMayDiffer) {
  workload.drift = 1e-12;
  workload.is_deterministic = false;
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::pass);
  EXPECT_THAT(outcome.notes, ElementsAre(Pair("digests", "not compared: equal launches may give other bits")));
}

TEST_F(CaseTest, ACorruptedOutputFails) {
  const CaseOutcome outcome = run({.measure = {Mode::batched, 0.2, 0.5}, .corrupt = true});
  EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
  EXPECT_EQ(outcome.reason, "outputs of the timed launches, slot 0: out differs");
}

// A flipped bit would show in digests alone, if it is off the sampled elements.
TEST_F(CaseTest, WhereDigestsAreNotComparedWhatIsCorruptedIsANan) {
  workload.is_deterministic = false;
  workload.finds = [&] {
    return std::isnan(static_cast<const double*>(workload.outputs(0)[0].data)[1]) ? "NaN" : "";
  };
  const CaseOutcome outcome = run({.measure = {Mode::batched, 0.2, 0.5}, .corrupt = true});
  EXPECT_EQ(outcome.reason, "outputs of the timed launches, slot 0: NaN");
}

TEST_F(CaseTest, NotesAreThoseOfTheWorkload) {
  EXPECT_TRUE(run().notes.empty());
}

TEST_F(CaseTest, ADeviceThatNothingWasBuiltForRunsNothing) {
  device.refuses = "compute capability 6.1 is older than this build's oldest, 8.0";
  const CaseOutcome outcome = run();
  EXPECT_EQ(outcome.disposition, Disposition::not_supported);
  EXPECT_EQ(outcome.reason, *device.refuses);
  EXPECT_TRUE(workload.launched_slots.empty());
}

TEST_F(CaseTest, WhatIsReplayedIsVerifiedLikeAnyLaunch) {
  device.can_record = true;
  EXPECT_EQ(run().disposition, Disposition::pass);
  EXPECT_NE(device.log.find('['), std::string::npos);
  device.clear_log();
  EXPECT_EQ(run({.measure = {Mode::burst, 0.2, 0.5}}).disposition, Disposition::pass);
  EXPECT_EQ(device.log.find('['), std::string::npos) << "burst mode times single launches";
}

// As cuBLASLt would where a recording may not allocate.
TEST_F(CaseTest, ALaunchThatCannotBeRecordedFailsTheCase) {
  class Unrecordable : public FakeDevice {
    std::unique_ptr<Recording> record(const std::function<void(Stream&)>&) override {
      throw Error(Domain::cuda, "operation not permitted when stream is capturing");
    }
  } unable;
  FakeWorkload on_it(unable);
  Context context(unable, params, Fill::normal, 1);
  const CaseOutcome outcome =
      run_case(on_it, context, 1, {.measure = {Mode::batched, 0.2, 0.5}}, agreement, progress);
  EXPECT_EQ(outcome.disposition, Disposition::fail_run);
  EXPECT_NE(outcome.reason.find("capturing"), std::string::npos);
}

}  // namespace
}  // namespace petaproof

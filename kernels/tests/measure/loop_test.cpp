// One rank, a fake clock: launches take powers of two of a second, so that every expectation is exact.
#include "kernels/measure/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "support/fake_workload.hpp"

namespace petaproof {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeDevice;
using testing::FakeWorkload;

constexpr double launch = 0x1p-10;  // 0.977 ms

// A meeting that costs time, as one over a network does.
class SlowAgreement : public SoloAgreement {
 public:
  explicit SlowAgreement(FakeDevice& device) : device_(device) {}
  Meeting meet(std::int64_t root_value, bool flag) override {
    device_.pass(0.25);
    return {root_value, flag};
  }

 private:
  FakeDevice& device_;
};

class Loop : public ::testing::Test {
 protected:
  WarmUp warm(double limit = 0.5) {
    return warm_up(workload, device, {Mode::batched, 1.0, limit}, agreement, progress);
  }
  Measurement run(Mode mode, double seconds, Agreement& with) {
    const MeasureSpec spec{mode, seconds, 0.5};
    const WarmUp warmed = warm_up(workload, device, spec, agreement, progress);
    workload.launched_slots.clear();
    device.clear_log();
    return measure(workload, device, spec, warmed, with, progress);
  }
  Measurement run(Mode mode, double seconds) { return run(mode, seconds, agreement); }

  FakeDevice device;
  FakeWorkload workload{device};
  SoloAgreement agreement;
  NoProgress progress;
};

TEST_F(Loop, ModesHaveNames) {
  for (Mode mode : {Mode::burst, Mode::batched, Mode::sustained}) EXPECT_EQ(mode_from(to_string(mode)), mode);
  EXPECT_EQ(to_string(Mode::sustained), "sustained");
  EXPECT_FALSE(mode_from("Burst"));
  EXPECT_FALSE(mode_from(""));
}

// ---- warm-up

// The first launch tells that 6 launches fill 5 ms (5 / 0.977 = 5.12); six equal batches of them are steady.
TEST_F(Loop, WarmUpOfASteadyDeviceTakesSixBatches) {
  const WarmUp result = warm();
  EXPECT_TRUE(result.steady);
  EXPECT_EQ(result.launches, 1 + 6 * 6);
  EXPECT_EQ(result.seconds, 37 * launch);
}

TEST_F(Loop, WarmUpGoesOnUntilTheRateIsSteady) {
  // four times as slow at first and 5 % of the final time faster with each launch: steady from launch 60 on
  workload.seconds = [](std::int64_t i) {
    return i < 60 ? launch * (1 + 0.05 * static_cast<double>(60 - i)) : launch;
  };
  const WarmUp result = warm(10);
  EXPECT_TRUE(result.steady);
  // the sixth batch before the last may reach into the last launches that still differ, by up to 3 %
  EXPECT_GE(result.launches, 60);
  EXPECT_LE(result.launches, 60 + 8 * 6);
}

TEST_F(Loop, WarmUpThatNeverBecomesSteadyEndsAtItsLimitAndSaysSo) {
  // every batch of about 5 ms is more than 1 % slower than the one before
  workload.seconds = [this](std::int64_t) { return launch * (1 + 3 * device.now()); };
  const WarmUp result = warm(0.3);
  EXPECT_FALSE(result.steady);
  EXPECT_GE(result.seconds, 0.3);
  EXPECT_LT(result.seconds, 0.3 + 7 * launch * (1 + 3 * 0.31));  // and one batch more at most
}

TEST_F(Loop, ASpreadOfThreePercentIsSteadyAndFourIsNot) {
  // launches above 5 ms, so that each is a batch; every other one is slower
  const auto uneven = [](double by) {
    return [by](std::int64_t i) { return i % 2 == 0 ? 0x1p-7 * (1 + by) : 0x1p-7; };
  };
  workload.seconds = uneven(0.029);
  EXPECT_TRUE(warm(0.2).steady);
  FakeWorkload other(device);
  other.seconds = uneven(0.04);
  EXPECT_FALSE(warm_up(other, device, {Mode::batched, 1.0, 0.2}, agreement, progress).steady);
}

TEST_F(Loop, WarmUpOfNoTimeStillLaunches) {
  const WarmUp result = warm(0);
  EXPECT_FALSE(result.steady);
  EXPECT_EQ(result.launches, 1 + 6);
}

// ---- batched

// A batch fills 10 ms: 10.24 launches, so 11. 0.2 s are 18.6 batches, so 19.
TEST_F(Loop, BatchedCountsAndWindow) {
  const Measurement m = run(Mode::batched, 0.2);
  EXPECT_EQ(m.launches_per_sample, 11);
  EXPECT_EQ(m.sample_seconds.size(), 19u);
  EXPECT_THAT(m.sample_seconds, Each(launch));
  EXPECT_EQ(m.launches(), 19 * 11);
  EXPECT_EQ(workload.launched_slots.size(), 19u * 11);
  EXPECT_EQ(m.window_seconds, 19 * 11 * launch);
  EXPECT_TRUE(m.warm_up.steady);
}

TEST_F(Loop, BatchedTakesAtLeastFiveSamples) {
  workload.seconds = [](std::int64_t) { return 0.25; };
  const Measurement m = run(Mode::batched, 0.2);
  EXPECT_EQ(m.launches_per_sample, 1);
  EXPECT_EQ(m.sample_seconds.size(), 5u);
}

// A long budget is used in full, in longer batches and not in more of them: 1000 samples of 0.1 s.
TEST_F(Loop, BatchedTakesAtMostAThousandSamples) {
  const Measurement m = run(Mode::batched, 100);
  EXPECT_LE(m.sample_seconds.size(), 1000u);
  EXPECT_NEAR(m.window_seconds, 100, 1);
}

TEST_F(Loop, BatchedUsesSlotsInTurnAcrossBatches) {
  run(Mode::batched, 0.05);  // batches of 11 do not divide into 3 slots
  ASSERT_GE(workload.launched_slots.size(), 33u);
  for (std::size_t i = 0; i < workload.launched_slots.size(); ++i)
    ASSERT_EQ(workload.launched_slots[i], static_cast<int>(i % 3)) << i;
}

// The host runs ahead by two batches, so that the device finds work whenever it ends a batch.
TEST_F(Loop, BatchesFollowEachOtherWithoutAGap) {
  device.enqueue_seconds = 1e-5;
  const Measurement m = run(Mode::batched, 0.2);
  EXPECT_EQ(device.idle_seconds(), 0);
  const double inside = std::accumulate(m.sample_seconds.begin(), m.sample_seconds.end(), 0.0) * 11;
  EXPECT_NEAR(inside, m.window_seconds, 2e-5);
  EXPECT_NE(device.log.find("><lllllllllll><"), std::string::npos) << "a batch waits for the one before it";
}

// A timed-out first launch (a library loads its kernels, the system looks elsewhere) says nothing about the
// others.
TEST_F(Loop, OneSlowLaunchInWarmUpDoesNotShrinkTheBatches) {
  workload.seconds = [](std::int64_t i) { return i == 0 ? 1.0 : 0x1p-20; };  // then about 1 us
  const Measurement m = run(Mode::batched, 0.2);
  EXPECT_EQ(m.launches_per_sample, 10486);  // 0.01 * 2^20
  EXPECT_EQ(m.sample_seconds.size(), 20u);  // 0.2 / (10486 / 2^20) = 19.9995
}

TEST_F(Loop, WarmUpBatchesAreLongAfterASlowFirstLaunch) {
  workload.seconds = [](std::int64_t i) { return i == 0 ? 1.0 : 0x1p-20; };
  const WarmUp result = warm_up(workload, device, {Mode::batched, 1.0, 5.0}, agreement, progress);
  EXPECT_TRUE(result.steady);
  EXPECT_GE(result.launches, 5 * 5243);  // 5 ms of 2^-20 s
}

// A batch that was interrupted, in a warm-up that ends before it is steady: the other batches know better.
TEST_F(Loop, OneSlowBatchAtTheEndOfWarmUpDoesNotShrinkTheBatches) {
  workload.seconds = [](std::int64_t i) { return i == 14 ? 1.0 : launch; };  // in the third batch of six
  const MeasureSpec spec{Mode::batched, 0.2, 0.01};
  const WarmUp warmed = warm_up(workload, device, spec, agreement, progress);
  ASSERT_FALSE(warmed.steady);
  const Measurement m = measure(workload, device, spec, warmed, agreement, progress);
  EXPECT_EQ(m.launches_per_sample, 11);
}

// ---- slow samples

TEST_F(Loop, ASlowLaunchStaysInItsSample) {
  workload.seconds = [](std::int64_t i) { return i == 60 ? 64 * launch : launch; };
  const Measurement m = run(Mode::batched, 0.2);
  ASSERT_EQ(m.sample_seconds.size(), 19u);
  // 37 launches of warm-up, so launch 60 is the 24th timed one, in the third batch: (10 + 64) / 11
  EXPECT_EQ(m.sample_seconds[2], 74 * launch / 11);
  EXPECT_EQ(m.sample_seconds[1], launch);
  EXPECT_EQ(m.sample_seconds[3], launch);
  EXPECT_EQ(m.window_seconds, (19 * 11 + 63) * launch);
}

TEST_F(Loop, AThrottlingDeviceIsSeenInTheSamples) {
  // the clock halves a quarter of a second into the window of one second
  workload.seconds = [](std::int64_t i) { return i < 37 + 256 ? launch : 2 * launch; };
  const Measurement m = run(Mode::sustained, 1.0);
  ASSERT_EQ(m.sample_seconds.size(), 10u);
  EXPECT_EQ(m.sample_seconds.front(), launch);
  EXPECT_EQ(m.sample_seconds.back(), 2 * launch);
  EXPECT_EQ(m.window_seconds, (256 + 2 * (1030 - 256)) * launch);
}

// ---- burst

// With its flush an iteration costs 3 * 2^-10 s = 2.93 ms, and 0.2 s hold 68.3 of them.
TEST_F(Loop, BurstTimesEachLaunchAloneAndNotTheFlush) {
  device.flush_seconds = 2 * launch;
  const Measurement m = run(Mode::burst, 0.2);
  EXPECT_EQ(m.launches_per_sample, 1);
  EXPECT_EQ(m.sample_seconds.size(), 69u);
  EXPECT_THAT(m.sample_seconds, Each(launch));
  EXPECT_EQ(m.launches(), 69);
}

TEST_F(Loop, BurstDoesNotTimeWhatTheHostNeedsToEnqueue) {
  device.flush_seconds = 2 * launch;
  device.enqueue_seconds = launch / 2;
  EXPECT_THAT(run(Mode::burst, 0.2).sample_seconds, Each(launch));
}

TEST_F(Loop, BurstFlushesBeforeEachLaunchAndWaitsForItsEnd) {
  run(Mode::burst, 0.004);  // the fewest samples
  std::string expected;
  for (int i = 0; i < 6; ++i) expected += "f<l>w";  // the first is not kept: it tells what one costs
  EXPECT_EQ(device.log, expected);
  EXPECT_THAT(workload.launched_slots, ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST_F(Loop, BurstHasItsLimitsToo) {
  EXPECT_EQ(run(Mode::burst, 1e-9).sample_seconds.size(), 5u);
  EXPECT_EQ(run(Mode::burst, 1e3).sample_seconds.size(), 1000u);
}

// ---- sustained

// Batches of 0.1 s: 102.4 launches, so 103, which take 0.10059 s; 9.94 of them fill a second.
TEST_F(Loop, SustainedFillsItsWindow) {
  const Measurement m = run(Mode::sustained, 1.0);
  EXPECT_EQ(m.launches_per_sample, 103);
  EXPECT_EQ(m.sample_seconds.size(), 10u);
  EXPECT_EQ(m.window_seconds, 1030 * launch);
}

// A short window still has its five samples: 0.05 s are 51.2 launches, so 52; 0.25 / (52 * 2^-10) = 4.92.
TEST_F(Loop, AShortSustainedWindowHasFiveSamples) {
  const Measurement m = run(Mode::sustained, 0.25);
  EXPECT_EQ(m.launches_per_sample, 52);
  EXPECT_EQ(m.sample_seconds.size(), 5u);
}

TEST_F(Loop, SustainedFillsItsWindowWhenLaunchesBecomeFaster) {
  workload.seconds = [](std::int64_t i) { return i < 37 ? launch : launch / 4; };  // 37: the warm-up
  const Measurement m = run(Mode::sustained, 1.0);
  EXPECT_GE(m.window_seconds, 1.0);
  EXPECT_LT(m.window_seconds, 1.0 + 103 * launch / 4);  // and less than a batch more
  EXPECT_EQ(m.sample_seconds.size(), 40u);              // 1 / (103 * 2^-12) = 39.8
  EXPECT_THAT(m.sample_seconds, Each(launch / 4));
}

TEST_F(Loop, SustainedHasNoGaps) {
  device.enqueue_seconds = 1e-5;
  const Measurement m = run(Mode::sustained, 1.0);
  EXPECT_EQ(device.idle_seconds(), 0);
  EXPECT_EQ(m.sample_seconds.size(), 10u);
}

// ---- the window

// The total of a cluster is its work over the window: what ranks say to each other before the first launch
// and after the last is not part of it.
TEST_F(Loop, MeetingsAreOutsideTheWindow) {
  SlowAgreement slow(device);
  EXPECT_EQ(run(Mode::batched, 0.2, slow).window_seconds, 19 * 11 * launch);
  EXPECT_EQ(run(Mode::sustained, 1.0, slow).window_seconds, 1030 * launch);
}

// From the first kept launch to the end of the last, with the flushes between them: 68 flushes of 2 launches'
// time.
TEST_F(Loop, TheWindowOfABurstBeginsAtItsFirstKeptLaunch) {
  device.flush_seconds = 2 * launch;
  SlowAgreement slow(device);
  const Measurement m = run(Mode::burst, 0.2, slow);
  ASSERT_EQ(m.sample_seconds.size(), 69u);
  EXPECT_EQ(m.window_seconds, (69 + 68 * 2) * launch);
}

// ---- what the watchdog sees

TEST_F(Loop, ProgressCountsTheLaunchesOfAPhase) {
  testing::RecordingProgress recorded;
  const MeasureSpec spec{Mode::batched, 0.05, 0.5};
  const WarmUp warmed = warm_up(workload, device, spec, agreement, recorded);
  EXPECT_EQ(recorded.counts.front(), 1);
  EXPECT_EQ(recorded.counts.back(), warmed.launches);
  EXPECT_TRUE(std::ranges::is_sorted(recorded.counts));
  recorded.counts.clear();
  const Measurement m = measure(workload, device, spec, warmed, agreement, recorded);
  EXPECT_EQ(recorded.counts.front(), m.launches_per_sample);
  EXPECT_EQ(recorded.counts.back(), m.launches());
}

// ---- recordings: a batch is whole rotations through the slots, replayed; three slots here

class RecordedLoop : public Loop {
 protected:
  RecordedLoop() {
    device.can_record = true;
    rotation = device.record([this](Stream& stream) {
      for (int slot = 0; slot < workload.slots(); ++slot) workload.launch(stream, slot);
    });
  }
  Measurement measured(Mode mode, double seconds) {
    const MeasureSpec spec{mode, seconds, 0.5};
    const WarmUp warmed = warm_up(workload, device, spec, agreement, progress, rotation.get());
    workload.launched_slots.clear();
    device.clear_log();
    return measure(workload, device, spec, warmed, agreement, progress, rotation.get());
  }

  std::unique_ptr<Recording> rotation;
};

TEST_F(RecordedLoop, BatchesAreWholeRotationsInOrder) {
  for (Mode mode : {Mode::batched, Mode::sustained}) {
    const Measurement result = measured(mode, 1.0);
    EXPECT_EQ(result.launches_per_sample % 3, 0) << to_string(mode);
    EXPECT_EQ(result.launches(), static_cast<std::int64_t>(workload.launched_slots.size()));
    for (std::size_t i = 0; i < workload.launched_slots.size(); ++i)
      ASSERT_EQ(workload.launched_slots[i], static_cast<int>(i % 3));
    EXPECT_EQ(std::ranges::count(device.log, '['), result.launches() / 3) << "a launch was not replayed";
    EXPECT_THAT(result.sample_seconds, Each(launch));
  }
}

TEST_F(RecordedLoop, WarmUpReplaysFromTheFirstLaunchOn) {
  const WarmUp result = warm_up(workload, device, {Mode::batched, 1.0, 0.5}, agreement, progress, rotation.get());
  EXPECT_EQ(std::ranges::count(device.log, '['), result.launches / 3);
  EXPECT_EQ(result.launches % 3, 0);
}

// A CPU thread that takes four times as long to enqueue a launch as the device takes to run it.
TEST_F(RecordedLoop, ShortLaunchesAreNotLimitedByEnqueueing) {
  device.enqueue_seconds = 4 * launch;
  workload.slot_count = 64;
  std::vector<double> samples = measured(Mode::batched, 1.0).sample_seconds;
  EXPECT_LE(samples.front(), launch * (1 + 4.0 / 64));  // the device waits for the first replay, and never again
  samples.erase(samples.begin());
  EXPECT_THAT(samples, Each(launch));
}

// Another rank may have fewer slots than rank 0, whose batches then are not whole rotations here.
TEST_F(RecordedLoop, WhatIsNoWholeRotationIsLaunchedOneByOne) {
  class Odd : public SoloAgreement {
   public:
    Meeting meet(std::int64_t root_value, bool flag) override { return {root_value > 4 ? 7 : root_value, flag}; }
  } odd;
  const MeasureSpec spec{Mode::batched, 1.0, 0.5};
  const WarmUp warmed = warm_up(workload, device, spec, agreement, progress, rotation.get());
  workload.launched_slots.clear();
  const Measurement result = measure(workload, device, spec, warmed, odd, progress, rotation.get());
  ASSERT_EQ(result.launches_per_sample, 7);
  for (std::size_t i = 0; i < workload.launched_slots.size(); ++i)
    ASSERT_EQ(workload.launched_slots[i], static_cast<int>(i % 3));
}

// ---- the clock

TEST_F(Loop, ClockIsProbedAroundTheTimedLaunches) {
  device.has_clock_probe = true;
  for (Mode mode : {Mode::batched, Mode::sustained}) {
    EXPECT_EQ(run(mode, 0.05).clock->hertz, 1.5e9);
    EXPECT_EQ(device.log.front(), '(');
    EXPECT_EQ(std::ranges::count(device.log, '('), 1);
    // the second probe is enqueued behind the last launch, before the host waits for that to end
    const std::string after = device.log.substr(device.log.rfind('l'));
    EXPECT_THAT(after, ::testing::MatchesRegex("l>(w)?\\)w+")) << to_string(mode);
  }
  EXPECT_TRUE(run(Mode::burst, 0.05).clock.has_value());
  EXPECT_EQ(device.log.back(), ')');
}

TEST_F(Loop, WithoutAProbeThereIsNoClock) {
  EXPECT_FALSE(run(Mode::batched, 0.05).clock.has_value());
}

}  // namespace
}  // namespace petaproof

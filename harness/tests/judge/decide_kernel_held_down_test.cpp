// GPUs that ran below what they can: by their power limit, a clock that was set, heat or a power brake.
#include "harness/tests/judge/kernel_windows.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

void all_held_down(Measurement& m) {
  m.held_down = m.gpus;
}

// 32 of 500 nodes at 52.1 give 218 PFLOP/s at most; 12 of 100 GPUs at the peak of 66.9 would make it 225, 20 of 100
// 230, and all of them 278. The least that rounds to 240 is 235.
TEST(DecideKernel, AFewGpusHeldDownSaveNoClaim) {
  const auto outcome = [](std::int64_t held) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.measurements[1].slowed = 0.37;
    evidence.measurements[1].slowed_by = "hw_thermal_slowdown";
    evidence.measurements[1].held_down = held;
    return judged(evidence).verdict;
  };
  EXPECT_EQ(outcome(1).outcome, Outcome::refuted);
  EXPECT_EQ(outcome(51).outcome, Outcome::refuted) << "20 of 100";
  EXPECT_EQ(outcome(90).reason, Reason::N5) << "35 of 100";
  EXPECT_EQ(outcome(256).reason, Reason::N5);
}

TEST(DecideKernel, GpusHeldBelowTheirPowerLimitRefuteNothing) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.power_limit_watts = 700;
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[1].power_limit_watts = 350;
  all_held_down(evidence.measurements[1]);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("power limit of 350 W, below the 700 W"));
  EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::confirmed);
}

TEST(DecideKernel, GpusAtAClockThatSomebodySetRefuteNothing) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.max_sm_clock_mhz = 1980;
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[1].clock_set = 1;
  all_held_down(evidence.measurements[1]);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("clock setting held GPUs down for 100 % of the time"));
  evidence.measurements[1].clock_set = 0;
  evidence.measurements[1].max_sm_clock_mhz = 1200;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
}

TEST(DecideKernel, GpusHeldDownByHeatOrAPowerBrakeRefuteNothing) {
  for (const auto& [event, cause] : {std::pair{"sw_thermal_slowdown", "a thermal slow-down by the driver"},
                                     {"hw_thermal_slowdown", "a thermal slow-down by the hardware"},
                                     {"hw_power_brake_slowdown", "the power brake of the node"},
                                     {"hw_slowdown", "a slow-down by the hardware"}}) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.measurements[1].slowed = 0.005;  // a moment
    evidence.measurements[1].slowed_by = event;
    EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted) << event;
    evidence.measurements[1].slowed = 0.37;
    all_held_down(evidence.measurements[1]);
    EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5) << event;
    EXPECT_THAT(judged(evidence).verdict.because,
                HasSubstr(fmt::format("{} ({}) held GPUs down for 37", cause, event)));
    EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("in run run-1"));
    EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::confirmed) << "cooler, they do no less";
  }
}

}  // namespace
}  // namespace petaproof::judge

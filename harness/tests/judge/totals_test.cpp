// Windows are made launch by launch, as GPUs make them: the defects are injected where they arise, and not into
// totals.
#include "harness/judge/totals.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "harness/tests/expect_error.hpp"
#include "harness/tests/judge/population.hpp"

namespace petaproof::judge {
namespace {

constexpr TimedWindow window{.begin_seconds = 1000, .end_seconds = 1300};
constexpr double launch_work = 1e12;

struct Gpu {
  double launch_seconds = .02;
  double skew_seconds = 0;   // of its reading of the window's clock, after it chose what to count
  double drift = 0;          // of its own stopwatch
  double stall_seconds = 0;  // once, halfway
  double phase = 0;          // of a launch, at which the window finds it
};

// It runs from before the window to after it, and counts launches that lie inside.
GpuTiming run(const Gpu& gpu, int number) {
  GpuTiming timing{.gpu = std::to_string(number), .longest_launch_seconds = gpu.launch_seconds};
  double time = window.begin_seconds - gpu.phase * gpu.launch_seconds;
  bool stalled = !(gpu.stall_seconds > 0), first = true;
  while (time < window.end_seconds) {
    const double start = time;
    time += gpu.launch_seconds;
    if (!stalled && time > (window.begin_seconds + window.end_seconds) / 2) {
      time += gpu.stall_seconds;
      stalled = true;
    }
    if (start < window.begin_seconds || time > window.end_seconds) continue;
    if (first) timing.start_seconds = start + gpu.skew_seconds;
    first = false;
    timing.end_seconds = time + gpu.skew_seconds;
    timing.work_flop += launch_work;
  }
  timing.own_seconds = (timing.end_seconds - timing.start_seconds) * (1 + gpu.drift);
  return timing;
}

std::vector<Gpu> healthy() {
  Random random(1);
  std::vector<Gpu> gpus(64);
  for (Gpu& gpu : gpus) {
    gpu.launch_seconds = .02 * (1 + .02 * random.normal());
    gpu.phase = random.uniform();
  }
  return gpus;
}

Totals measure(const std::vector<Gpu>& gpus) {
  std::vector<GpuTiming> timings;
  for (const Gpu& gpu : gpus) timings.push_back(run(gpu, static_cast<int>(timings.size())));
  return totals_of(timings, window);
}

std::string all_defects(const Totals& totals) {
  std::string text;
  for (const std::string& defect : totals.defects) text += defect + "\n";
  return text;
}

TEST(Totals, OfHealthyGpusLieInOrder) {
  const Totals totals = measure(healthy());
  EXPECT_TRUE(totals.sound()) << all_defects(totals);
  EXPECT_LE(totals.synchronous, totals.window * (1 + totals.edge));
  EXPECT_LT(totals.window, totals.sum);
  EXPECT_NEAR(totals.window, 64 * launch_work / .02, .01 * totals.window);
}

TEST(Totals, AreTheirFormulas) {
  const std::vector<GpuTiming> gpus{{"a", 6e12, 0, 3, 3, .01, {1, 1, 1}}, {"b", 6e12, 0, 4, 4, .01, {1, 2, 1}}};
  const Totals totals = totals_of(gpus, {0, 4});
  EXPECT_DOUBLE_EQ(totals.sum, 2e12 + 1.5e12);
  EXPECT_DOUBLE_EQ(totals.window, 3e12);
  EXPECT_DOUBLE_EQ(totals.synchronous, 12e12 / 4);
  EXPECT_DOUBLE_EQ(1 + totals.edge, 1 / (1 - .02 / 4));
  EXPECT_TRUE(totals.sound());
  // the slowest of each round, whoever it is
  const std::vector<GpuTiming> turns{{"a", 6e12, 0, 4, 4, .01, {1, 2, 1}}, {"b", 6e12, 0, 4, 4, .01, {2, 1, 1}}};
  EXPECT_DOUBLE_EQ(totals_of(turns, {0, 4}).synchronous, 12e12 / 5);
}

TEST(Totals, AStallIsALossAndNoDefect) {
  std::vector<Gpu> gpus = healthy();
  const double before = measure(gpus).window;
  gpus[5].stall_seconds = 100;
  const Totals totals = measure(gpus);
  EXPECT_TRUE(totals.sound()) << all_defects(totals);
  EXPECT_NEAR(totals.window / before, 1 - 100 / 300. / 64, 1e-3);
}

TEST(Totals, ASkewedClockIsADefect) {
  for (const double skew : {-5.0, 5.0}) {
    std::vector<Gpu> gpus = healthy();
    gpus[5].skew_seconds = skew;
    const Totals totals = measure(gpus);
    ASSERT_EQ(totals.defects.size(), 1u) << all_defects(totals);
    EXPECT_NE(totals.defects[0].find("GPU 5"), std::string::npos);
  }
}

TEST(Totals, ADriftingClockIsADefect) {
  for (const double drift : {-.01, .01}) {
    std::vector<Gpu> gpus = healthy();
    gpus[5].drift = drift;
    const Totals one = measure(gpus);
    ASSERT_EQ(one.defects.size(), 1u) << all_defects(one);
    EXPECT_NE(one.defects[0].find("GPU 5"), std::string::npos);
    // where all drift alike, the totals are out of order too
    for (Gpu& gpu : gpus) gpu.drift = drift;
    const Totals all = measure(gpus);
    EXPECT_EQ(all.defects.size(), 65u);
    EXPECT_NE(all.defects[0].find(drift < 0 ? "the synchronous rate" : "the rate of the window"), std::string::npos)
        << all.defects[0];
  }
  std::vector<Gpu> gpus = healthy();
  gpus[5].drift = clock_tolerance / 2;
  EXPECT_TRUE(measure(gpus).sound());
}

TEST(Totals, AWindowThatNobodyFillsIsADefect) {
  std::vector<GpuTiming> timings;
  for (int i = 0; i < 8; ++i) timings.push_back(run({}, i));
  const Totals totals = totals_of(timings, {window.begin_seconds, window.end_seconds + 100});
  ASSERT_EQ(totals.defects.size(), 1u);
  EXPECT_NE(totals.defects[0].find("synchronous"), std::string::npos);
}

TEST(Totals, RefusesWhatCannotBe) {
  const GpuTiming good = run({}, 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [](const GpuTiming& timing, const TimedWindow& in = window) {
    EXPECT_FALSE(error_of(Domain::config, [&] { totals_of(std::vector{timing}, in); }).empty());
  };
  error_of(Domain::config, [] { totals_of({}, window); });
  refused(good, {1, 1});
  refused(good, {1, nan});
  refused(good, {1000, 1000.03});
  for (double GpuTiming::* field : {&GpuTiming::work_flop, &GpuTiming::start_seconds, &GpuTiming::end_seconds,
                                    &GpuTiming::own_seconds, &GpuTiming::longest_launch_seconds}) {
    GpuTiming bad = good;
    bad.*field = nan;
    refused(bad);
  }
  for (const std::vector<double>& rounds : {std::vector{nan}, {-1.0}, {200.0, 200.0}}) {
    GpuTiming bad = good;
    bad.round_seconds = rounds;
    refused(bad);
  }
  GpuTiming one = good, two = good;
  one.round_seconds = {100};
  error_of(Domain::config, [&] { totals_of(std::vector{one, two}, window); });
}

}  // namespace
}  // namespace petaproof::judge

#include "harness/telemetry/sampler.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace petaproof {
namespace {

using nlohmann::json;
using testing::ElementsAre;

// Lets the test wait for samples instead of for time.
class FakeSource : public TelemetrySource {
 public:
  Sample read() override {
    Sample sample;
    for (Field& field : sample.fields) field = Field::of(100);
    sample[Sensor::sm_clock] = Field::of(clock.load());
    ++taken;
    taken.notify_one();
    if (throws) throw std::runtime_error("no memory left");
    return sample;
  }
  Counters counters() override {
    ++asked;
    return {Field::of(asked), Field::of(0), Field::of(0), Field::absent("not here")};
  }
  GpuIdentity identity() override { return {}; }
  DeviceLimits limits() override {
    return {Field::of(700), Field::absent("no such function"), "580", "13", "a meter"};
  }

  /// Since the start.
  void wait_for_samples(int count) {
    for (int seen = taken; seen < count; seen = taken) taken.wait(seen);
  }
  /// Two that are not over yet: the second has not even begun.
  void wait_for_more_samples() { wait_for_samples(taken + 2); }

  std::atomic<double> clock{1000};
  std::atomic<bool> throws{false};
  int asked = 0;
  std::atomic<int> taken{0};
};

std::vector<std::string> phases_of(const Sampler::Result& result) {
  std::vector<std::string> names;
  const json trace = result.trace.to_json();
  for (const json& phase : trace["phases"]) names.push_back(phase["name"]);
  return names;
}

TEST(Sampler, SummarisesTheTimedPartAndTracesEverything) {
  FakeSource source;
  Sampler sampler(source, 0.001);
  source.wait_for_more_samples();
  sampler.phase("prepare");
  source.wait_for_more_samples();
  source.clock = 2000;
  sampler.phase("measure");
  source.wait_for_more_samples();
  source.wait_for_more_samples();
  sampler.phase("verify timed outputs");
  source.wait_for_more_samples();
  source.clock = 500;
  source.wait_for_more_samples();
  const Sampler::Result result = sampler.finish();

  EXPECT_THAT(phases_of(result), ElementsAre("begin", "prepare", "measure", "verify timed outputs"));
  const TelemetrySummary& summary = result.summary;
  EXPECT_TRUE(summary.reason.empty());
  EXPECT_GE(summary.samples, 3);
  EXPECT_DOUBLE_EQ(summary.gauges[index_of(Sensor::sm_clock)]->min, 2000);
  EXPECT_DOUBLE_EQ(summary.gauges[index_of(Sensor::sm_clock)]->mean, 2000);
  EXPECT_EQ(summary.before[0], 1);
  EXPECT_EQ(summary.after[0], 2);
  EXPECT_FALSE(summary.after[3]);
  EXPECT_EQ(summary.unread.at("remapped_rows_uncorrected"), "not here");
  EXPECT_EQ(summary.power_limit_watts, 700);
  EXPECT_EQ(summary.unread.at("max_sm_clock_megahertz"), "no such function");
  const json columns = result.trace.to_json()["columns"];
  EXPECT_EQ(columns["sm_clock_megahertz"].front(), 1000);
  EXPECT_EQ(columns["sm_clock_megahertz"].back(), 500);
  EXPECT_EQ(columns["phase"].back(), 3);
}

// With a period of an hour every sample there is comes from a phase.
TEST(Sampler, APhaseIsSampledAsItBegins) {
  FakeSource source;
  Sampler sampler(source, 3600);
  int taken = 1;
  source.wait_for_samples(taken);
  for (const char* phase : {"prepare", "measure", "verify"}) {
    sampler.phase(phase);
    source.wait_for_samples(++taken);
  }
  const Sampler::Result result = sampler.finish();
  EXPECT_EQ(result.summary.samples, 1);
  EXPECT_EQ(result.trace.to_json()["columns"]["phase"], json({0, 1, 2, 3}));
}

TEST(Sampler, ACaseThatBreaksOffInItsTimedPartHasASummary) {
  FakeSource source;
  Sampler sampler(source, 3600);
  source.wait_for_samples(1);
  sampler.phase("measure");
  source.wait_for_samples(2);
  EXPECT_GT(sampler.finish().summary.window_seconds, 0);
}

TEST(Sampler, EndsWithItsScope) {
  FakeSource source;
  {
    Sampler sampler(source, 3600);
    source.wait_for_samples(1);
  }
  EXPECT_EQ(source.asked, 2);  // before and after
}

TEST(Sampler, SaysWhatWentWrong) {
  FakeSource source;
  source.throws = true;
  Sampler sampler(source, 0.001);
  source.wait_for_samples(1);
  EXPECT_EQ(sampler.finish().summary.reason, "no memory left");
}

}  // namespace
}  // namespace petaproof

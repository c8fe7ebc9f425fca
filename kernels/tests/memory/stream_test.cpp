// The workload as the registry hands it out, on a device whose memory and cache are made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/measure/case.hpp"
#include "kernels/registry.hpp"
#include "support/fake_device.hpp"

namespace petaproof {
namespace {

class MemoryStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    workload = Registry::instance().make("memory/stream");
    if (!workload) GTEST_SKIP() << "this build has no OpenMP";
  }
  Params params(std::map<std::string, Value> given) {
    return Params::complete(workload->info().params, given, "memory/stream");
  }
  // One launch of slot 0; `spoil` then changes its output.
  Verification launched(const Params& with, const std::function<void(double*)>& spoil) {
    Context context(device, with, Fill::normal, 7);
    workload = Registry::instance().make("memory/stream");
    workload->prepare(context);
    workload->launch(device.stream(), 0);
    spoil(static_cast<double*>(workload->outputs(0)[0].data));
    return workload->verify(context, 0);
  }

  testing::FakeDevice device;
  std::unique_ptr<Workload> workload;
};

TEST_F(MemoryStreamTest, WorkIsTheBytesThatTheLoopNames) {
  EXPECT_EQ(workload->work(params({{"size", std::int64_t{800}}, {"operation", "copy"}}), 1)[0].per_launch, 1600);
  EXPECT_EQ(workload->work(params({{"size", std::int64_t{800}}, {"operation", "triad"}}), 1)[0].per_launch, 2400);
  // whole elements only
  EXPECT_EQ(workload->work(params({{"size", std::int64_t{807}}, {"operation", "copy"}}), 1)[0].per_launch, 1600);
}

TEST_F(MemoryStreamTest, RefusesWhatDoesNotFit) {
  const Params with = params({{"size", "1 GiB"}});
  device.facts_for_change().memory_bytes = std::int64_t{6} << 30;
  EXPECT_FALSE(workload->refusal({device}, with));
  device.facts_for_change().memory_bytes -= 1;
  EXPECT_TRUE(workload->refusal({device}, with));
}

TEST_F(MemoryStreamTest, EveryElementIsCheckedExactly) {
  for (const char* operation : {"copy", "triad"}) {
    const Params with = params({{"size", std::int64_t{8000}}, {"operation", operation}});
    const Verification right = launched(with, [](double*) {});
    EXPECT_TRUE(right.pass) << right.detail;
    EXPECT_EQ(right.elements_checked, 1000);
    for (std::size_t at : {0, 499, 999}) {
      const Verification last_bit =
          launched(with, [at](double* a) { a[at] = std::nextafter(std::nextafter(a[at], 1e9), 1e9); });
      EXPECT_FALSE(last_bit.pass);
      EXPECT_THAT(last_bit.detail, ::testing::StartsWith("a[" + std::to_string(at) + "]: expected "));
      EXPECT_FALSE(launched(with, [at](double* a) { a[at] = std::nan(""); }).pass);
    }
  }
}

TEST_F(MemoryStreamTest, SaysWhenItMeasuresTheCache) {
  device.facts_for_change().last_level_cache_bytes = 2048;
  const auto measures_cache = [&] {
    return std::ranges::any_of(workload->notes(), [](const auto& note) { return note.first == "measures"; });
  };
  launched(params({{"size", std::int64_t{4 * 2048}}}), [](double*) {});
  EXPECT_FALSE(measures_cache());
  launched(params({{"size", std::int64_t{4 * 2048 - 8}}}), [](double*) {});
  EXPECT_TRUE(measures_cache());
}

}  // namespace
}  // namespace petaproof

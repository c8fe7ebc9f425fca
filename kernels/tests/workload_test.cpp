#include "kernels/workload.hpp"

#include <gtest/gtest.h>

#include "support/fake_workload.hpp"

namespace petaproof {
namespace {

// Buffers must overflow the cache three times, so that no operand is found there from the launch before.
TEST(Context, SlotsOverflowTheCacheThreeTimes) {
  testing::FakeDevice device;
  device.facts_for_change().cache_bytes = 50 << 20;  // an H100's L2
  const Params none;
  const Context context(device, none, Fill::normal, 1);
  EXPECT_EQ(context.slots_for(1 << 20), 151);
  EXPECT_EQ(context.slots_for(50 << 20), 4);
  EXPECT_EQ(context.slots_for(100 << 20), 2);
  EXPECT_EQ(context.slots_for(std::int64_t{1} << 40), 2);  // never one alone
  EXPECT_EQ(context.slots_for(8), 4096);                   // nor more than can be had
  EXPECT_EQ(context.slots_for(0), 4096);
}

TEST(MemoryShortage, SaysWhatIsNeededAndWhatIsThere) {
  DeviceFacts facts;
  facts.memory_bytes = std::int64_t{3} << 29;
  EXPECT_FALSE(memory_shortage(std::int64_t{3} << 29, facts));
  EXPECT_TRUE(memory_shortage((std::int64_t{3} << 29) + 1, facts));
  EXPECT_EQ(memory_shortage(std::int64_t{8} << 30, facts), "needs 8.0 GiB of memory, 1.5 GiB are there");
  facts.sharers = 4;
  EXPECT_EQ(memory_shortage(std::int64_t{8} << 30, facts),
            "needs 8.0 GiB of memory, 1.5 GiB are there for each of 4 ranks on one GPU");
}

TEST(RefusalByCapability, IsAskedOnlyWhereThereIsOne) {
  testing::FakeDevice device;
  testing::FakeWorkload workload(device);
  workload.needs = [](int capability) {
    return capability < 100 ? std::optional<std::string>("it needs 10.0") : std::nullopt;
  };
  const Params none;
  EXPECT_EQ(refusal_by_capability(workload, none, "H100", "9.0"), "H100 has compute capability 9.0: it needs 10.0");
  EXPECT_FALSE(refusal_by_capability(workload, none, "B200", "10.0"));
  EXPECT_FALSE(refusal_by_capability(workload, none, "MI300X", "gfx942"));
  EXPECT_FALSE(refusal_by_capability(workload, none, "a CPU", ""));
}

TEST(Refusal, IsTheDevicesOrTheWorkloads) {
  testing::FakeDevice device;
  testing::FakeWorkload workload(device);
  const Params none;
  EXPECT_FALSE(refusal_of(workload, {device}, none));
  workload.refuses = "too large";
  EXPECT_EQ(refusal_of(workload, {device}, none), "too large");
  device.refuses = "nothing was built for it";
  EXPECT_EQ(refusal_of(workload, {device}, none), "nothing was built for it");
}

}  // namespace
}  // namespace petaproof

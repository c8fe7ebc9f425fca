// The workload as the registry hands it out, on a device whose memory and cache are made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "kernels/registry.hpp"
#include "kernels/workload.hpp"
#include "support/fake_device.hpp"

namespace petaproof {
namespace {

class HostLatency : public ::testing::Test {
 protected:
  Params params(std::map<std::string, Value> given) {
    return Params::complete(workload->info().params, given, "memory/host_latency");
  }
  void prepare(std::map<std::string, Value> given) {
    chosen = params(std::move(given));
    context.emplace(device, chosen, Fill::normal, 7);
    workload = Registry::instance().make("memory/host_latency");
    workload->prepare(*context);
  }
  std::uint64_t end(int slot) { return *static_cast<std::uint64_t*>(workload->outputs(slot)[0].data); }

  testing::FakeDevice device;  // 4 MiB of last-level cache
  std::unique_ptr<Workload> workload = Registry::instance().make("memory/host_latency");
  Params chosen;
  std::optional<Context> context;
};

TEST_F(HostLatency, WorkIsItsLoads) {
  const Quantity quantity = workload->work(params({{"loads", std::int64_t{1234}}}), 1)[0];
  EXPECT_EQ(quantity.name, "loads");
  EXPECT_EQ(quantity.unit, "load");
  EXPECT_EQ(quantity.per_launch, 1234);
}

// 1024 lines, 100 loads a launch: eleven stretches, whose ends are the next one's beginnings, go once round and on.
TEST_F(HostLatency, StretchesFollowEachOtherThroughTheWholeSet) {
  prepare({{"size", "128 KiB"}, {"loads", std::int64_t{100}}});
  ASSERT_EQ(workload->slots(), 11);
  std::set<std::uint64_t> ends;
  for (int slot = 0; slot < 11; ++slot) {
    workload->launch(device.stream(), slot);
    EXPECT_TRUE(workload->verify(*context, slot).pass) << slot;
    EXPECT_LT(end(slot), 1024u);
    ends.insert(end(slot));
  }
  EXPECT_EQ(ends.size(), 11u);
  const std::uint64_t first = end(0);
  workload->launch(device.stream(), 0);
  EXPECT_EQ(end(0), first);
}

TEST_F(HostLatency, ALaunchMayGoRoundManyTimes) {
  prepare({{"size", "1 KiB"}, {"stride", std::int64_t{64}}, {"loads", std::int64_t{1000}}});  // 16 lines
  ASSERT_EQ(workload->slots(), 1);
  workload->launch(device.stream(), 0);
  const Verification result = workload->verify(*context, 0);
  EXPECT_TRUE(result.pass) << result.detail;
  EXPECT_EQ(result.elements_checked, 1000);
}

// Every end but the right one fails: one load too many or too few as well as poison.
TEST_F(HostLatency, AnyOtherEndFails) {
  prepare({{"size", "2 KiB"}, {"loads", std::int64_t{5}}});  // 16 lines
  workload->launch(device.stream(), 0);
  const std::uint64_t right = end(0);
  for (std::uint64_t wrong = 0; wrong <= 16; ++wrong) {
    *static_cast<std::uint64_t*>(workload->outputs(0)[0].data) = wrong == 16 ? ~0ull : wrong;
    EXPECT_EQ(workload->verify(*context, 0).pass, wrong == right) << wrong;
  }
}

TEST_F(HostLatency, RefusesWhatHasNoChase) {
  const auto why = [&](std::map<std::string, Value> given) {
    return workload->refusal({device}, params(std::move(given))).value_or("");
  };
  EXPECT_EQ(why({{"size", "1 MiB"}}), "");
  EXPECT_EQ(why({{"stride", std::int64_t{100}}}), "stride is no multiple of 8 bytes");
  EXPECT_EQ(why({{"size", "64 KiB"}, {"stride", "64 KiB"}}), "size holds fewer than two strides");
  device.facts_for_change().memory_bytes = std::int64_t{1} << 40;
  EXPECT_EQ(why({{"size", "512 GiB"}}), "size holds more than 2^32 - 1 strides");
  device.facts_for_change().memory_bytes = 1 << 20;
  EXPECT_THAT(why({{"size", "1 MiB"}}), ::testing::HasSubstr("GiB of memory"));
}

TEST_F(HostLatency, SaysHowLargeTheSetIsBesideTheCache) {
  prepare({{"size", "6 MiB"}});
  EXPECT_THAT(workload->notes(),
              ::testing::Contains(::testing::Pair("working_set", "1.5 x the last-level cache of 4 MiB")));
}

}  // namespace
}  // namespace petaproof

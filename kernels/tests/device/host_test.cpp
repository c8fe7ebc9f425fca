// The host backend as the registry hands it out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kernels/device/device.hpp"
#include "kernels/device/error.hpp"
#include "kernels/registry.hpp"
#include "kernels/verify/digest.hpp"

namespace petaproof {
namespace {

using ::testing::MatchesRegex;

std::unique_ptr<Device> host(int sharers = 1) {
  const Backend* backend = Registry::instance().backend("host");
  if (!backend) throw std::runtime_error("no host backend");
  return backend->open(0, sharers);
}

TEST(Host, IsABackendOfOneDevice) {
  const Backend* backend = Registry::instance().backend("host");
  ASSERT_TRUE(backend);
  EXPECT_EQ(backend->name(), "host");
  EXPECT_EQ(backend->device_count(), 1);
}

TEST(Host, FactsAreFacts) {
  const DeviceFacts facts = host()->facts();
  EXPECT_EQ(facts.backend, "host");
  EXPECT_FALSE(facts.name.empty());
  EXPECT_EQ(facts.uuid, "");  // ranks may share it
  EXPECT_GE(facts.units, 1);
  EXPECT_EQ(facts.more.at("cores_usable"), std::to_string(facts.units));
  EXPECT_GT(facts.memory_bytes, 1 << 20);
  EXPECT_GE(facts.cache_bytes, 1 << 20);
  EXPECT_GE(facts.last_level_cache_bytes, facts.cache_bytes);
}

TEST(Host, SharersDivideIt) {
  const DeviceFacts alone = host(1)->facts();
  const DeviceFacts shared = host(1000)->facts();
  EXPECT_EQ(shared.units, 1);  // never none
  EXPECT_LT(shared.memory_bytes, alone.memory_bytes / 500);
  EXPECT_EQ(shared.more.at("ranks_sharing"), "1000");
}

TEST(Host, TooMuchMemoryIsAnErrorWithWhatIsNeededAndAvailable) {
  const auto device = host();
  // 1 PiB, and a number that is negative as a signed one
  for (std::size_t bytes : {std::size_t{1} << 50, ~std::size_t{0}}) {
    try {
      device->allocate(bytes);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.domain(), Domain::memory);
      EXPECT_FALSE(error.sticky());
      EXPECT_THAT(error.what(),
                  MatchesRegex("[0-9]+\\.[0-9][0-9] GiB of host memory needed, [0-9]+\\.[0-9][0-9] GiB available"));
    }
  }
  try {
    device->allocate(std::size_t{1} << 50);
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("1048576.00 GiB of host memory needed")) << error.what();
  }
}

TEST(Host, BuffersAreAlignedAndCanBeWrittenToTheirEnd) {
  const auto device = host();
  for (std::size_t bytes : {1, 4095, 4096, 1 << 20}) {
    const Buffer buffer = device->allocate(bytes);
    EXPECT_EQ(buffer.bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 4096, 0u);
    device->set_bytes({"all", buffer.data(), bytes}, 0xFF);
    EXPECT_EQ(buffer.as<std::uint8_t>()[bytes - 1], 0xFF);
  }
}

TEST(Host, CopiesAndDigests) {
  const auto device = host();
  const Buffer buffer = device->allocate(24);
  const std::uint64_t in[3] = {1, 2, 3};
  std::uint64_t out[3] = {};
  device->copy_from_host(buffer.data(), in, sizeof in);
  device->copy_to_host(out, buffer.data(), sizeof out);
  EXPECT_EQ(out[2], 3u);
  EXPECT_EQ(device->digest({"x", buffer.data(), 24}), digest_host(in, 24));
}

TEST(Host, ATimerMeasuresWhatLiesBetween) {
  const auto device = host();
  const auto timer = device->make_timer();
  const double begin = device->now();
  timer->start(device->stream());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  timer->stop(device->stream());
  const double around = device->now() - begin;
  EXPECT_GE(timer->seconds(), 0.020);
  EXPECT_LE(timer->seconds(), around);
}

TEST(Host, FlushesItsCacheAgainAndAgain) {
  const auto device = host();
  for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(device->flush_cache(device->stream()));
}

}  // namespace
}  // namespace petaproof

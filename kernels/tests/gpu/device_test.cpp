// The CUDA device against what the interface promises, with the host device as the reference.
#include <numeric>
#include <vector>

#include "kernels/device/error.hpp"
#include "support/gpu.hpp"

namespace petaproof {
namespace {

class GpuDevice : public testing::GpuTest {
 protected:
  std::vector<std::uint8_t> pattern(std::size_t bytes) {
    std::vector<std::uint8_t> data(bytes);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(i * 37 + i / 251);
    return data;
  }
};

TEST_F(GpuDevice, FactsAreThoseOfAGpu) {
  const DeviceFacts& facts = gpu->facts();
  EXPECT_EQ(facts.backend, "cuda");
  EXPECT_FALSE(facts.name.empty());
  EXPECT_EQ(facts.uuid.size(), std::string("GPU-00000000-0000-0000-0000-000000000000").size());
  EXPECT_GT(facts.units, 0);
  EXPECT_GT(facts.cache_bytes, 1 << 20);
  EXPECT_GT(facts.memory_bytes, std::int64_t{1} << 30);
}

TEST_F(GpuDevice, CopiesThereAndBack) {
  const auto data = pattern(1'000'003);
  const Buffer buffer = gpu->allocate(data.size());
  gpu->copy_from_host(buffer.data(), data.data(), data.size());
  std::vector<std::uint8_t> back(data.size());
  gpu->copy_to_host(back.data(), buffer.data(), back.size());
  EXPECT_EQ(back, data);
}

TEST_F(GpuDevice, DigestIsTheHostsWhateverTheLength) {
  for (std::size_t bytes : {1u, 7u, 8u, 9u, 4096u, 1'000'003u}) {
    auto data = pattern(bytes);
    const Buffer buffer = gpu->allocate(bytes);
    gpu->copy_from_host(buffer.data(), data.data(), bytes);
    EXPECT_EQ(gpu->digest({"data", buffer.data(), bytes}), host->digest({"data", data.data(), bytes})) << bytes;
  }
}

TEST_F(GpuDevice, SetBytesReachesTheLastByte) {
  const Buffer buffer = gpu->allocate(1001);
  gpu->set_bytes({"data", buffer.data(), 1001}, 0xA5);
  std::vector<std::uint8_t> back(1001);
  gpu->copy_to_host(back.data(), buffer.data(), back.size());
  EXPECT_EQ(back, std::vector<std::uint8_t>(1001, 0xA5));
}

TEST_F(GpuDevice, TooMuchMemoryIsALocalErrorThatNamesNeededAndFree) {
  try {
    gpu->allocate(std::size_t{1} << 50);
    FAIL() << "2^50 bytes were granted";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::memory);
    EXPECT_FALSE(error.sticky());
    EXPECT_NE(std::string(error.what()).find("1048576.00 GiB of device memory needed"), std::string::npos);
  }
  EXPECT_EQ(gpu->allocate(1 << 20).bytes(), std::size_t{1} << 20);  // and the device goes on
}

TEST_F(GpuDevice, TimerMeasuresWorkAndNotNothing) {
  const Buffer buffer = gpu->allocate(std::size_t{1} << 30);
  const auto timer = gpu->make_timer();
  timer->start(gpu->stream());
  gpu->set_bytes({"data", buffer.data(), buffer.bytes()}, 1);
  timer->stop(gpu->stream());
  const double seconds = timer->seconds();
  EXPECT_GT(seconds, static_cast<double>(buffer.bytes()) / 20e12);  // no memory is that fast
  EXPECT_LT(seconds, 1.0);
}

TEST_F(GpuDevice, RecordingReplaysWhatWasEnqueued) {
  const Buffer a = gpu->allocate(4096), b = gpu->allocate(4096);
  const Region first{"a", a.data(), 4096}, second{"b", b.data(), 4096};
  const auto zero = gpu->digest((gpu->set_bytes(first, 0), first));
  gpu->set_bytes(second, 0);
  const auto recording = gpu->record([&](Stream&) {
    gpu->set_bytes(first, 7);
    gpu->set_bytes(second, 9);
  });
  ASSERT_NE(recording, nullptr);
  EXPECT_EQ(gpu->digest(first), zero) << "recording must not execute";
  recording->replay(gpu->stream());
  gpu->stream().synchronize();
  std::uint8_t bytes[2];
  gpu->copy_to_host(&bytes[0], a.as<char>() + 4095, 1);
  gpu->copy_to_host(&bytes[1], b.as<char>() + 4095, 1);
  EXPECT_EQ(bytes[0], 7);
  EXPECT_EQ(bytes[1], 9);
}

TEST_F(GpuDevice, AFailedRecordingLeavesTheDeviceUsable) {
  EXPECT_THROW(gpu->record([](Stream&) { throw Error(Domain::internal, "on purpose"); }), Error);
  EXPECT_THROW(gpu->record([&](Stream& stream) { stream.synchronize(); }), Error);
  EXPECT_EQ(gpu->allocate(16).bytes(), 16u);
  gpu->stream().synchronize();
}

TEST_F(GpuDevice, ClockIsThatOfAGpu) {
  const auto probe = gpu->make_clock_probe();
  ASSERT_NE(probe, nullptr);
  const Buffer buffer = gpu->allocate(std::size_t{1} << 28);
  probe->start(gpu->stream());
  for (int i = 0; i < 200; ++i) gpu->set_bytes({"data", buffer.data(), buffer.bytes()}, 1);
  probe->stop(gpu->stream());
  const auto reading = probe->read();
  ASSERT_TRUE(reading.has_value());
  EXPECT_GT(reading->hertz, 200e6);
  EXPECT_LT(reading->hertz, 4e9);
  EXPECT_LT(reading->tolerance, 0.02);
  EXPECT_GT(reading->units, gpu->facts().units / 2);
}

}  // namespace
}  // namespace petaproof

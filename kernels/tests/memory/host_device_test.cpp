// The very source of memory/host_device on streams that the CPU runs, as late or as early as their order allows
// (support/cuda_runtime): what is copied, in which order, and what its check finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "kernels/registry.hpp"
#include "kernels/verify/fill.hpp"
#include "kernels/workload.hpp"
#include "support/fake_device.hpp"

// it is made by name here: the registry of this program knows none of CUDA's
#undef PETAPROOF_WORKLOAD
#define PETAPROOF_WORKLOAD(name, type) static_assert(sizeof(name) > 1)

// what the source calls is this test's own, and must not stand in for a module's
#pragma GCC visibility push(hidden)
#include "kernels/memory/host_device.cpp"

namespace petaproof {

namespace detail {
void check_cuda(cudaError_t status, const char* expression, std::source_location where) {
  if (status != cudaSuccess) throw Error(Domain::cuda, status, expression, "it failed", Error::Kind::local, where);
}
bool log_cuda(cudaError_t status, const char*, std::source_location) noexcept {
  return status == cudaSuccess;
}
}  // namespace detail

namespace cuda {

// The streams that the workload makes, as it makes them.
bool made_streams_run_at_once = false;

CudaStream::CudaStream() : stream_(new CudaQueue) {
  stream_->at_once = made_streams_run_at_once;
}
CudaStream::~CudaStream() {
  delete stream_;
}
void CudaStream::synchronize() {
  stream_->run_until(stream_->given);
}

cudaStream_t handle_of(Stream& stream) {
  return dynamic_cast<CudaStream&>(stream).handle();
}

void fill(Element element, void* data, std::int64_t count, Fill fill, std::uint64_t seed, std::uint64_t stream_number,
          cudaStream_t stream) {
  ASSERT_EQ(element, Element::fp64);
  stream->give([=] {
    fill_host(std::span<double>(static_cast<double*>(data), static_cast<std::size_t>(count)), fill, seed,
              stream_number);
  });
}

}  // namespace cuda

namespace {

// What waits for the stream on a GPU does so here.
class LazyDevice : public testing::FakeDevice {
 public:
  Stream& stream() override { return stream_; }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override {
    stream_.synchronize();
    FakeDevice::copy_to_host(to, from, bytes);
  }
  std::uint64_t digest(const Region& region) override {
    stream_.synchronize();
    return FakeDevice::digest(region);
  }
  CudaQueue& queue() { return *stream_.handle(); }

 private:
  cuda::CudaStream stream_;
};

class FewSlots : public Context {
 public:
  using Context::Context;
  int slots_for(std::int64_t) const override { return 2; }
};

class HostDevice : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { cuda::made_streams_run_at_once = GetParam(); }
  void TearDown() override {
    workload.reset();
    EXPECT_EQ(fake_cuda::pinned, 0) << "pinned memory was not given back";
    fake_cuda::pinned_limit = SIZE_MAX;
  }

  Params params(const std::string& direction, std::int64_t size) {
    return Params::complete(MemoryHostDevice().info().params, {{"direction", direction}, {"size", size}}, "test");
  }
  // Prepared, with zeros where copies are to arrive.
  void prepare(const std::string& direction, std::int64_t size) {
    given = params(direction, size);
    context.emplace(device, given, Fill::normal, 3);
    workload = std::make_unique<MemoryHostDevice>();
    workload->prepare(*context);
    device.queue().run_until(device.queue().given);
    for (int slot = 0; slot < workload->slots(); ++slot) clear(slot);
  }
  void clear(int slot) {
    for (const Region& region : workload->outputs(slot)) std::memset(region.data, 0, region.bytes);
  }
  Verification launched(int slot) {
    workload->launch(device.stream(), slot);
    device.stream().synchronize();
    return workload->verify(*context, slot);
  }

  LazyDevice device;
  Params given;
  std::optional<FewSlots> context;
  std::unique_ptr<MemoryHostDevice> workload;
};

TEST_P(HostDevice, EveryByteArrivesInEverySlotAndNoEarlier) {
  for (const char* direction : {"to_device", "from_device", "both"})
    for (const std::int64_t size : {16, 1003, 65536}) {
      prepare(direction, size);
      ASSERT_EQ(workload->slots(), 2);
      const bool both = std::string_view(direction) == "both";
      for (int slot = 0; slot < 2; ++slot) {
        ASSERT_EQ(workload->outputs(slot).size(), both ? 2u : 1u);
        EXPECT_FALSE(workload->verify(*context, slot).pass) << direction << ": nothing was launched";
        const Verification result = launched(slot);
        EXPECT_TRUE(result.pass) << direction << ", " << size << ": " << result.detail;
        EXPECT_EQ(result.elements_checked, (both ? 2 : 1) * ((size + 7) / 8));
      }
    }
}

// The copy on the second stream comes after what the given stream had to do before, and has happened once it is done.
TEST_P(HostDevice, BothDirectionsStandInTheOrderOfTheGivenStream) {
  prepare("both", 4096);
  device.queue().give([&] { clear(0); });
  workload->launch(device.stream(), 0);
  std::vector<bool> arrived;
  device.queue().give([&] {
    for (const Region& region : workload->outputs(0)) {
      const auto* bytes = static_cast<const unsigned char*>(region.data);
      arrived.push_back(std::any_of(bytes, bytes + region.bytes, [](unsigned char x) { return x != 0; }));
    }
  });
  device.stream().synchronize();
  EXPECT_THAT(arrived, ::testing::ElementsAre(true, true));
  EXPECT_TRUE(workload->verify(*context, 0).pass);
}

TEST_P(HostDevice, OneWrongBitIsFoundWhereverItArrives) {
  prepare("both", 1003);
  const auto outputs = workload->outputs(1);
  ASSERT_TRUE(launched(1).pass);
  for (const Region& region : outputs)
    for (const std::size_t at : {std::size_t{0}, region.bytes / 2, region.bytes - 1}) {
      auto& byte = static_cast<unsigned char*>(region.data)[at];
      byte ^= 4;
      const Verification result = workload->verify(*context, 1);
      EXPECT_FALSE(result.pass) << region.name << ", byte " << at;
      EXPECT_THAT(result.detail, ::testing::HasSubstr("what arrived " + region.name));
      byte ^= 4;
      EXPECT_TRUE(workload->verify(*context, 1).pass);
    }
}

TEST_P(HostDevice, SlotsAndDirectionsHoldDataOfTheirOwn) {
  prepare("both", 4096);
  std::vector<std::uint64_t> digests;
  for (int slot = 0; slot < 2; ++slot) {
    ASSERT_TRUE(launched(slot).pass);
    for (const Region& region : workload->outputs(slot)) digests.push_back(digest_host(region.data, region.bytes));
  }
  std::ranges::sort(digests);
  EXPECT_EQ(std::ranges::adjacent_find(digests), digests.end());
}

TEST_P(HostDevice, WorkIsWhatCrossesTheLink) {
  const auto bytes = [&](const char* direction) {
    return MemoryHostDevice().work(params(direction, 1000), 1).at(0).per_launch;
  };
  EXPECT_EQ(bytes("to_device"), 1000);
  EXPECT_EQ(bytes("from_device"), 1000);
  EXPECT_EQ(bytes("both"), 2000);
}

TEST_P(HostDevice, RefusesWhatTheDeviceOrTheHostCannotHold) {
  const std::int64_t size = 1 << 20;
  for (const auto& [direction, needed] :
       {std::pair("to_device", 2 * size), {"from_device", 2 * size}, {"both", 4 * size}}) {
    device.facts_for_change().memory_bytes = needed;
    EXPECT_EQ(MemoryHostDevice().refusal({device}, params(direction, size)), std::nullopt) << direction;
    device.facts_for_change().memory_bytes = needed - 1;
    EXPECT_TRUE(MemoryHostDevice().refusal({device}, params(direction, size))) << direction;
  }
  device.facts_for_change().memory_bytes = INT64_MAX;
  EXPECT_THAT(MemoryHostDevice().refusal({device}, params("both", std::int64_t{1} << 40)),
              ::testing::Optional(::testing::StartsWith("on the host: ")));
}

TEST_P(HostDevice, MemoryThatCannotBePinnedIsAnErrorOfMemoryAndNothingStays) {
  fake_cuda::pinned_limit = 4095;
  try {
    prepare("both", 4096);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::memory);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("pinned host memory"));
  }
}

INSTANTIATE_TEST_SUITE_P(CopiesRun, HostDevice, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "AtOnce" : "AsLateAsMayBe"; });

}  // namespace
}  // namespace petaproof
#pragma GCC visibility pop

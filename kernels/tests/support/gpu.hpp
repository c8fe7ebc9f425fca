// For tests that need a GPU: each skips, and says why, where there is none.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "kernels/device/device.hpp"
#include "kernels/registry.hpp"
#include "kernels/workload.hpp"

namespace petaproof::testing {

/// Rotating buffers are for rates; a thousand of them would make a test of small shapes slow.
class FewSlots : public Context {
 public:
  using Context::Context;
  int slots_for(std::int64_t) const override { return 3; }
};

class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Backend* backend = Registry::instance().backend("cuda");
    ASSERT_NE(backend, nullptr);
    if (backend->device_count() == 0) GTEST_SKIP() << backend->why_none();
    gpu = backend->open(0, 1);
  }

  std::unique_ptr<Device> gpu;
  std::unique_ptr<Device> host = Registry::instance().backend("host")->open(0, 1);
};

}  // namespace petaproof::testing

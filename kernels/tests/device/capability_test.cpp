#include "kernels/device/capability.hpp"

#include <gmock/gmock.h>

namespace petaproof {
namespace {

TEST(Capability, IsTheDevices) {
  DeviceFacts facts;
  EXPECT_EQ(capability_of(facts), 0);
  facts.more["compute_capability"] = "9.0";
  EXPECT_EQ(capability_of(facts), 90);
  facts.more["compute_capability"] = "12.1";
  EXPECT_EQ(capability_of(facts), 121);
}

TEST(Capability, KernelsForHopperRunOn9_0AndOnNothingElse) {
  DeviceFacts facts;
  facts.name = "a device";
  EXPECT_EQ(hopper_refusal(facts).value_or(""), "wgmma needs compute capability 9.0 (H100, H200); a device has none");
  facts.more["compute_capability"] = "9.0";
  EXPECT_FALSE(hopper_refusal(facts));
  for (const char* other : {"8.9", "10.0", "12.0"}) {
    facts.more["compute_capability"] = other;
    EXPECT_THAT(hopper_refusal(facts).value_or(""), ::testing::EndsWith(other));
  }
}

}  // namespace
}  // namespace petaproof

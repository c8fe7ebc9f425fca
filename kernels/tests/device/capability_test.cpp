#include "kernels/device/capability.hpp"

#include <gtest/gtest.h>

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

TEST(Capability, IsNoneWhereTheTextIsAnother) {
  EXPECT_EQ(capability_of("10.3"), 103);
  EXPECT_EQ(capability_of("gfx942"), 0);
  EXPECT_EQ(capability_of(""), 0);
  EXPECT_EQ(capability_of("gfx9.4"), 0);
  EXPECT_EQ(capability_of("9.0a"), 0);
}

TEST(Capability, KernelsForHopperRunOn9_0AndOnNothingElse) {
  EXPECT_FALSE(hopper_refusal(90));
  for (const int other : {80, 89, 100, 103, 120}) EXPECT_EQ(hopper_refusal(other), "wgmma needs 9.0 (H100, H200)");
}

}  // namespace
}  // namespace petaproof

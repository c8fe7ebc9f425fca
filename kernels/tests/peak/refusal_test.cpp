// What each architecture's ceiling is, and that nothing less is sold as one.
#include "kernels/peak/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace petaproof::peak {
namespace {

using ::testing::HasSubstr;

TEST(PeakRefusal, MmaSyncIsACeilingOnlyWhereNothingFasterIs) {
  for (const char* precision : {"fp64", "tf32", "bf16", "fp16", "int8"}) {
    EXPECT_FALSE(mma_refusal(80, precision, false)) << precision;
    EXPECT_FALSE(mma_refusal(89, precision, false)) << precision;
    EXPECT_FALSE(mma_refusal(120, precision, false)) << precision;
    for (int blackwell : {100, 103, 110})
      EXPECT_THAT(mma_refusal(blackwell, precision, false).value_or(""), HasSubstr("tcgen05")) << precision;
  }
  EXPECT_FALSE(mma_refusal(90, "fp64", true));
  EXPECT_FALSE(mma_refusal(90, "fp64", false));
  for (const char* precision : {"tf32", "bf16", "fp16", "int8"})
    EXPECT_THAT(mma_refusal(90, precision, false).value_or(""), HasSubstr("wgmma")) << precision;
  EXPECT_THAT(mma_refusal(80, "fp64", true).value_or(""), HasSubstr("9.0"));
}

TEST(PeakRefusal, WgmmaIsHoppers) {
  EXPECT_FALSE(wgmma_refusal(90));
  EXPECT_THAT(wgmma_refusal(80).value_or(""), HasSubstr("peak/mma"));
  EXPECT_THAT(wgmma_refusal(100).value_or(""), HasSubstr("tcgen05"));
  EXPECT_THAT(wgmma_refusal(120).value_or(""), HasSubstr("peak/mma"));
}

}  // namespace
}  // namespace petaproof::peak

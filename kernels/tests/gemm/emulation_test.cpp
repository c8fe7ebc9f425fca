// The workspace of emulated FP64 against figures worked out by hand from the documentation's formula.
#include "kernels/gemm/emulation.hpp"

#include <gtest/gtest.h>

namespace petaproof {
namespace {

constexpr std::int64_t mib = 1 << 20;

TEST(EmulatedFp64, SlicesHoldTheMantissaAndItsSign) {
  EXPECT_EQ(emulation_slices(7), 1);
  EXPECT_EQ(emulation_slices(8), 2);
  EXPECT_EQ(emulation_slices(55), 7);
  EXPECT_EQ(emulation_slices(emulation_most_bits), 10);
}

TEST(EmulatedFp64, WorkspaceIsTheDocumentedBound) {
  // 1024^3: ten slices of 1 MiB of A and of B, 8 KiB of scales, ten INT32 sums of 4 MiB; a quarter more; 128 MiB
  EXPECT_EQ(emulation_workspace({1024, 1024, 1024}), (60 * mib + 8192) * 5 / 4 + 128 * mib);
  // padded to the same, but for 896 along K
  EXPECT_EQ(emulation_workspace({1000, 1, 770}), (20 * mib * 896 / 1024 + 40 * mib + 8192) * 5 / 4 + 128 * mib);
  // the sums stop at 4 GiB for each 8,192 of K
  EXPECT_EQ(emulation_workspace({16384, 16384, 8193}),
            (std::int64_t{10} * 2 * 16384 * 8320 + 4 * 32768 + (std::int64_t{2} << 32)) * 5 / 4 + 128 * mib);
}

TEST(EmulatedFp64, WorkspaceGrowsWithEveryExtent) {
  for (std::int64_t extent = 1; extent <= 65536; extent *= 2) {
    const std::int64_t here = emulation_workspace({extent, extent, extent});
    for (const GemmShape& larger : {GemmShape{2 * extent, extent, extent}, GemmShape{extent, 2 * extent, extent},
                                    GemmShape{extent, extent, 2 * extent}}) {
      EXPECT_GE(emulation_workspace(larger), here) << extent;
      // operands and result would not fit into less than their own slices
      EXPECT_GT(emulation_workspace(larger), 7 * (larger.m + larger.n) * larger.k) << extent;
    }
  }
}

}  // namespace
}  // namespace petaproof

#include "kernels/device/cuda/driver_version.hpp"

#include <gtest/gtest.h>

namespace petaproof::cuda {
namespace {

TEST(DriverVersion, IsTheFirstNumberWithADot) {
  EXPECT_EQ(
      driver_version_in("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023\n"
                        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"),
      "535.129.03");
  EXPECT_EQ(
      driver_version_in("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.86.15  Release Build  (x@y)"),
      "570.86.15");
  EXPECT_EQ(driver_version_in("580.65"), "580.65");
}

TEST(DriverVersion, IsEmptyWhereThereIsNone) {
  for (const char* text : {"", " ", "NVRM version: none", "x86_64 2023 . ..", "1"})
    EXPECT_EQ(driver_version_in(text), "");
}

}  // namespace
}  // namespace petaproof::cuda

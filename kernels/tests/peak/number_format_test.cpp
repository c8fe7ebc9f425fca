// Against a decoder of its own: every code of the formats of 8 and 16 bits.
#include "kernels/peak/number_format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "peak/decoded.hpp"

namespace petaproof::peak {
namespace {

using testing::decoded;

class SmallFormat : public ::testing::TestWithParam<const char*> {
 protected:
  const NumberFormat& format = number_format(GetParam());

  // Finite numbers in order.
  std::vector<double> numbers() const {
    std::vector<double> all;
    for (std::uint64_t code = 0; code < std::uint64_t{1} << format.bits; ++code)
      if (const double x = decoded(GetParam(), code); std::isfinite(x)) all.push_back(x);
    std::ranges::sort(all);
    return all;
  }
};

TEST_P(SmallFormat, EveryNumberIsItselfAndItsCode) {
  for (std::uint64_t code = 0; code < std::uint64_t{1} << format.bits; ++code) {
    const double x = decoded(GetParam(), code);
    if (!std::isfinite(x) || std::abs(x) > format.largest) continue;
    ASSERT_EQ(rounded(format, x), x) << code;
    if (x != 0) {
      ASSERT_EQ(encoded(format, x), code) << x;
    }
  }
  EXPECT_EQ(encoded(format, 0.0), 0u);
}

TEST_P(SmallFormat, RoundsToTheNearestAndTiesToEven) {
  const std::vector<double> all = numbers();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double low = all[i - 1], high = all[i], middle = low + (high - low) / 2;
    if (low == high || low < -format.largest) continue;
    ASSERT_EQ(rounded(format, std::nextafter(middle, low)), low);
    ASSERT_EQ(rounded(format, std::nextafter(middle, high)), high);
    const double tie = rounded(format, middle);
    ASSERT_TRUE(tie == low || tie == high);
    if (tie != 0) {
      ASSERT_EQ(encoded(format, tie) % 2, 0u) << "between " << low << " and " << high;
    }
  }
}

TEST_P(SmallFormat, Saturates) {
  EXPECT_EQ(rounded(format, 1e300), format.largest);
  EXPECT_EQ(rounded(format, -1e300), -format.largest);
  EXPECT_EQ(decoded(GetParam(), encoded(format, format.largest)), format.largest);
}

INSTANTIATE_TEST_SUITE_P(All, SmallFormat, ::testing::Values("bf16", "fp16", "fp8", "int8"));

TEST(Tf32, IsFp32WithTenBitsOfFraction) {
  const NumberFormat& tf32 = number_format("tf32");
  EXPECT_EQ(rounded(tf32, 1 + 0x1.8p-11), 1 + 0x1p-10);
  EXPECT_EQ(rounded(tf32, 1 + 0x1p-11), 1) << "a tie goes to even";
  for (double x : {1.0, -0x1.5p-3, 0x1.FFCp20, 0x1p-130}) {
    const double y = rounded(tf32, x);
    EXPECT_EQ(y, x);
    const auto bits = static_cast<std::uint32_t>(encoded(tf32, y));
    float f;
    std::memcpy(&f, &bits, sizeof f);
    EXPECT_EQ(f, x);
    EXPECT_EQ(bits % (1u << 13), 0u);
  }
}

TEST(Operand, KeepsSmallWholeNumbersAndScalesTheRestOfInt8) {
  for (const NumberFormat& format : number_formats)
    for (double x : {-3.0, 0.0, 2.0}) EXPECT_EQ(operand(format, x), x) << format.name;
  EXPECT_EQ(operand(number_format("int8"), 0.51), 24);
  EXPECT_EQ(operand(number_format("int8"), -3.5), -127);
  EXPECT_EQ(operand(number_format("fp64"), 0.1), 0.1);
}

}  // namespace
}  // namespace petaproof::peak

#include "kernels/verify/double_double.hpp"

#include <gtest/gtest.h>

namespace petaproof {
namespace {

// 113 bits: enough to hold a double-double's value and to see its error.
__extension__ typedef __float128 Quad;

Quad value(DoubleDouble x) {
  return Quad{x.high} + Quad{x.low};
}

DoubleDouble random(std::uint64_t i) {
  const PhiloxBlock r = philox(7, 1, i);
  double high[2], low[2];
  make_elements(Fill::normal, r, high);
  make_elements(Fill::normal, philox(7, 2, i), low);
  const double scaled = std::ldexp(high[0], static_cast<int>(r[3] % 80) - 40);
  return detail::exact_sum(scaled, std::ldexp(low[0], std::ilogb(scaled) - 55));
}

void expect_close(Quad got, Quad exact, double scale) {
  const auto error = static_cast<double>(got > exact ? got - exact : exact - got);
  EXPECT_LE(error, std::ldexp(scale, -103));
}

TEST(DoubleDouble, SumsAndProductsHaveAHundredBits) {
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const DoubleDouble a = random(2 * i), b = random(2 * i + 1);
    const double size = std::abs(a.high + b.high);
    // where the two cancel, what is left is as exact as the parts were
    expect_close(value(a + b), value(a) + value(b), std::max(size, std::ldexp(std::abs(a.high), -60)));
    expect_close(value(a * b.high), value(a) * Quad{b.high}, std::abs(a.high * b.high));
  }
}

TEST(DoubleDouble, ALongSumIsExactWhereDoubleIsNot) {
  DoubleDouble sum;
  double naive = 0;
  for (int i = 0; i < 1000; ++i)
    for (double x : {1e16, 1.0, -1e16}) {
      sum = sum + DoubleDouble{x, 0};
      naive += x;
    }
  EXPECT_EQ(sum.high, 1000.0);
  EXPECT_EQ(sum.low, 0.0);
  EXPECT_NE(naive, 1000.0);
}

TEST(DoubleDouble, NaNStaysNaN) {
  const DoubleDouble nan{std::nan(""), 0};
  EXPECT_TRUE(std::isnan((nan + DoubleDouble{1, 0}).high));
  EXPECT_TRUE(std::isnan((nan * 2.0).high));
}

}  // namespace
}  // namespace petaproof

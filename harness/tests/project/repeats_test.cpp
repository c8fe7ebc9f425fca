#include "harness/project/repeats.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "harness/tests/expect_error.hpp"

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

TEST(Repeats, OneValueIsItself) {
  const Repeats one = combined({0.1});
  EXPECT_EQ(one.mean, 0.1);  // to the last bit
  EXPECT_EQ(one.apart, 1);
  EXPECT_EQ(one.count, 1);
}

// So that a projection of times and one of rates say the same.
TEST(Repeats, TheGeometricMeanOfRatesIsThatOfTimes) {
  const Repeats rates = combined({100, 121, 110});
  EXPECT_NEAR(rates.mean, std::cbrt(100 * 121 * 110.0), 1e-9);
  EXPECT_DOUBLE_EQ(rates.apart, 1.21);
  EXPECT_EQ(rates.count, 3);
  EXPECT_NEAR(combined({1.0 / 100, 1.0 / 121, 1.0 / 110}).mean, 1 / rates.mean, 1e-15);
}

TEST(Repeats, NoFurtherApartThanTheBandIsWide) {
  const Band band{.below = 0.05, .above = 0.05};
  EXPECT_NEAR(width(band), 1.105, 1e-3);
  EXPECT_EQ(why_not_one_point(combined({100}), band, "32 GPUs"), "");
  EXPECT_EQ(why_not_one_point(combined({95, 105}), band, "32 GPUs"), "");  // its very ends
  EXPECT_THAT(why_not_one_point(combined({100, 111}), band, "32 GPUs"), HasSubstr("1.11 times apart"));
  EXPECT_THAT(why_not_one_point(combined({40, 400}), band, "32 GPUs"),
              HasSubstr("the 2 measurements of 32 GPUs lie 10 times apart"));
}

TEST(Repeats, ANoteSaysHowFarApart) {
  EXPECT_EQ(repeats_note({combined({1}), combined({2})}), "");
  EXPECT_THAT(repeats_note({combined({100, 103}), combined({2})}),
              HasSubstr("1 point was measured several times, 3.0 %"));
  EXPECT_THAT(repeats_note({combined({100, 103}), combined({100, 104})}), HasSubstr("2 points were"));
}

TEST(Repeats, OfNothingThereIsNoMean) {
  error_of(Domain::internal, [] { combined({}); });
}

}  // namespace
}  // namespace petaproof::project

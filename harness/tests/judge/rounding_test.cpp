#include "harness/judge/rounding.hpp"

#include <gtest/gtest.h>

namespace petaproof::judge {
namespace {

struct Case {
  const char* printed;
  double value, lower, upper;
};

class Rounding : public ::testing::TestWithParam<Case> {};

TEST_P(Rounding, GivesEveryValueThatCouldHaveBeenPrintedSo) {
  const auto number = read_printed(GetParam().printed, false);
  ASSERT_TRUE(number);
  EXPECT_EQ(number->printed, GetParam().printed);
  EXPECT_DOUBLE_EQ(number->value, GetParam().value);
  EXPECT_DOUBLE_EQ(number->lower, GetParam().lower);
  EXPECT_DOUBLE_EQ(number->upper, GetParam().upper);
}

INSTANTIATE_TEST_SUITE_P(PrintedForms, Rounding,
                         ::testing::Values(Case{"240", 240, 235, 245}, Case{"240.0", 240, 239.95, 240.05},
                                           Case{"4,000", 4000, 3500, 4500}, Case{"4 000", 4000, 3500, 4500},
                                           Case{"4000", 4000, 3500, 4500}, Case{"4,096", 4096, 4095.5, 4096.5},
                                           Case{"241", 241, 240.5, 241.5}, Case{"0.24", 0.24, 0.235, 0.245},
                                           Case{"66.9", 66.9, 66.85, 66.95}, Case{"1", 1, 0.5, 1.5},
                                           Case{"10,200,000", 10.2e6, 10.15e6, 10.25e6}));

TEST(Rounding, OutputGroupsThousandsInOneStyle) {
  for (const char* printed : {"100 000", "100,000", "100000"})
    EXPECT_EQ(read_printed(printed, false)->grouped(), "100,000") << printed;
  EXPECT_EQ(read_printed("1 304", false)->grouped(), "1,304");
  EXPECT_EQ(read_printed("1304.50", false)->grouped(), "1,304.50") << "digits behind the point are significant";
  EXPECT_EQ(read_printed("240", false)->grouped(), "240");
  EXPECT_EQ(read_printed("0.24", false)->grouped(), "0.24");
}

TEST(Rounding, AnExactNumberHasNoInterval) {
  const auto number = read_printed("4,000", true);
  ASSERT_TRUE(number);
  EXPECT_EQ(number->lower, 4000);
  EXPECT_EQ(number->upper, 4000);
  EXPECT_EQ(whole_range(*number).min, 4000);
  EXPECT_EQ(whole_range(*number).max, 4000);
}

TEST(Rounding, CountsAreWholeAndTheUpperEndIsOpen) {
  const WholeRange rounded = whole_range(*read_printed("4,000", false));
  EXPECT_EQ(rounded.min, 3500);
  EXPECT_EQ(rounded.max, 4499);  // 4,500 would be printed as 5,000
  const WholeRange precise = whole_range(*read_printed("4,096", false));
  EXPECT_EQ(precise.min, 4096);
  EXPECT_EQ(precise.max, 4096);
}

TEST(Rounding, RefusesWhatIsNotAPlainNumber) {
  for (const char* text : {"", "about 240", "-240", "+240", "2.4e2", "240.", ".5", "4,00", "40,0000", "4,000 000",
                           "4,,000", ",000", "1.2.3", "nan", "1234567890123456"})
    EXPECT_FALSE(read_printed(text, false)) << text;
}

}  // namespace
}  // namespace petaproof::judge

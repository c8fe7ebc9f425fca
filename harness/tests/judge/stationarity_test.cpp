#include "harness/judge/stationarity.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "harness/tests/expect_error.hpp"
#include "harness/tests/judge/population.hpp"

namespace petaproof::judge {
namespace {

using Windows = std::vector<std::vector<double>>;

// Nodes that differ by 2 %, and vary by `own` between windows, which run at `levels`.
Windows windows_of(const std::vector<double>& levels, std::size_t nodes, double own, std::uint64_t seed = 1) {
  Random random(seed);
  const Population base = normal_population(nodes, .02, random);
  Windows windows;
  for (const double level : levels) {
    windows.emplace_back();
    for (const double rate : base) windows.back().push_back(50 * level * rate * (1 + own * random.normal()));
  }
  return windows;
}

TEST(Stationarity, WindowsOfASteadySystemAgree) {
  int disagree = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Stationarity result = stationarity_of(windows_of({1, 1, 1}, 32, .02, seed));
    disagree += result.steady ? 0 : 1;
  }
  EXPECT_LE(disagree, 500 * 2 * window_chance);
  const Stationarity one = stationarity_of(windows_of({1}, 32, .005));
  EXPECT_TRUE(one.steady);
  EXPECT_FALSE(one.p_value.has_value());
}

TEST(Stationarity, AShiftBeyondTheNodesOwnVariationIsSeen) {
  const Stationarity result = stationarity_of(windows_of({1, 1, .98}, 32, .005));
  EXPECT_FALSE(result.steady);
  EXPECT_LT(*result.p_value, 1e-6);
  EXPECT_NEAR(result.spread, .02, .004);
  EXPECT_TRUE(result.unsteady.empty()) << "all nodes moved";
  EXPECT_NE(result.why.find("3 windows"), std::string::npos);
}

TEST(Stationarity, AShiftThatDoesNotMatterIsNone) {
  const Stationarity result = stationarity_of(windows_of({1, 1, .995}, 125, .001));
  EXPECT_LT(*result.p_value, 1e-6);
  EXPECT_TRUE(result.steady);
}

TEST(Stationarity, AShiftThatChanceExplainsIsNone) {
  // 15 nodes that vary by 5 % differ by more than 1 % in the mean, as a rule
  const Stationarity result = stationarity_of(windows_of({1, 1, 1}, 15, .05));
  EXPECT_GT(result.spread, window_spread_allowed);
  EXPECT_LT(result.spread, window_spread_refused);
  EXPECT_GT(*result.p_value, window_chance);
  EXPECT_TRUE(result.steady);
}

TEST(Stationarity, MoreThanAProjectionAllowsNeedsNoProof) {
  const Stationarity result = stationarity_of(Windows{{50, 50, 50, 50}, {50, 50, 50, 43}});
  EXPECT_GT(result.spread, window_spread_refused);
  EXPECT_GT(*result.p_value, window_chance);
  EXPECT_FALSE(result.steady);
}

TEST(Stationarity, OneNodeHasOnlyItsSpread) {
  EXPECT_TRUE(stationarity_of(Windows{{50}, {50.4}}).steady);
  const Stationarity result = stationarity_of(Windows{{50}, {50.6}});
  EXPECT_FALSE(result.steady);
  EXPECT_FALSE(result.p_value.has_value());
}

TEST(Stationarity, ANodeThatFailsSlowIsNamed) {
  Windows windows = windows_of({1, 1, 1}, 64, .002);
  windows[2][17] *= .8;
  const Stationarity result = stationarity_of(windows);
  EXPECT_EQ(result.unsteady, std::vector<std::size_t>{17});
  EXPECT_TRUE(result.steady) << "the lowest window has it; the others are what they were";
}

TEST(Stationarity, TrendIsPerWindow) {
  const Stationarity result = stationarity_of(Windows{{100, 100}, {99, 99}, {98, 98}});
  EXPECT_NEAR(result.trend, -1 / 99., 1e-12);
  EXPECT_EQ(result.p_value, 0) << "no variation of their own";
  EXPECT_FALSE(result.steady);
  EXPECT_EQ(stationarity_of(Windows{{100, 90}, {100, 90}}).p_value, 1);
}

TEST(Stationarity, RefusesWhatCannotBe) {
  const auto refused = [](const Windows& windows) {
    EXPECT_FALSE(error_of(Domain::config, [&] { stationarity_of(windows); }).empty());
  };
  refused({});
  refused({{}});
  refused({{1, 2}, {1}});
  refused({{1, 2}, {1, std::numeric_limits<double>::quiet_NaN()}});
  refused({{1, 2}, {1, 0}});
}

}  // namespace
}  // namespace petaproof::judge

#include "harness/judge/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/judge/sample_size.hpp"
#include "harness/judge/simulate.hpp"
#include "harness/tests/expect_error.hpp"

namespace petaproof::judge {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

// `count` rates of exactly this mean and sample standard deviation.
std::vector<double> rates_of(std::int64_t count, double mean, double variation) {
  const std::int64_t moved = count - count % 2;
  const double off = mean * variation * std::sqrt(static_cast<double>(count - 1) / static_cast<double>(moved));
  std::vector<double> rates(static_cast<std::size_t>(count), mean);
  for (std::size_t i = 0; i < static_cast<std::size_t>(moved); ++i) rates[i] += i % 2 == 0 ? off : -off;
  return rates;
}

Stratum pod(std::int64_t nodes, std::vector<double> rates, std::int64_t missing = 0) {
  return {.name = "pod", .nodes = nodes, .rates = std::move(rates), .missing = missing};
}

ClusterBounds bounds_of(const std::vector<Stratum>& strata, const UnseenNodes& assumed = {}) {
  return cluster_bounds(strata, assumed);
}

TEST(Estimate, WorkedExampleOfTheMethod) {
  const ClusterBounds bounds = bounds_of({pod(500, rates_of(32, 52.1, .015))});
  EXPECT_NEAR(bounds.mean, 52.1, 1e-9);
  EXPECT_NEAR(bounds.variation, .015, 1e-9);
  EXPECT_NEAR(bounds.standard_error, .134, .0005);
  EXPECT_NEAR(bounds.degrees_of_freedom, 31, 1e-6);
  EXPECT_NEAR((bounds.unguarded_upper - bounds.mean) / bounds.standard_error, 2.040, .0005);
  EXPECT_NEAR(bounds.unguarded_lower, 51.83, .005);
  EXPECT_NEAR(bounds.upper, 52.37, .005);
  EXPECT_EQ(bounds.unseen_bad, 52);
  EXPECT_NEAR(bounds.lower, 50.07, .005);
  // the plant, when all nodes run, may take 3 %; 4,000 GPUs
  EXPECT_NEAR(bounds.lower * .97, 48.6, .05);
  EXPECT_EQ(std::round(bounds.lower * .97 * 4), 194);
  EXPECT_EQ(std::round(bounds.upper * 1.005 * 4), 211);
  EXPECT_FALSE(bounds.census());
}

TEST(Estimate, ACensusHasNoSamplingError) {
  const ClusterBounds bounds = bounds_of({pod(3, {50, 52, 54}), pod(1, {60})});
  EXPECT_TRUE(bounds.census());
  for (const double value : {bounds.mean, bounds.mean_all, bounds.lower, bounds.upper, bounds.unguarded_lower})
    EXPECT_DOUBLE_EQ(value, (50 + 52 + 54 + 60) / 4.0);
  EXPECT_EQ(bounds.standard_error, 0);
  EXPECT_EQ(bounds.unseen_bad, 0);
  EXPECT_GT(bounds.variation, 0);
  const ClusterBounds one = bounds_of({pod(1, {60})});
  EXPECT_EQ(one.lower, 60);
  EXPECT_EQ(one.upper, 60);
}

TEST(Estimate, OneOfSeveralNodesBoundsNothing) {
  const ClusterBounds bounds = bounds_of({pod(500, {52.1})});
  EXPECT_EQ(bounds.mean, 52.1);
  EXPECT_EQ(bounds.lower, 0);
  EXPECT_EQ(bounds.upper, infinite);
  EXPECT_EQ(bounds.standard_error, infinite);
  EXPECT_EQ(bounds.variation, infinite);
  EXPECT_EQ(bounds.unseen_bad, 487);
  EXPECT_EQ(bounds_of({pod(500, {52.1})}, {.ceiling = 66.9}).upper, 66.9);
}

TEST(Estimate, PodsCountByTheirNodes) {
  // by hand: weights 0.75 and 0.25; variances 2/2 x (1 - 2/300) and 8/2 x (1 - 2/100)
  const ClusterBounds bounds = bounds_of({pod(300, {49, 51}), pod(100, {58, 62})});
  EXPECT_DOUBLE_EQ(bounds.mean, .75 * 50 + .25 * 60);
  const double first = .5625 * (1 - 2 / 300.), second = .0625 * 4 * (1 - 2 / 100.);
  EXPECT_NEAR(bounds.standard_error, std::sqrt(first + second), 1e-12);
  EXPECT_NEAR(bounds.degrees_of_freedom, (first + second) * (first + second) / (first * first + second * second),
              1e-9);
}

TEST(Estimate, APodThatDoesNotTellHowItsNodesVaryBorrows) {
  const std::vector<double> all{49, 51, 50, 50, 53};  // variance 2.3
  const ClusterBounds bounds = bounds_of({pod(100, {49, 51}), pod(100, {50, 50}), pod(100, {53})});
  const double own = 2 / 2. * .98, equal = 2.3 / 2 * .98, single = 2.3 * .99;
  EXPECT_NEAR(bounds.standard_error, std::sqrt(own + equal + single) / 3, 1e-12);
  const double borrowed = equal + single;
  EXPECT_NEAR(bounds.degrees_of_freedom, std::pow(own + borrowed, 2) / (own * own + borrowed * borrowed / 4), 1e-9);
  // a pod that is measured whole is known, whatever its variance
  const ClusterBounds whole = bounds_of({pod(100, {49, 51}), pod(1, {53})});
  EXPECT_NEAR(whole.degrees_of_freedom, 1, 1e-9);
}

TEST(Estimate, RatesEqualToTheLastDigitStillVary) {
  const ClusterBounds bounds = bounds_of({pod(500, std::vector<double>(32, 50.0))});
  EXPECT_EQ(bounds.variation, 0);
  EXPECT_NEAR(bounds.standard_error, 50 * .0025 * std::sqrt((1 - 32 / 500.) / 32), 1e-12);
  EXPECT_GT(bounds.upper, 50);
}

TEST(Estimate, MissingNodesCountBelowAndNotAbove) {
  std::vector<double> rates = rates_of(30, 52.1, .015);
  const ClusterBounds bounds = bounds_of({pod(500, rates, 2)});
  const ClusterBounds without = bounds_of({pod(500, rates)});
  EXPECT_EQ(bounds.upper, without.upper);
  EXPECT_EQ(bounds.mean, without.mean);
  EXPECT_NEAR(bounds.mean_all, 52.1 * 30 / 32, 1e-9);
  rates.insert(rates.end(), {1e-12, 1e-12});  // as two nodes of next to no rate would
  EXPECT_NEAR(bounds.lower, bounds_of({pod(500, rates)}).lower, 1e-9);
  EXPECT_LT(bounds.lower, without.lower);
  EXPECT_EQ(bounds.missing, 2);
  // drawn whole: what is missing is known to be missing, but not what it would have done
  const ClusterBounds census = bounds_of({pod(4, {50, 50, 51}, 1)});
  EXPECT_DOUBLE_EQ(census.lower, 151 / 4.);
  EXPECT_GT(census.upper, 151 / 3.);
  EXPECT_FALSE(census.census());
}

TEST(Estimate, APodThatNobodyMeasuredCountsWorstOnBothSides) {
  const Stratum seen = pod(300, rates_of(30, 50, .01)), unseen = pod(100, {}), lost = pod(100, {}, 5);
  const ClusterBounds alone = bounds_of({seen});
  for (const Stratum& other : {unseen, lost}) {
    const ClusterBounds bounds = bounds_of({seen, other});
    EXPECT_EQ(bounds.upper, infinite);
    EXPECT_DOUBLE_EQ(bounds.mean, alone.mean);
    const ClusterBounds capped = bounds_of({seen, other}, {.ceiling = 60});
    EXPECT_NEAR(capped.upper, .75 * bounds_of({seen}, {.ceiling = 60}).upper + .25 * 60, 1e-9);
    EXPECT_LE(bounds.lower, .75 * alone.lower * (1 + 1e-12));
  }
  EXPECT_DOUBLE_EQ(bounds_of({seen, unseen}).lower, .75 * alone.lower);
}

TEST(Estimate, ACeilingGuardsTheUpperBound) {
  const std::vector<Stratum> strata{pod(500, rates_of(32, 52.1, .015))};
  const ClusterBounds bounds = bounds_of(strata, {.ceiling = 66.9});
  EXPECT_EQ(bounds.unseen_fast, 52);
  EXPECT_NEAR(bounds.upper, (1 - .104) * bounds.unguarded_upper + .104 * 66.9, 1e-9);
  EXPECT_EQ(bounds.lower, bounds_of(strata).lower);
  // a ceiling below what was measured is none
  EXPECT_GT(bounds_of(strata, {.ceiling = 50}).upper, 52.1);
}

TEST(Estimate, AGuardNeverHelpsAndABoundIsNeverNegative) {
  const ClusterBounds wild = bounds_of({pod(500, {1, 100, 2, 90})});
  EXPECT_EQ(wild.lower, 0);
  const ClusterBounds loose = bounds_of({pod(500, rates_of(4, 50, .4))});
  EXPECT_LE(loose.lower, loose.unguarded_lower);
  EXPECT_GT(loose.unguarded_lower, 0);
}

TEST(Estimate, RefusesWhatCannotBe) {
  for (const double bad : {nan, infinite, -infinite, 0.0, -1.0})
    EXPECT_NE(error_of(Domain::config, [&] { bounds_of({pod(9, {50, bad})}); }).find("node 2 of 2"),
              std::string::npos);
  const auto refused = [](const std::vector<Stratum>& strata) {
    EXPECT_FALSE(error_of(Domain::config, [&] { bounds_of(strata); }).empty());
    EXPECT_FALSE(error_of(Domain::config, [&] { simulate_bounds(strata, 1); }).empty());
  };
  refused({});
  refused({pod(0, {})});
  refused({pod(5, {}, 5)});
  refused({pod(2, {50, 50, 50})});
  refused({pod(2, {50, 50}, 1)});
  refused({pod(2, {50}, -1)});
  error_of(Domain::config, [] { bounds_of({pod(9, {50, 51})}, {.slow_ratio = nan}); });
  error_of(Domain::config, [] { bounds_of({pod(9, {50, 51})}, {.ceiling = nan}); });
  error_of(Domain::config, [] { simulate_bounds(std::vector{pod(9, {50, 51})}, 1, 999); });
}

TEST(UnseenNodes, OfOnePodAreThoseOfTheCluster) {
  const std::vector<SampledShare> one{{500, 32}};
  EXPECT_EQ(unseen_bad_nodes(one, .95), 43);
  EXPECT_EQ(unseen_bad_nodes(one, .975), 52);
}

TEST(UnseenNodes, HideWhereTheSampleIsThin) {
  // 10 nodes wholly seen hide nothing; 5 of 50 hide what 5 of 50 alone would
  EXPECT_EQ(unseen_bad_nodes(std::vector<SampledShare>{{10, 10}, {50, 5}}), unseen_bad_nodes(5, 50));
  // a pod that nobody saw hides all its nodes, and the others what they would alone
  EXPECT_EQ(unseen_bad_nodes(std::vector<SampledShare>{{20, 0}, {50, 5}}), 20 + unseen_bad_nodes(5, 50));
  // against every way to lay bad nodes into two pods
  const auto chance = [](int nodes, int sampled, int bad) {
    double all = 1;
    for (int i = 0; i < bad; ++i) all *= static_cast<double>(nodes - sampled - i) / (nodes - i);
    return all;
  };
  int most = 0;
  for (int a = 0; a <= 27; ++a)
    for (int b = 0; b <= 10; ++b)
      if (chance(30, 3, a) * chance(12, 2, b) >= .05) most = std::max(most, a + b);
  EXPECT_EQ(unseen_bad_nodes(std::vector<SampledShare>{{30, 3}, {12, 2}}), most);
}

TEST(NodesNeeded, FollowTheMeasuredVariation) {
  // refuting without a ceiling is the formula alone: n0 = (t CoV R / |R - C|)^2, n = n0 / (1 + n0 / N)
  const std::int64_t needed = nodes_needed(500, 52.1, .05, 53);
  const auto n = static_cast<double>(needed);
  const double t = margin_of(needed, 500, 1, split_confidence) / std::sqrt((1 - n / 500) / n);
  const double n0 = std::pow(t * .05 * 52.1 / .9, 2);
  EXPECT_NEAR(n, n0 / (1 + n0 / 500), 1);
  // and the bounds of that many do decide, those of one fewer do not
  EXPECT_LT(bounds_of({pod(500, rates_of(needed, 52.1, .05))}).upper, 53);
  EXPECT_GE(bounds_of({pod(500, rates_of(needed - 1, 52.1, .05))}).upper, 53);
  EXPECT_EQ(nodes_needed(500, 52.1, .015, 60), fewest_nodes(500));
  EXPECT_EQ(nodes_needed(500, 52.1, .015, 52.1), 500);
  EXPECT_EQ(nodes_needed(500, 52.1, infinite, 52), 500);
}

TEST(NodesNeeded, ToConfirmCountWhatWasNotSeen) {
  // 1 % below the mean is told apart by few nodes, if no bad ones hid: those take it to the 3 % that 33 % slower
  // nodes may hide
  const std::int64_t needed = nodes_needed(500, 100, .002, 99);
  EXPECT_GE(bounds_of({pod(500, rates_of(needed, 100, .002))}).lower, 99);
  EXPECT_LT(bounds_of({pod(500, rates_of(needed - 1, 100, .002))}).lower, 99);
  EXPECT_GT(needed, 3 * fewest_nodes(500));
}

TEST(Simulated, LiesBesideTheClosedForm) {
  const std::vector<Stratum> strata{pod(300, rates_of(20, 52, .015)), pod(200, rates_of(14, 50, .02))};
  const UnseenNodes assumed{.ceiling = 66.9};
  const ClusterBounds closed = bounds_of(strata, assumed);
  const SimulatedBounds simulated = simulate_bounds(strata, 7, 10'000, assumed);
  // no Bonferroni: closer to the mean, but still guarded
  EXPECT_GT(simulated.lower, closed.lower);
  EXPECT_LT(simulated.upper, closed.upper);
  EXPECT_LT(simulated.lower, closed.unguarded_lower);
  EXPECT_GT(simulated.upper, closed.unguarded_upper);
  EXPECT_EQ(simulated.seed, 7u);
  EXPECT_EQ(simulated.draws, 10'000);
}

TEST(Simulated, DrawsStudentsT) {
  // a single pod without a ceiling: the upper bound is mean + t(0.95) x standard error, up to the noise of 10^5 draws
  for (const int count : {4, 32}) {
    const std::vector<Stratum> strata{pod(500, rates_of(count, 50, .02))};
    const double margin = 50 * margin_of(count, 500, .02);
    EXPECT_NEAR(simulate_bounds(strata, 3, 100'000).upper - 50, margin, .02 * margin);
  }
}

TEST(Simulated, IsAFunctionOfItsSeed) {
  const std::vector<Stratum> strata{pod(500, rates_of(32, 52.1, .015))};
  const SimulatedBounds once = simulate_bounds(strata, 7), again = simulate_bounds(strata, 7);
  EXPECT_EQ(once.lower, again.lower);
  EXPECT_EQ(once.upper, again.upper);
  EXPECT_NE(once.lower, simulate_bounds(strata, 8).lower);
  // as the first machine drew it; others may differ in the last digits of pow
  EXPECT_NEAR(once.lower, 50.608008501847, 1e-9);
  EXPECT_NEAR(once.upper, 52.327009911760, 1e-9);
}

TEST(Simulated, IsTheClosedFormWhereNothingIsRandom) {
  EXPECT_EQ(simulate_bounds(std::vector{pod(2, {50, 52})}, 1).lower, 51);
  EXPECT_EQ(simulate_bounds(std::vector{pod(2, {50, 52})}, 1).upper, 51);
  EXPECT_EQ(simulate_bounds(std::vector{pod(500, {50})}, 1).lower, 0);
  EXPECT_EQ(simulate_bounds(std::vector{pod(500, {50})}, 1).upper, infinite);
  EXPECT_EQ(simulate_bounds(std::vector{pod(500, {50, 51}), pod(5, {})}, 1).upper, infinite);
}

}  // namespace
}  // namespace petaproof::judge

// How often the bounds are wrong, on clusters whose truth is known. A claim just above the truth is falsely CONFIRMED
// if `lower` lies above the truth, one just below it is falsely REFUTED if `upper` does not reach it: each may happen
// in 5 % of samples. Seeds are fixed, so the rates that are printed are the same in every run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>

#include "harness/judge/contiguity.hpp"
#include "harness/judge/estimate.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/simulate.hpp"
#include "harness/tests/judge/population.hpp"

namespace petaproof::judge {
namespace {

constexpr double allowed = 0.05;
// No node of these clusters exceeds it: the fastest run at 1, and vary by 5 % at most.
constexpr UnseenNodes with_ceiling{.ceiling = 1.25};

struct Rates {
  double confirm = 0, refute = 0;                      // falsely
  double unguarded_confirm = 0, unguarded_refute = 0;  // the same without tail guard
};

using Sampler = std::function<std::vector<Stratum>(Random&)>;

Rates rates_of(double truth, int samples, Random& random, const Sampler& sample, const UnseenNodes& assumed) {
  Rates rates;
  for (int i = 0; i < samples; ++i) {
    const ClusterBounds bounds = cluster_bounds(sample(random), assumed);
    rates.confirm += bounds.lower > truth ? 1.0 / samples : 0;
    rates.refute += bounds.upper < truth ? 1.0 / samples : 0;
    rates.unguarded_confirm += bounds.unguarded_lower > truth ? 1.0 / samples : 0;
    rates.unguarded_refute += bounds.unguarded_upper < truth ? 1.0 / samples : 0;
  }
  return rates;
}

void print(const std::string& what, const Rates& rates) {
  std::cout << fmt::format(
      "{:<58} false CONFIRM {:5.2f} % (unguarded {:5.2f}), REFUTE {:5.2f} % (unguarded {:5.2f})\n", what,
      100 * rates.confirm, 100 * rates.unguarded_confirm, 100 * rates.refute, 100 * rates.unguarded_refute);
}

Rates of_random_samples(const std::string& name, const Population& all, std::size_t count,
                        const UnseenNodes& assumed = with_ceiling, int samples = 2000) {
  Random random(count);
  const auto sample = [&](Random& r) { return std::vector{stratum_of(all, r.draw(count, all.size()))}; };
  const Rates rates = rates_of(mean_of(all), samples, random, sample, assumed);
  print(fmt::format("{}, {} of {}", name, count, all.size()), rates);
  EXPECT_LE(rates.confirm, allowed) << name << " " << count;
  EXPECT_LE(rates.refute, allowed) << name << " " << count;
  return rates;
}

// Levels C and B of both clusters, and the least that level C ever asks for.
const std::vector<std::pair<std::size_t, std::vector<std::size_t>>> sizes{
    {240, {15}}, {500, {32, 63}}, {12'500, {59, 1563}}};

void on_all_sizes(const std::string& name, const std::function<Population(std::size_t, Random&)>& make) {
  for (const auto& [nodes, counts] : sizes)
    for (const std::size_t count : counts) {
      Random random(nodes);
      of_random_samples(name, make(nodes, random), count, with_ceiling, count > 1000 ? 500 : 2000);
    }
}

TEST(BoundsCoverage, SizesAreThoseOfTheLevels) {
  EXPECT_EQ(fewest_nodes(240), 15);
  EXPECT_EQ(fewest_nodes(500), 32);
  EXPECT_EQ(fewest_nodes_level_b(500), 63);
  EXPECT_EQ(fewest_nodes(12'500), 59);
  EXPECT_EQ(fewest_nodes_level_b(12'500), 1563);
}

TEST(BoundsCoverage, NormalNodes) {
  on_all_sizes("normal, 1.5 %", [](std::size_t nodes, Random& r) { return normal_population(nodes, .015, r); });
  on_all_sizes("normal, 5 %", [](std::size_t nodes, Random& r) { return normal_population(nodes, .05, r); });
}

// What has a normal distribution needs no guard, and t alone errs as often as it is meant to.
TEST(BoundsCoverage, TIsExactWhereNodesAreNormal) {
  Random random(1);
  const Rates rates =
      of_random_samples("normal, 1.5 %, no ceiling", normal_population(500, .015, random), 32, {}, 8000);
  EXPECT_NEAR(rates.unguarded_confirm, 1 - split_confidence, .006);
  EXPECT_NEAR(rates.unguarded_refute, 1 - split_confidence, .006);
  EXPECT_EQ(rates.refute, rates.unguarded_refute);
}

TEST(BoundsCoverage, TwoPercentStragglers) {
  on_all_sizes("2 % at 0.67", [](std::size_t nodes, Random& r) {
    return with_share(normal_population(nodes, .015, r), .02, .67, r);
  });
  // without the tail guard half of all samples see none of them, and confirm what is not there
  Random random(500);
  const Population all = with_share(normal_population(500, .015, random), .02, .67, random);
  EXPECT_GT(of_random_samples("2 % at 0.67", all, 32).unguarded_confirm, 4 * allowed);
}

TEST(BoundsCoverage, PowerCappedNodes) {
  for (const double share : {.3, .9})
    on_all_sizes(fmt::format("{:.0f} % capped at 0.8", 100 * share), [&](std::size_t nodes, Random& r) {
      return with_share(normal_population(nodes, .015, r), share, .8, r);
    });
}

// The same on the other side: a few fast nodes that a sample may not see. Without a ceiling nothing guards against
// them.
TEST(BoundsCoverage, FewFastNodesNeedACeiling) {
  Random random(7);
  const Population all = with_share(normal_population(500, .015, random), .98, .8, random);
  EXPECT_GT(of_random_samples("98 % capped at 0.8", all, 32).unguarded_refute, 4 * allowed);
}

// Not only the shares above: slow nodes from 1 in 200 to 199 in 200.
TEST(BoundsCoverage, AnyShareOfSlowNodes) {
  Rates worst;
  for (const double ratio : {.67, .8, .9})
    for (const double share : {.005, .01, .03, .05, .1, .2, .5, .8, .9, .95, .97, .99, .995}) {
      Random random(11);
      const Population all = with_share(normal_population(500, .015, random), share, ratio, random);
      const auto sample = [&](Random& r) { return std::vector{stratum_of(all, r.draw(32, 500))}; };
      const Rates rates = rates_of(mean_of(all), 500, random, sample, with_ceiling);
      worst.confirm = std::max(worst.confirm, rates.confirm);
      worst.refute = std::max(worst.refute, rates.refute);
      worst.unguarded_confirm = std::max(worst.unguarded_confirm, rates.unguarded_confirm);
      worst.unguarded_refute = std::max(worst.unguarded_refute, rates.unguarded_refute);
    }
  print("worst of 0.5 to 99.5 % at 0.67, 0.8 or 0.9, 32 of 500", worst);
  EXPECT_LE(worst.confirm, allowed);
  EXPECT_LE(worst.refute, allowed);
  EXPECT_GT(worst.unguarded_confirm, allowed);
  EXPECT_GT(worst.unguarded_refute, allowed);
}

// What the guard assumes of unseen nodes is an assumption: nodes much slower than 0.67 have to be found by a census.
TEST(BoundsCoverage, UnseenNodesAreNoSlowerThanAssumed) {
  Random random(19);
  const Population all = with_share(normal_population(500, .015, random), .05, .1, random);
  const auto sample = [&](Random& r) { return std::vector{stratum_of(all, r.draw(32, 500))}; };
  const Rates assumed = rates_of(mean_of(all), 2000, random, sample, with_ceiling);
  const Rates nothing = rates_of(mean_of(all), 2000, random, sample, {.slow_ratio = 0, .ceiling = 1.25});
  print("5 % at 0.1, 32 of 500", assumed);
  print("the same, slow_ratio 0", nothing);
  EXPECT_GT(assumed.confirm, allowed);
  EXPECT_LE(nothing.confirm, allowed);
}

TEST(BoundsCoverage, RacksThatRunAlike) {
  on_all_sizes("racks, correlation 0.3",
               [](std::size_t nodes, Random& r) { return rack_population(nodes, .03, .3, r); });
}

TEST(BoundsCoverage, DrawnFromEveryPod) {
  Random random(3);
  Population tiered = normal_population(500, .015, random);  // ten pods, each 1 % faster than the one before
  for (std::size_t i = 0; i < 500; ++i) tiered[i] *= .95 + .01 * static_cast<double>(i / 50);
  Population one_bad_pod = normal_population(500, .015, random);  // all slow nodes of the cluster in one of them
  for (std::size_t i = 100; i < 110; ++i) one_bad_pod[i] *= .67;
  for (const auto& [name, all] :
       {std::pair{"ten pods, 5 % apart", tiered}, {"ten pods, 2 % at 0.67 in one", one_bad_pod}})
    for (const std::size_t count : {20, 32, 63}) {
      const auto sample = [&](Random& r) { return draw_from_pods(all, 10, count, r); };
      const Rates rates = rates_of(mean_of(all), 2000, random, sample, with_ceiling);
      print(fmt::format("{}, {} of 500", name, count), rates);
      EXPECT_LE(rates.confirm, allowed) << name << " " << count;
      EXPECT_LE(rates.refute, allowed) << name << " " << count;
    }
}

// Nodes that would not be delivered if they were drawn: the cluster does not have their rate.
TEST(BoundsCoverage, DeadNodes) {
  Random random(5);
  Population all = with_share(normal_population(500, .015, random), .02, 0, random);
  const double truth = mean_of(all);
  const auto sample = [&](Random& r) {
    Stratum stratum = stratum_of(all, r.draw(32, 500));
    stratum.missing = static_cast<std::int64_t>(std::erase(stratum.rates, 0.0));
    return std::vector{stratum};
  };
  const Rates rates = rates_of(truth, 2000, random, sample, with_ceiling);
  print("2 % dead, 32 of 500", rates);
  EXPECT_LE(rates.confirm, allowed);
  EXPECT_LE(rates.refute, allowed);
}

TEST(BoundsCoverage, OfTheSimulatedBounds) {
  Random random(9);
  const Population normal = normal_population(500, .015, random);
  const Population slow = with_share(normal, .02, .67, random), capped = with_share(normal, .3, .8, random);
  for (const auto& [name, all] :
       {std::pair{"normal", normal}, {"2 % at 0.67", slow}, {"30 % capped at 0.8", capped}}) {
    int confirm = 0, refute = 0;
    constexpr int samples = 400;
    for (int i = 0; i < samples; ++i) {
      const std::vector<Stratum> strata{stratum_of(all, random.draw(32, 500))};
      const SimulatedBounds bounds = simulate_bounds(strata, static_cast<std::uint64_t>(i), 1000, with_ceiling);
      confirm += bounds.lower > mean_of(all) ? 1 : 0;
      refute += bounds.upper < mean_of(all) ? 1 : 0;
    }
    std::cout << fmt::format("simulated, {}, 32 of 500: false CONFIRM {} and REFUTE {} of {}\n", name, confirm,
                             refute, samples);
    EXPECT_LE(confirm, allowed * samples) << name;
    EXPECT_LE(refute, allowed * samples) << name;
  }
}

// A block knows less than its size says, and is found out; a random draw is not.
TEST(BoundsCoverage, ContiguousBlocksAreDetected) {
  Random random(13);
  const Population all = rack_population(500, .03, .3, random);
  Rates rates;
  int blocks = 0, suspected = 0;
  const auto positions = [](const std::vector<std::size_t>& nodes) {
    return std::vector<std::int64_t>(nodes.begin(), nodes.end());
  };
  const auto block = [&](Random& r) {
    std::vector<std::size_t> nodes(32);
    std::iota(nodes.begin(), nodes.end(), r.below(500 - 32 + 1));
    blocks += contiguity_of(positions(nodes), 500).block() ? 1 : 0;
    suspected += contiguity_of(positions(r.draw(32, 500)), 500).block() ? 1 : 0;
    return std::vector{stratum_of(all, nodes)};
  };
  rates = rates_of(mean_of(all), 2000, random, block, with_ceiling);
  print("racks, a contiguous block of 32 of 500", rates);
  EXPECT_GT(rates.unguarded_refute + rates.unguarded_confirm, 2 * 2 * (1 - split_confidence));
  EXPECT_EQ(blocks, 2000);
  EXPECT_LE(suspected, 2000 * 3 * block_chance);
}

}  // namespace
}  // namespace petaproof::judge

#include "harness/project/carry.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace petaproof::project {
namespace {

using ::testing::HasSubstr;

// Rates of points at 3, 6, 12, ... nodes of eight, each `fall` less than the one before.
CarryRequest falling(double fall, int points, std::int64_t factor = 2) {
  CarryRequest request;
  double rate = 400;
  std::int64_t gpus = 24;
  for (int i = 0; i < points; ++i, gpus *= factor, rate *= 1 - fall) request.points.push_back({gpus, gpus / 8, rate});
  request.target_gpus = gpus;
  return request;
}

TEST(Carry, TheLastRateWithTheBandOfTheFactor) {
  CarryRequest request = falling(0.01, 3);
  const Carried twice = carry(request).carried.value();
  EXPECT_NEAR(twice.rate_per_gpu, 400 * 0.99 * 0.99, 1e-9);
  EXPECT_NEAR(twice.lower / twice.rate_per_gpu, 0.955, 1e-12);
  EXPECT_NEAR(twice.upper / twice.rate_per_gpu, 1.01, 1e-12);
  EXPECT_EQ(twice.from_gpus, 96);
  EXPECT_EQ(twice.node_counts, 2);  // three nodes are too few to count
  request.target_gpus = 96 * 5;
  EXPECT_NEAR(carry(request).carried->lower / twice.rate_per_gpu, 0.915, 1e-12);
  request.untuned = true;
  EXPECT_NEAR(carry(request).carried->lower / twice.rate_per_gpu, 0.83, 1e-12);
  request.kind = CarriedKind::hpl;
  request.target_gpus = 96 * 4;
  EXPECT_NEAR(carry(request).carried->upper / twice.rate_per_gpu, 1.05, 1e-12);
}

TEST(Carry, ASeriesThatFallsFasterThanPublishedOnesIsNotCarried) {
  EXPECT_TRUE(carry(falling(0.024, 3)).carried);
  EXPECT_THAT(carry(falling(0.026, 3)).refusal, HasSubstr("-2.5 %"));
  // per doubling: four times the GPUs may lose twice as much, and never more than the band of the prediction itself
  EXPECT_TRUE(carry(falling(0.049, 3, 4)).carried);
  EXPECT_FALSE(carry(falling(0.051, 3, 4)).carried);
  EXPECT_FALSE(carry(falling(0.09, 3, 32)).carried);
  CarryRequest untuned = falling(0.045, 3);
  EXPECT_FALSE(carry(untuned).carried);
  untuned.untuned = true;
  EXPECT_TRUE(carry(untuned).carried);
}

TEST(Carry, ARateThatRisesContradictsTheMethod) {
  EXPECT_TRUE(carry(falling(-0.009, 3)).carried);
  EXPECT_THAT(carry(falling(-0.011, 3)).refusal, HasSubstr("contradict"));
}

TEST(Carry, OnePointIsCarriedLessFar) {
  CarryRequest request = falling(0, 1);
  request.target_gpus = 24 * 16;
  EXPECT_TRUE(carry(request).carried);
  request.target_gpus = 24 * 17;
  EXPECT_THAT(carry(request).refusal, HasSubstr("only one count"));
  request.eight_bits = true;
  request.target_gpus = 24 * 4;
  EXPECT_TRUE(carry(request).carried);
  request.target_gpus = 24 * 5;
  EXPECT_THAT(carry(request).refusal, HasSubstr("8 bits"));
  // what one and two nodes do shows no trend either
  request.points.push_back({16, 2, 400});
  EXPECT_FALSE(carry(request).carried);
  request.points.push_back({48, 6, 400});
  EXPECT_TRUE(carry(request).carried);
}

// One HPL run on 32 GPUs says nothing of a hundred million.
TEST(Carry, NothingIsCarriedBeyondItsReach) {
  CarryRequest hpl = falling(0, 3);
  hpl.kind = CarriedKind::hpl;
  hpl.target_gpus = 96 * 4;
  EXPECT_TRUE(carry(hpl).carried);
  for (const std::int64_t gpus : {std::int64_t{96 * 4 + 1}, std::int64_t{100'000'000}}) {
    hpl.target_gpus = gpus;
    EXPECT_THAT(carry(hpl).refusal, HasSubstr("at most 4 times"));
  }
  CarryRequest training = falling(0, 3);
  training.target_gpus = 96 * 64;
  EXPECT_TRUE(carry(training).carried);
  training.target_gpus = 96 * 65;
  EXPECT_THAT(carry(training).refusal, HasSubstr("at most 64 times"));
}

TEST(Carry, SeveralMeasurementsOfOneCountAreOnePoint) {
  const auto points = points_by_count({{64, 8, 100}, {32, 4, 90}, {64, 9, 121}, {64, 8, 110}});
  ASSERT_EQ(points.size(), 2u);
  EXPECT_NEAR(points[1].rate_per_gpu, std::cbrt(100 * 121 * 110.0), 1e-9);
  EXPECT_EQ(points[1].nodes, 8);
}

TEST(Carry, RepeatsFurtherApartThanTheBandAreRefused) {
  const auto refusal = [](CarriedKind kind, bool untuned, double again) {
    CarryRequest request = falling(0, 3);
    request.kind = kind;
    request.untuned = untuned;
    request.points.push_back({96, 12, 400 * again});
    return carry(request).refusal;
  };
  EXPECT_EQ(refusal(CarriedKind::training, false, 1 / 1.02), "");
  EXPECT_THAT(refusal(CarriedKind::training, false, 1.06), HasSubstr("1.06 times apart"));
  EXPECT_EQ(refusal(CarriedKind::training, true, 1 / 1.06), "");
  EXPECT_EQ(refusal(CarriedKind::hpl, false, 1 / 1.1), "");
  EXPECT_THAT(refusal(CarriedKind::hpl, false, 10), HasSubstr("10 times apart"));
  // as nothing is carried from one and two nodes, their noise refuses nothing either
  CarryRequest request = falling(0, 3);
  request.points.push_back({16, 2, 400});
  request.points.push_back({16, 2, 40});
  EXPECT_TRUE(carry(request).carried);
}

TEST(Carry, WhatIsNoPointAndNoTarget) {
  EXPECT_THAT(carry({}).refusal, HasSubstr("nothing was measured"));
  for (const CarryPoint bad : {CarryPoint{0, 0, 1}, CarryPoint{8, 9, 1}, CarryPoint{32, 4, 0}, CarryPoint{32, 4, -1},
                               CarryPoint{32, 4, std::numeric_limits<double>::infinity()},
                               CarryPoint{32, 4, std::numeric_limits<double>::quiet_NaN()}}) {
    const CarryResult result = carry({.points = {bad}, .target_gpus = 64});
    EXPECT_FALSE(result.carried);
    EXPECT_FALSE(result.refusal.empty());
  }
  EXPECT_THAT(carry({.points = {{16, 2, 1}}, .target_gpus = 64}).refusal, HasSubstr("2 nodes"));
  EXPECT_THAT(carry({.points = {{32, 4, 1}}, .target_gpus = 32}).refusal, HasSubstr("no more than"));
}

}  // namespace
}  // namespace petaproof::project

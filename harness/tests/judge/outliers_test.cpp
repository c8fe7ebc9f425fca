#include "harness/judge/outliers.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "harness/tests/expect_error.hpp"
#include "harness/tests/judge/population.hpp"

namespace petaproof::judge {
namespace {

// Pods of 8 nodes of 8 GPUs; neither pods nor nodes differ, GPUs by 1 %.
std::vector<GpuRate> cluster(int pods, double variation = .01, int gpus = 8) {
  Random random(1);
  std::vector<GpuRate> all;
  for (int p = 0; p < pods; ++p)
    for (int n = 0; n < 8; ++n)
      for (int g = 0; g < gpus; ++g)
        all.push_back({"p" + std::to_string(p), "n" + std::to_string(n), "g" + std::to_string(g),
                       100 * (1 + variation * (random.uniform() - .5) * 2)});
  return all;
}

template <typename Which>
std::vector<GpuRate> slowed(std::vector<GpuRate> all, double ratio, Which which) {
  for (GpuRate& one : all)
    if (which(one)) one.rate *= ratio;
  return all;
}

TEST(Outliers, NoneAmongPeers) {
  EXPECT_TRUE(find_outliers(cluster(6)).empty());
  EXPECT_TRUE(find_outliers({}).empty());
}

TEST(Outliers, ASlowGpuIsAGpu) {
  const auto found = find_outliers(slowed(
      cluster(6), .9, [](const GpuRate& one) { return one.pod == "p2" && one.node == "n3" && one.gpu == "g5"; }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(to_string(found[0].level), "gpu");
  EXPECT_EQ(found[0].pod + found[0].node + found[0].gpu, "p2n3g5");
  EXPECT_LT(found[0].z, -3.5);
  EXPECT_NEAR(found[0].peers, 100, 1);
  EXPECT_NEAR(found[0].rate, 90, 1);
}

TEST(Outliers, ASlowNodeIsNotItsGpusAndASlowPodNotItsNodes) {
  const auto node =
      find_outliers(slowed(cluster(6), .9, [](const GpuRate& one) { return one.pod == "p2" && one.node == "n3"; }));
  ASSERT_EQ(node.size(), 1u);
  EXPECT_EQ(to_string(node[0].level), "node");
  EXPECT_EQ(node[0].pod + node[0].node + node[0].gpu, "p2n3");
  const auto pod = find_outliers(slowed(cluster(6), .9, [](const GpuRate& one) { return one.pod == "p2"; }));
  ASSERT_EQ(pod.size(), 1u);
  EXPECT_EQ(to_string(pod[0].level), "pod");
  EXPECT_EQ(pod[0].pod + pod[0].node + pod[0].gpu, "p2");
}

TEST(Outliers, EqualRatesHaveAFloor) {
  // MAD is 0: 3.5 x 0.25 % = 0.875 % is the least that is told apart
  const auto one = [](const GpuRate& gpu) { return gpu.pod == "p0" && gpu.node == "n0" && gpu.gpu == "g0"; };
  EXPECT_TRUE(find_outliers(slowed(cluster(4, 0), .992, one)).empty());
  EXPECT_EQ(find_outliers(slowed(cluster(4, 0), .991, one)).size(), 1u);
  EXPECT_EQ(find_outliers(slowed(cluster(4, 0), 1.01, one)).size(), 1u) << "fast ones too";
}

TEST(Outliers, ThreePeersDoNotTellWhichIsOdd) {
  const auto one = [](const GpuRate& gpu) { return gpu.pod == "p0" && gpu.node == "n0" && gpu.gpu == "g0"; };
  EXPECT_TRUE(find_outliers(slowed(cluster(3, 0, 3), .5, one)).empty());
  EXPECT_EQ(find_outliers(slowed(cluster(3, 0, 4), .5, one)).size(), 1u);
}

TEST(Outliers, RefusesWhatCannotBe) {
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_NE(
        error_of(Domain::config, [&] { find_outliers(std::vector<GpuRate>{{"p", "n", "g", bad}}); }).find("'n'"),
        std::string::npos);
  error_of(Domain::config, [] { find_outliers(std::vector<GpuRate>{{"p", "n", "g", 1}, {"p", "n", "g", 1}}); });
}

}  // namespace
}  // namespace petaproof::judge

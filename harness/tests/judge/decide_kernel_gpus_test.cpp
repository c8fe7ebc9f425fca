// How many GPUs are claimed, listed and measured, where they are not as many.
#include "harness/tests/judge/kernel_windows.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// 800 nodes of what is claimed of 4,000 GPUs: which of them are meant is not said.
TEST(DecideKernel, MoreGpusThanAreClaimedDecideNothing) {
  Evidence evidence = windows(3, 800, 52.1);
  evidence.measurements.push_back(window(3, 800, 52.1, 0.015, 1800));
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N4);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("of 6,400 GPUs, and the claim is of 4,499 at most"));
  evidence = sampled(3, 50, 52.1);
  evidence.sample->cluster_nodes = 800;
  evidence.sample->pods[0].nodes = 800;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N4);
  EXPECT_EQ(judged(evidence, "320").verdict.outcome, Outcome::refuted);  // by arithmetic alone: 4,499 x 66.9
}

// 520 nodes round to "4,000" GPUs, and more of them than are printed reach the total: that is another cluster's.
TEST(DecideKernel, GpusBeyondThePrintedOnesAreNotCredited) {
  Evidence whole = windows(3, 520, 52.1);
  EXPECT_NEAR(judged(whole, "210").projected->lower * 1e-3, 212, 0.3);
  const Verdict open = judged(whole, "210").verdict;
  EXPECT_EQ(open.outcome, Outcome::not_decidable);
  EXPECT_EQ(open.reason, Reason::N13);
  EXPECT_THAT(open.because,
              HasSubstr("4,000 of these 4,160 GPUs give 204.0 PFLOP/s at least, and it takes all of them"));
  EXPECT_THAT(open.would_decide, HasSubstr("the number of GPUs"));
  EXPECT_EQ(judged(whole, "204.1").verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(judged(whole, "203.0").verdict.outcome, Outcome::confirmed) << "4,000 of them do that";
  Evidence drawn = sampled(3, 33, 52.1);
  drawn.sample->cluster_nodes = drawn.sample->pods[0].nodes = 520;
  const double lower = judged(drawn, "190").projected->lower * 1e-3;
  EXPECT_EQ(judged(drawn, fmt::format("{:.1f}", lower - 1)).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(judged(drawn, fmt::format("{:.1f}", lower * 4000 / 4160 - 1)).verdict.outcome, Outcome::confirmed);
}

// Six of eight GPUs of each node ran, and one node's seven: it does not say eight of each.
TEST(DecideKernel, TheBasisIsOfTheGpusThatRan) {
  Evidence evidence = sampled(3, 32, 52.1);
  EXPECT_THAT(judged(evidence).projected->basis, HasSubstr("32 delivered (256 GPUs)"));
  for (Measurement& m : evidence.measurements)
    for (NodeRate& node : m.per_node) node.gpus = node.host == host(0) ? 7 : 6;
  EXPECT_THAT(judged(evidence).projected->basis, HasSubstr("32 delivered (193 GPUs)"));
  for (Measurement& m : evidence.measurements) {
    m.per_node[0].gpu_tflops = {60, 60, 60, 60, 60, 60, 0};
    m.per_node.push_back({"n499", 8, 52.1});  // not of the draw
  }
  EXPECT_THAT(judged(evidence).projected->basis, HasSubstr("32 delivered (192 GPUs)"));
}

// 45 nodes that would do for the total, of a claim of 500: what the other 455 do is not known, nor that they exist.
TEST(DecideKernel, AListThatIsShortOfTheClaimedGpusConfirmsNothing) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::kernel);
  claim.compute->amount.number = *read_printed("15", false);
  Evidence evidence = sampled(3, 15, 52.1);
  const auto judged_of = [&](std::int64_t nodes) {
    evidence.sample->cluster_nodes = evidence.sample->pods[0].nodes = nodes;
    return find(judge_claim(claim, knowledge(), evidence), reading).verdict;
  };
  EXPECT_EQ(judged_of(45).outcome, Outcome::not_decidable);
  EXPECT_EQ(judged_of(45).reason, Reason::N3);
  EXPECT_THAT(judged_of(45).because, HasSubstr("that is of 360 GPUs, and the claim is of 4,000"));
  claim.compute->amount.number = *read_printed("240", false);
  EXPECT_EQ(judged_of(45).reason, Reason::N3) << "nor is it refuted by nodes that are not listed";
  claim.compute->amount.number = *read_printed("15", false);
  claim.gpus->count = *read_printed("360", true);
  EXPECT_EQ(judged_of(45).outcome, Outcome::confirmed);
}

// "4,000" may be 4,499: the others may exist, and 54 x 4,499 is 243.
TEST(DecideKernel, GpusThatDidNotRunMayBeAsManyAsRoundToTheClaim) {
  Evidence evidence = windows(3, 495, 54);
  evidence.measurements.push_back(window(3, 495, 54, 0.015, 1800));
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::not_decidable);
}

// One of eight GPUs of each node, but of one, did not run: the others tell what it might do, not that it is slow.
TEST(DecideKernel, GpusThatDidNotRunDoNotLowerTheUpperBound) {
  Evidence evidence = sampled(3, 32, 52.1);
  const JudgedReading all = judged(evidence);
  for (auto& m : evidence.measurements)
    for (std::size_t i = 1; i < m.per_node.size(); ++i) m.per_node[i].gpus = 7;
  const JudgedReading fewer = judged(evidence);
  EXPECT_NEAR(fewer.projected->upper, all.projected->upper, 1e-6 * all.projected->upper);
  EXPECT_LT(fewer.projected->lower, 0.9 * all.projected->lower);
}

TEST(DecideKernel, ACountOfOtherThanPackagesIsNoNeedPerGpu) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  claim.gpus->unit = GpuUnit::superchip;
  const std::string peak = "h100-sxm-80gb/fp64/dense/peak";  // refuted if packages are meant, and possible of pairs
  EXPECT_EQ(find(judge_claim(claim, knowledge()), peak).verdict.reason, Reason::N10);
  claim.gpus->unit = GpuUnit::package;
  EXPECT_EQ(find(judge_claim(claim, knowledge()), peak).verdict.outcome, Outcome::refuted);
}

}  // namespace
}  // namespace petaproof::judge

// A draw that several jobs deliver between them, at one time or another.
#include "harness/tests/judge/kernel_windows.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// Three windows of one case each, of the nodes from `first` on.
void add_job(Evidence& evidence, const std::string& run, int first, int nodes, double mean) {
  for (int i = 0; i < 3; ++i) {
    Measurement m = window(0, nodes, mean);
    m.run_id = run;
    m.case_id = fmt::format("case-{}", i);
    for (int node = 0; node < nodes; ++node) m.per_node[static_cast<std::size_t>(node)].host = host(first + node);
    evidence.measurements.push_back(m);
  }
}

Evidence in_two_jobs(int nodes, char reach) {
  Evidence evidence;
  add_job(evidence, "job-a", 0, nodes / 2, 52.1);
  add_job(evidence, "job-b", nodes / 2, nodes - nodes / 2, 52.1);
  evidence.sample = sample_of(nodes, reach);
  return evidence;
}

TEST(DecideKernel, JobsThatDeliverADrawBetweenThemAreItsWindowsTogether) {
  const JudgedReading refuted = judged(in_two_jobs(32, 'C'));
  EXPECT_EQ(full_outcome(refuted.verdict), "REFUTED (projected from 32 of 500 nodes, level C, weak, not at once)");
  EXPECT_THAT(refuted.verdict.because,
              HasSubstr("3 windows of 300 s or more, put together of 2 runs whose nodes did"));
  const JudgedReading at_once = judged(sampled(3, 32, 52.1));
  EXPECT_NEAR(refuted.projected->lower, at_once.projected->lower, 1e-6 * at_once.projected->lower);
  EXPECT_NEAR(refuted.projected->upper, at_once.projected->upper, 1e-6 * at_once.projected->upper);
  EXPECT_EQ(judged(in_two_jobs(32, 'C'), "190").verdict.outcome, Outcome::confirmed);
  // who did not run at once is no sample of level B, however large
  EXPECT_EQ(judged(in_two_jobs(63, 'B'), "190").verdict.qualifier,
            "projected from 63 of 500 nodes, level C, weak, not at once");
}

TEST(DecideKernel, OfANodeInSeveralJobsTheWorstCountsFromBelowAndTheBestFromAbove) {
  const JudgedReading once = judged(in_two_jobs(32, 'C'), "190");
  for (const double again : {56.0, 48.0}) {
    Evidence evidence = in_two_jobs(32, 'C');
    add_job(evidence, "job-c", 4, 8, again);
    const JudgedReading twice = judged(evidence, "190");
    ASSERT_TRUE(twice.projected) << again;
    EXPECT_EQ(twice.projected->level, 'C');
    EXPECT_LE(twice.projected->lower, once.projected->lower * (1 + 1e-9)) << again;
    EXPECT_GE(twice.projected->upper, once.projected->upper * (1 - 1e-9)) << again;
  }
  Evidence slow = in_two_jobs(32, 'C');
  add_job(slow, "job-c", 4, 8, 40);
  EXPECT_EQ(judged(slow, "190").verdict.outcome, Outcome::not_decidable) << "it cannot be measured away";
}

TEST(DecideKernel, AJobOfSomeNodesBesideTheWholeDrawLeavesItsWindowsWhole) {
  Evidence evidence;
  add_job(evidence, "monday", 0, 63, 52.1);
  add_job(evidence, "tuesday", 4, 8, 52.1);
  evidence.sample = sample_of(63, 'B');
  EXPECT_EQ(judged(evidence, "190").verdict.qualifier, "projected from 63 of 500 nodes, level B");
  // nor does one of other nodes hide what the draw says
  add_job(evidence, "wednesday", 200, 40, 52.1);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  // the same nodes on two days are six windows of their own
  add_job(evidence, "thursday", 0, 63, 52.1);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("6 windows of 300 s or more: "));
}

TEST(DecideKernel, ANodeThatAJobLacksInAWindowIsMissingInIt) {
  Evidence evidence = in_two_jobs(40, 'C');
  const double whole = judged(evidence, "190").projected->lower;
  evidence.measurements.back().per_node.pop_back();  // of 40 nodes, one in the last window
  evidence.measurements.back().nodes -= 1;
  EXPECT_LT(judged(evidence, "190").projected->lower, whole);
  // where more than one in 20 lack it, it is no window of the draw, and what was measured counts in another
  evidence.measurements.back().per_node.resize(10);
  for (NodeRate& node : evidence.measurements.back().per_node) node.rate_tflops = 40;
  const JudgedReading two = judged(evidence, "190");
  EXPECT_THAT(two.verdict.because, HasSubstr("2 windows of 300 s"));
  EXPECT_LT(two.projected->lower, 0.98 * whole);
}

}  // namespace
}  // namespace petaproof::judge

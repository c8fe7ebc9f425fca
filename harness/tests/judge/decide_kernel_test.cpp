// What every GPU does at once, from samples and from the whole: the worked example, and what each doubt does to it.
#include "harness/judge/kernel_bounds.hpp"
#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::HasSubstr;

constexpr const char* reading = "h100-sxm-80gb/fp64_tensor/dense/kernel";

std::string host(int node) {
  return fmt::format("n{:03}", node);
}

// `nodes` nodes of eight GPUs in a window, at `mean` with the given variation between nodes, alternating about it.
Measurement window(int number, int nodes, double mean, double variation = 0.015, double seconds = 300) {
  Measurement m = measured(Precision::fp64_tensor, mean);
  m.run_id = fmt::format("run-{}", number);
  m.lower_tflops = mean * 0.999;
  m.upper_tflops = mean * 1.001;
  m.duration_s = seconds;
  m.sm_clock_mhz = 1630;
  m.gpus = 8 * nodes;
  m.nodes = nodes;
  for (int i = 0; i < nodes; ++i)
    m.per_node.push_back({host(i), 8, mean * (1 + (i % 2 == 0 ? variation : -variation))});
  m.sum_tflops = 8 * nodes * mean;
  m.synchronous_tflops = m.sum_tflops * 0.98;
  return m;
}

Evidence windows(int count, int nodes, double mean) {
  Evidence evidence;
  for (int i = 0; i < count; ++i) evidence.measurements.push_back(window(i, nodes, mean));
  return evidence;
}

SampleEvidence sample_of(int nodes, char reach, int missing = 0, std::string selection = "random") {
  SampleEvidence sample;
  sample.list_hash = std::string(64, 'a');
  sample.selection = std::move(selection);
  sample.reach = reach;
  sample.cluster_nodes = 500;
  sample.drawn = nodes;
  sample.missing = missing;
  SampledPod pod{"all", 500, {}, missing};
  for (int i = 0; i < nodes - missing; ++i) pod.delivered.push_back(host(i));
  sample.pods = {pod};
  return sample;
}

Evidence sampled(int count, int nodes, double mean, char reach = 'C') {
  Evidence evidence = windows(count, nodes, mean);
  evidence.sample = sample_of(nodes, reach);
  return evidence;
}

// 240 PFLOP/s of 4,000 H100 SXM, FP64 on tensor cores, as kernels; or another total.
const JudgedReading judged(const Evidence& evidence, const std::string& petaflops = "240") {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::kernel);
  claim.compute->amount.number = *read_printed(petaflops, false);
  return find(judge_claim(claim, knowledge(), evidence), reading);
}

TEST(DecideKernel, TheWorkedExampleIsRefutedAsAProjection) {
  const JudgedReading result = judged(sampled(3, 32, 52.1));
  EXPECT_EQ(result.verdict.outcome, Outcome::refuted);
  EXPECT_EQ(result.verdict.reason, Reason::A5);
  EXPECT_EQ(full_outcome(result.verdict), "REFUTED (projected from 32 of 500 nodes, level C, weak)");
  ASSERT_TRUE(result.projected);
  EXPECT_NEAR(result.projected->lower * 1e-3, 194, 0.5);  // PFLOP/s: 50.07 less 3 % for the plant
  EXPECT_NEAR(result.projected->upper * 1e-3, 217, 0.8);  // 52.37, with 52 nodes at the ceiling, plus 0.5 %
  EXPECT_THAT(result.verdict.because, HasSubstr("no kernel could"));
}

TEST(DecideKernel, WithoutAClockToHoldItAgainstTheKernelIsNotAdequate) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.sm_clock_mhz.reset();
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  for (auto& m : evidence.measurements) m.sm_clock_mhz = 1980;  // where a perfect kernel reaches the claim
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::not_decidable);
}

TEST(DecideKernel, ALowerBoundThatReachesTheClaimConfirms) {
  const JudgedReading result = judged(sampled(3, 32, 52.1), "190");
  EXPECT_EQ(result.verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(result.verdict.reason, Reason::A4);
  EXPECT_THAT(result.verdict.qualifier, HasSubstr("projected from 32 of 500"));
  EXPECT_EQ(judged(sampled(3, 63, 52.1, 'B'), "190").verdict.qualifier, "projected from 63 of 500 nodes, level B");
}

TEST(DecideKernel, BetweenTheBoundsMoreNodesAreNamed) {
  const JudgedReading result = judged(sampled(3, 32, 52.1), "200");
  EXPECT_EQ(result.verdict.reason, Reason::N13);
  EXPECT_THAT(result.verdict.would_decide, HasSubstr("of 500 nodes"));
  EXPECT_THAT(result.verdict.would_decide, ::testing::Not(HasSubstr("at least 32 of")));
  // 208.4 less the 3 % of the plant is below it, however many nodes are drawn
  EXPECT_EQ(judged(sampled(3, 32, 52.1), "205").verdict.reason, Reason::N13);
  EXPECT_THAT(judged(sampled(3, 32, 52.1), "205").verdict.would_decide, HasSubstr("all nodes at once"));
}

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

void all_held_down(Measurement& m) {
  m.held_down = m.gpus;
}

// 32 of 500 nodes at 52.1 give 218 PFLOP/s at most; 12 of 100 GPUs at the peak of 66.9 would make it 225, 20 of 100
// 230, and all of them 278. The least that rounds to 240 is 235.
TEST(DecideKernel, AFewGpusHeldDownSaveNoClaim) {
  const auto outcome = [](std::int64_t held) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.measurements[1].slowed = 0.37;
    evidence.measurements[1].slowed_by = "hw_thermal_slowdown";
    evidence.measurements[1].held_down = held;
    return judged(evidence).verdict;
  };
  EXPECT_EQ(outcome(1).outcome, Outcome::refuted);
  EXPECT_EQ(outcome(51).outcome, Outcome::refuted) << "20 of 100";
  EXPECT_EQ(outcome(90).reason, Reason::N5) << "35 of 100";
  EXPECT_EQ(outcome(256).reason, Reason::N5);
}

TEST(DecideKernel, GpusHeldBelowTheirPowerLimitRefuteNothing) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.power_limit_watts = 700;
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[1].power_limit_watts = 350;
  all_held_down(evidence.measurements[1]);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("power limit of 350 W, below the 700 W"));
  EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::confirmed);
}

TEST(DecideKernel, GpusAtAClockThatSomebodySetRefuteNothing) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.max_sm_clock_mhz = 1980;
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[1].clock_set = 1;
  all_held_down(evidence.measurements[1]);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
  EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("clock setting held GPUs down for 100 % of the time"));
  evidence.measurements[1].clock_set = 0;
  evidence.measurements[1].max_sm_clock_mhz = 1200;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5);
}

TEST(DecideKernel, GpusHeldDownByHeatOrAPowerBrakeRefuteNothing) {
  for (const auto& [event, cause] : {std::pair{"sw_thermal_slowdown", "a thermal slow-down by the driver"},
                                     {"hw_thermal_slowdown", "a thermal slow-down by the hardware"},
                                     {"hw_power_brake_slowdown", "the power brake of the node"},
                                     {"hw_slowdown", "a slow-down by the hardware"}}) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.measurements[1].slowed = 0.005;  // a moment
    evidence.measurements[1].slowed_by = event;
    EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted) << event;
    evidence.measurements[1].slowed = 0.37;
    all_held_down(evidence.measurements[1]);
    EXPECT_EQ(judged(evidence).verdict.reason, Reason::N5) << event;
    EXPECT_THAT(judged(evidence).verdict.because,
                HasSubstr(fmt::format("{} ({}) held GPUs down for 37", cause, event)));
    EXPECT_THAT(judged(evidence).verdict.because, HasSubstr("in run run-1"));
    EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::confirmed) << "cooler, they do no less";
  }
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

// What a sample does counts from below over its windows, and from above while it computed; windows are alike if their
// paces are, however long a node waited for another.
TEST(DecideKernel, PausesLowerTheLowerBoundAlone) {
  Evidence evidence = sampled(3, 32, 52.1);
  const JudgedReading busy = judged(evidence, "190");
  for (auto& m : evidence.measurements)
    for (NodeRate& node : m.per_node) node.over_window_tflops = node.rate_tflops;
  EXPECT_EQ(judged(evidence, "190").projected->lower, busy.projected->lower);
  for (NodeRate& node : evidence.measurements[1].per_node) node.over_window_tflops = 0.55 * node.rate_tflops;
  const JudgedReading paused = judged(evidence, "190");
  EXPECT_NEAR(paused.projected->lower, 0.55 * busy.projected->lower, 1e-6 * busy.projected->lower);
  EXPECT_EQ(paused.projected->upper, busy.projected->upper);
  EXPECT_EQ(paused.verdict.reason, Reason::N13);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
}

TEST(DecideKernel, OneGpuThatIsTooFastSetsItsRecordAside) {
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements)
    for (NodeRate& node : m.per_node) node.gpu_tflops.assign(8, node.rate_tflops);
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  for (auto& m : evidence.measurements) m.per_node[7].gpu_tflops[3] = 155;  // no FP64 of an H100 is
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
}

TEST(DecideKernel, ACountOfOtherThanPackagesIsNoNeedPerGpu) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  claim.gpus->unit = GpuUnit::superchip;
  const std::string peak = "h100-sxm-80gb/fp64/dense/peak";  // refuted if packages are meant, and possible of pairs
  EXPECT_EQ(find(judge_claim(claim, knowledge()), peak).verdict.reason, Reason::N10);
  claim.gpus->unit = GpuUnit::package;
  EXPECT_EQ(find(judge_claim(claim, knowledge()), peak).verdict.outcome, Outcome::refuted);
}

TEST(DecideKernel, AllNodesAtOnceNeedNoProjection) {
  Evidence evidence = windows(3, 500, 52.1);
  evidence.measurements.push_back(window(3, 500, 52.1, 0.015, 1800));
  const JudgedReading refuted = judged(evidence);
  EXPECT_EQ(full_outcome(refuted.verdict), "REFUTED (all 4,000 GPUs measured, level A)");
  EXPECT_EQ(refuted.verdict.basis, Basis::census);
  // the synchronous rate, 98 % of the sum, is what confirms: 204.2 less its interval
  EXPECT_EQ(judged(evidence, "203").verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(judged(evidence, "206").verdict.outcome, Outcome::not_decidable);
}

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

TEST(DecideKernel, OneWindowOrShortOnesDecideNothing) {
  EXPECT_EQ(judged(sampled(1, 32, 52.1)).verdict.reason, Reason::N3);
  Evidence evidence = sampled(3, 32, 52.1);
  for (auto& m : evidence.measurements) m.duration_s = 60;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
  for (auto& m : evidence.measurements) m.duration_s = 300, m.mode = "batched";
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N3);
}

TEST(DecideKernel, NodesThatTheProviderChoseRefuteAndNeverConfirm) {
  for (const char* selection : {"provider_chosen", "uncommitted"}) {
    Evidence evidence = sampled(3, 32, 52.1);
    evidence.sample = sample_of(32, 'D', 0, selection);
    EXPECT_EQ(judged(evidence, "190").verdict.reason, Reason::N4) << selection;
    EXPECT_EQ(judged(evidence, "190").verdict.outcome, Outcome::not_decidable) << selection;
    EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted) << selection;
  }
}

TEST(DecideKernel, WithoutADrawNothingIsSaidOfTheCluster) {
  EXPECT_EQ(judged(windows(3, 32, 52.1)).verdict.reason, Reason::N3);
}

TEST(DecideKernel, NodesThatWereNotDeliveredCountAgainst) {
  EXPECT_EQ(judged(sampled(3, 32, 52.1), "190").verdict.outcome, Outcome::confirmed);
  Evidence pruned = sampled(3, 31, 52.1);
  pruned.sample = sample_of(32, 'C', 1);
  EXPECT_EQ(judged(pruned, "190").verdict.outcome, Outcome::not_decidable);
  // and do not flatter from above: what refutes with them refutes without
  EXPECT_EQ(judged(pruned).verdict.outcome, Outcome::refuted);
}

TEST(DecideKernel, WindowsThatDisagreeAreNoSteadySystem) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1] = window(1, 32, 48);
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N6);
  evidence = sampled(3, 32, 52.1);
  evidence.measurements[2].steady = false;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N6);
}

TEST(DecideKernel, ClocksThatDifferTooMuchAreSaid) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[0].clock_error_s = 0.29;  // of 300 s
  EXPECT_EQ(judged(evidence).verdict.outcome, Outcome::refuted);
  evidence.measurements[0].clock_error_s = 0.31;
  EXPECT_EQ(judged(evidence).verdict.reason, Reason::N12);
}

TEST(DecideKernel, WrongResultsBesideItLeaveItOpen) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements.push_back(window(7, 32, 52.1));
  evidence.measurements.back().disposition = "fail_verify";
  EXPECT_EQ(judged(evidence, "190").verdict.reason, Reason::N11);
}

TEST(DecideKernel, OneWindowToldThreeTimesIsOne) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1].told_twice = evidence.measurements[2].told_twice = "a copy of case c of run run-0";
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  EXPECT_EQ(find(judgement, reading).verdict.reason, Reason::N3);
  ASSERT_EQ(judgement.set_aside.size(), 2u);
  EXPECT_THAT(judgement.set_aside[0].reason, HasSubstr("a copy of"));
}

TEST(DecideKernel, WhatIsFasterThanItsPrecisionIsSetAside) {
  // TF32 sold as FP32, and what nobody measured
  Measurement sold = window(0, 32, 300);
  sold.precision = Precision::fp32;
  Evidence evidence;
  evidence.measurements = {sold};
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  ASSERT_EQ(judgement.set_aside.size(), 1u);
  EXPECT_THAT(judgement.set_aside[0].reason, HasSubstr("faster than any fp32"));
  for (const char* origin : {"simulated", "imported", "injected"}) {
    Evidence other = sampled(3, 32, 52.1);
    for (auto& m : other.measurements) m.origin = origin;
    EXPECT_EQ(judged(other).verdict.basis, Basis::none) << origin;
  }
  Evidence faulty = sampled(3, 32, 52.1);
  for (int i = 0; i < 3; ++i) faulty.faults.push_back({fmt::format("run-{}", i), "one GPU under two names"});
  EXPECT_EQ(judged(faulty).verdict.basis, Basis::none);
}

TEST(DecideKernel, WhatWasEmulatedCountsForTheEmulatedReadingAlone) {
  Evidence evidence = sampled(3, 32, 100);
  for (auto& m : evidence.measurements) m.precision = Precision::fp64, m.emulation = Emulation::emulated;
  const Judgement judgement = judge_claim(nexus(), knowledge(), evidence);
  EXPECT_EQ(find(judgement, "h100-sxm-80gb/fp64-emulated/dense/kernel").verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(find(judgement, reading).verdict.basis, Basis::none);
}

TEST(DecideKernel, TheOrderOfTheRecordsDoesNotMatterAndReplayIsByteIdentical) {
  Evidence evidence = sampled(3, 32, 52.1);
  evidence.measurements[1] = window(1, 32, 52.2);
  const JudgedReading first = judged(evidence);
  std::swap(evidence.measurements[0], evidence.measurements[2]);
  const JudgedReading swapped = judged(evidence);
  EXPECT_EQ(first.verdict.because, swapped.verdict.because);
  EXPECT_EQ(first.projected->lower, swapped.projected->lower);
  const auto json = [&] { return render_json(judge_claim(nexus(), knowledge(), evidence)); };
  EXPECT_EQ(json(), json());
}

}  // namespace
}  // namespace petaproof::judge

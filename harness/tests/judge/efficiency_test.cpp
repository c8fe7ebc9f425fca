// GFLOP/s per W: of a claim against paper, and of nodes that were metered and ran a GEMM.
#include "harness/judge/node_efficiency.hpp"
#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

#include <nlohmann/json.hpp>

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

Claim claim_of(const std::string& petaflops, const std::string& megawatts, Precision precision) {
  Claim claim = stated("h200-sxm-141gb", precision, Sparsity::dense, Kind::kernel);
  claim.compute->amount.number = *read_printed(petaflops, true);
  claim.power.emplace().amount = {*read_printed(megawatts, true), "MW", 1e6};
  return claim;
}

FactReading efficiency(const Claim& claim) {
  for (const auto& fact : judge_facts(claim, hardware(), {}))
    if (fact.id == "efficiency") return fact;
  throw std::runtime_error("no efficiency");
}

TEST(Efficiency, PeakOverTdpStandsBesideTheClaim) {
  const FactReading fact = efficiency(claim_of("240", "6", Precision::fp64_tensor));
  EXPECT_THAT(fact.says, HasSubstr("40.0 to 40.0 GFLOP/s per W"));
  // 66.9 TFLOP/s / 700 W; / 856 x 1.05 x 1.05 to 1,275 x 1.12 x 1.3
  EXPECT_THAT(fact.verdict.because, HasSubstr("H200 SXM (141 GB) fp64_tensor: 95.6 at the GPU (peak / TDP), 36.0 to "
                                              "70.9 at the facility"));
  EXPECT_EQ(fact.verdict.reason, Reason::N9);
  ASSERT_EQ(fact.steps.size(), 2u);
  EXPECT_EQ(fact.steps[1].result, "95.6; 36.0 to 70.9 GFLOP/s per W");
}

TEST(Efficiency, ShowsEachModelAndPrecisionThatTheClaimMayMean) {
  Claim claim = claim_of("240", "6", Precision::fp64_tensor);
  claim.compute->precision.reset();
  claim.models = {"h200-sxm-141gb", "gb200"};
  const FactReading fact = efficiency(claim);
  for (const char* name : {"H200 SXM (141 GB) fp64", "H200 SXM (141 GB) fp8", "GB200 (B200 GPU) fp4"})
    EXPECT_THAT(fact.steps, Contains(Field(&Step::name, name)));
  EXPECT_THAT(fact.verdict.because, HasSubstr("on paper from "));
}

// That 40 kW feed no 4,000 GPUs stays so, whatever they compute: the efficiency, which is open, is another figure.
TEST(Efficiency, RescuesNoPowerThatIsRefuted) {
  Claim claim = claim_of("0.3", "0.04", Precision::fp64_tensor);
  claim.power->amount.number = *read_printed("0.04", true);
  claim.power->meaning = PowerMeaning::capacity;
  const Judgement judgement = judge_claim(claim, knowledge());
  EXPECT_EQ(efficiency(claim).verdict.outcome, Outcome::not_decidable);
  EXPECT_EQ(judgement.aggregate.refuted_figures, std::vector<std::string>{"power"});
  EXPECT_EQ(judgement.aggregate.outcome, Outcome::refuted);
}

TEST(Efficiency, IsRefutedOnlyBeyondThePeakAtHalfThePowerOfTraining) {
  // FP64 on tensor cores: 66.9 TFLOP/s / (856 x 1.05 x 1.05) W = 70.9 GFLOP/s per W at the facility; Green500's first
  // reach as much, so that only twice that is out of reach: 141.8
  Claim claim = claim_of("240", "1.65", Precision::fp64_tensor);  // 145.5
  claim.power->point = MeterPoint::facility;
  const Verdict refuted = efficiency(claim).verdict;
  EXPECT_EQ(refuted.outcome, Outcome::refuted);
  EXPECT_EQ(refuted.reason, Reason::A1);
  EXPECT_EQ(refuted.basis, Basis::arithmetic);
  claim.power->amount.number = *read_printed("1.7", true);  // 141.2
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);
  claim.power->amount.number = *read_printed("2", false);  // 1.5 to 2.5 MW: 96 at the least
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);

  claim.power->amount.number = *read_printed("1.65", true);
  claim.power->point.reset();  // it may be the GPUs alone
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);
  claim.power->point = MeterPoint::facility;
  claim.compute->precision.reset();  // it may be FP8
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);
  claim = claim_of("240", "1.65", Precision::fp64);  // on INT8 emulation, where the claim does not say
  claim.power->point = MeterPoint::facility;
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::A1);
  claim.compute->emulation.reset();
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);
  claim.compute->emulation = Emulation::native;
  claim.models.push_back("h100-pcie-80gb");  // whose nodes' power no file says
  EXPECT_EQ(efficiency(claim).verdict.reason, Reason::N9);
}

Evidence run_on(const std::vector<std::string>& hosts, double tflops) {
  Evidence evidence;
  Measurement m = measured(Precision::fp64_tensor, tflops);
  for (const auto& host : hosts) m.per_node.push_back({host, 8, tflops});
  m.nodes = static_cast<std::int64_t>(hosts.size());
  m.gpus = 8 * m.nodes;
  evidence.measurements = {m};
  return evidence;
}

MeteredPower meter(const std::string& name, double watts) {
  return {.file = "meters.csv", .meter = "bmc", .of = name, .mean_watts = watts, .samples = 300};
}

TEST(NodeEfficiency, IsWhatTheMeteredNodesDidForWhatTheyDrew) {
  Evidence evidence = run_on({"n1", "n2", "n3"}, 50);
  evidence.measurements[0].per_node[0].rate_tflops = 54;
  evidence.power = {meter("n1", 6400), meter("N2.example.org", 7200)};
  const NodeEfficiency result = node_efficiency(evidence, {});
  ASSERT_EQ(result.measured.size(), 1u);
  EXPECT_TRUE(result.why_not.empty());
  EXPECT_EQ(result.measured[0].nodes, 2);
  EXPECT_EQ(result.measured[0].case_id, "case-1");
  EXPECT_DOUBLE_EQ(result.measured[0].tflops_per_gpu, 52);  // of these two nodes
  EXPECT_DOUBLE_EQ(result.measured[0].watts_per_gpu, 850);
  EXPECT_NEAR(result.measured[0].gflops_per_watt(), 61.2, 0.05);
}

TEST(NodeEfficiency, OfOtherNodesThanRanIsNotSaid) {
  Evidence evidence = run_on({"n1", "n2"}, 50);
  evidence.power = {meter("n1", 6400), meter("n3", 7200)};
  const NodeEfficiency result = node_efficiency(evidence, {});
  EXPECT_TRUE(result.measured.empty());
  EXPECT_THAT(result.why_not, ::testing::ElementsAre("n3 was metered, and is no host of run run-1"));
}

TEST(NodeEfficiency, NeedsMetersOfNodesAndAMeasurementThatCounts) {
  Evidence evidence = run_on({"n1"}, 50);
  evidence.measurements[0].sm_clock_mhz = 1700;  // NVML's telemetry is none of a node
  EXPECT_TRUE(node_efficiency(evidence, {}).measured.empty());
  evidence.power = {meter("n1", 120e3)};
  evidence.power[0].rack = true;
  EXPECT_TRUE(node_efficiency(evidence, {}).measured.empty());
  evidence.power = {meter("n1", 6400)};
  EXPECT_EQ(node_efficiency(evidence, {}).measured.size(), 1u);
  EXPECT_TRUE(node_efficiency(evidence, {{"run-1", "case-1", "a host record"}}).measured.empty());
}

TEST(NodeEfficiency, TheBestOfEachPrecisionIsTaken) {
  Evidence evidence = run_on({"n1"}, 50);
  Measurement burst = evidence.measurements[0];
  burst.case_id = "burst";
  burst.mode = "burst";
  burst.per_node[0].rate_tflops = burst.rate_tflops = 60;
  Measurement other = evidence.measurements[0];
  other.precision = Precision::bf16;
  evidence.measurements.push_back(burst);
  evidence.measurements.push_back(other);
  evidence.power = {meter("n1", 6400)};
  const NodeEfficiency result = node_efficiency(evidence, {});
  ASSERT_EQ(result.measured.size(), 2u);
  EXPECT_EQ(result.measured[0].case_id, "case-1");  // a burst is not what the meter saw
}

TEST(NodeEfficiency, StandsInTheJudgementOfAnyClaim) {
  Evidence evidence = run_on({"n1"}, 50);
  evidence.power = {meter("n1", 6400)};
  const Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::kernel);
  const Judgement judgement = judge_claim(claim, knowledge(), evidence);
  EXPECT_THAT(render_text(judgement), AllOf(HasSubstr("PER WATT"), HasSubstr("62.5 GFLOP/s per W at the node")));
  const auto json = nlohmann::json::parse(render_json(judgement));
  EXPECT_EQ(json["node_efficiency"]["measured"][0]["gflops_per_watt"], 62.5);
  EXPECT_EQ(json["evidence"]["power"][0]["seconds"], 0);
  EXPECT_EQ(judgement.aggregate.all(), judge_claim(claim, knowledge(), run_on({"n1"}, 50)).aggregate.all());
  evidence.power = {meter("n2", 6400)};
  EXPECT_THAT(render_text(judge_claim(claim, knowledge(), evidence)), HasSubstr("not said: n2 was metered"));
  evidence.power.clear();
  EXPECT_THAT(render_text(judge_claim(claim, knowledge(), evidence)), Not(HasSubstr("PER WATT")));
}

}  // namespace
}  // namespace petaproof::judge

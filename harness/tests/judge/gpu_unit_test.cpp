// What a claim counts: packages, or something that holds one, two or eight of them.
#include "harness/judge/gpu_unit.hpp"

#include "harness/app/exit_code.hpp"
#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Hardware& h100() {
  return *hardware().find("h100-sxm-80gb");
}

GpuClaim counted(std::optional<GpuUnit> unit) {
  return {*read_printed("4,000", false), unit};
}

// FP64 vector, peak: 179 % of the peak of one package, 90 % of that of two.
Claim fp64(std::optional<GpuUnit> unit, const char* pflops = "240") {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  claim.compute->amount.number = *read_printed(pflops, false);
  claim.gpus->unit = unit;
  return claim;
}

Verdict verdict_of(const Claim& claim) {
  return judge_claim(claim, knowledge()).readings.at(0).verdict;
}

TEST(GpuUnit, SaysHowManyPackagesItMayBe) {
  EXPECT_EQ(packages_in(GpuUnit::superchip, *hardware().find("gb200"))->most, 4) << "GB200 NVL4";
  EXPECT_EQ(packages_in(GpuUnit::pair, h100())->most, 2);
  EXPECT_EQ(packages_in(GpuUnit::superchip, h100())->least, 1);
  EXPECT_EQ(packages_in(GpuUnit::node, h100())->least, 8);
  EXPECT_EQ(packages_in(GpuUnit::node, *hardware().find("gb200"))->most, 4);
  EXPECT_LT(packages_in(GpuUnit::die, h100())->least, 1);
  EXPECT_EQ(packages_in(GpuUnit::die, h100())->most, 1);
  EXPECT_FALSE(packages_in(GpuUnit::h100_equivalent, h100()));
  EXPECT_EQ(packages_read(counted(std::nullopt), h100()), 1);
  EXPECT_EQ(packages_read(counted(GpuUnit::pair), h100()), 2);
  EXPECT_TRUE(packages_known(counted(GpuUnit::node), h100()));
  EXPECT_FALSE(packages_known(counted(GpuUnit::superchip), h100()));
  EXPECT_FALSE(packages_known(counted(GpuUnit::h100_equivalent), h100()));
}

TEST(GpuUnit, IsNamedBesideTheModel) {
  EXPECT_EQ(counted_text(counted(std::nullopt), h100()), "4,000 H100 SXM (80 GB)");
  EXPECT_EQ(counted_text(counted(GpuUnit::superchip), h100()), "4,000 superchips of 1 to 4 H100 SXM (80 GB)");
  EXPECT_EQ(counted_text(counted(GpuUnit::node), h100()), "4,000 nodes of 8 H100 SXM (80 GB)");
  EXPECT_EQ(counted_text(counted(GpuUnit::h100_equivalent), h100()), "4,000 H100-equivalents");
}

TEST(GpuUnit, NotStatedIsReadAsAPackageAndSaysWhatWouldRescueTheClaim) {
  const Judgement judgement = judge_claim(fp64(std::nullopt), knowledge());
  const Verdict& verdict = judgement.readings.at(0).verdict;
  EXPECT_EQ(verdict.outcome, Outcome::refuted);
  EXPECT_TRUE(verdict.if_packages);
  EXPECT_THAT(verdict.because, HasSubstr("it holds only if what it counts as one GPU is 2 packages or more"));
  EXPECT_THAT(judgement.aggregate.not_stated, Contains("GPU unit"));
  EXPECT_THAT(judgement.aggregate.reasons, Contains(Reason::N10));
  EXPECT_THAT(judgement.aggregate.refuted_figures, ::testing::IsEmpty());
  EXPECT_EQ(exit_code_of(judgement), 2) << "not refuted whatever it means";

  const Judgement as_packages = judge_claim(fp64(GpuUnit::package), knowledge());
  EXPECT_FALSE(as_packages.readings.at(0).verdict.if_packages);
  EXPECT_THAT(as_packages.readings.at(0).verdict.because, Not(HasSubstr("holds only if")));
  EXPECT_EQ(exit_code_of(as_packages), 1);
}

TEST(GpuUnit, NotStatedIsNoRescueFromWhatEvenNodesDoNotReach) {
  // 4,499 nodes of 8 x 33.5 = 1,206 PFLOP/s
  const Judgement judgement = judge_claim(fp64(std::nullopt, "1300"), knowledge());
  EXPECT_FALSE(judgement.readings.at(0).verdict.if_packages);
  EXPECT_THAT(judgement.readings.at(0).verdict.because, HasSubstr("even if each GPU that it counts is a node of 8"));
  EXPECT_EQ(exit_code_of(judgement), 1);
  EXPECT_TRUE(verdict_of(fp64(std::nullopt, "1200")).if_packages);
}

TEST(GpuUnit, AnotherUnitIsOpenUnlessTheMostPackagesOfItFallShort) {
  EXPECT_EQ(verdict_of(fp64(GpuUnit::superchip)).reason, Reason::N10);
  EXPECT_EQ(verdict_of(fp64(GpuUnit::h100_equivalent, "9000")).reason, Reason::N10) << "a rate, no part";
  EXPECT_EQ(verdict_of(fp64(GpuUnit::die)).outcome, Outcome::refuted) << "a die is no more than a package";

  // 4,499 x 2 x 33.5 = 301 PFLOP/s, and twice as much of superchips of four
  EXPECT_EQ(verdict_of(fp64(GpuUnit::pair, "300")).reason, Reason::N10);
  EXPECT_EQ(verdict_of(fp64(GpuUnit::pair, "320")).outcome, Outcome::refuted);
  EXPECT_EQ(verdict_of(fp64(GpuUnit::superchip, "320")).reason, Reason::N10);
  EXPECT_EQ(verdict_of(fp64(GpuUnit::superchip, "600")).reason, Reason::N10);
  const Verdict refuted = verdict_of(fp64(GpuUnit::superchip, "620"));
  EXPECT_EQ(refuted.outcome, Outcome::refuted);
  EXPECT_FALSE(refuted.if_packages);
  EXPECT_THAT(refuted.because, AllOf(HasSubstr("at most 17,996 GPUs"), HasSubstr("superchips of 1 to 4")));
}

TEST(GpuUnit, NodesAreAsManyPackagesAsTheirModelHas) {
  const Judgement judgement = judge_claim(fp64(GpuUnit::node), knowledge());
  const JudgedReading& judged = judgement.readings.at(0);
  EXPECT_EQ(judged.verdict.reason, Reason::N3) << "as 32,000 GPUs, nothing hangs on the unit";
  EXPECT_EQ(judged.need.gpus, 32'000);
  EXPECT_DOUBLE_EQ(judged.need.per_gpu_tflops, 7.5);
  EXPECT_DOUBLE_EQ(judgement.need->per_gpu_tflops, 60);
  EXPECT_EQ(judged.verdict.would_decide, "a census that finds 32,000 H100 SXM (80 GB)");
  EXPECT_EQ(verdict_of(fp64(GpuUnit::node, "1300")).outcome, Outcome::refuted);
  const std::string text = render_text(judgement);
  EXPECT_THAT(text,
              AllOf(HasSubstr("NEED      60.0 TFLOP/s per node"), ::testing::ContainsRegex("fp64 +7.50 +33.5")));
}

// A peak is a package's: of what is none, it is no share.
TEST(GpuUnit, WhatIsNoPackageIsNotHeldAgainstAPackagesPeak) {
  for (const auto unit : {GpuUnit::h100_equivalent, GpuUnit::superchip}) {
    const Judgement judgement = judge_claim(fp64(unit), knowledge());
    EXPECT_FALSE(judgement.readings.at(0).is_per_package());
    EXPECT_TRUE(judgement.same_figure.empty());
    EXPECT_EQ(judgement.readings.at(0).plausibility.plausible, Plausible::unknown);
    const std::string text = render_text(judgement);
    EXPECT_THAT(text, ::testing::ContainsRegex("fp64 +- +33.5 +- +- +- +open N10"));
    EXPECT_THAT(text, Not(HasSubstr("on paper:")));
    EXPECT_THAT(render_summary(judgement), HasSubstr("possible fp64 -"));
    EXPECT_THAT(render_markdown(judgement), HasSubstr("| fp64 | - | 33.5 | - |"));
    EXPECT_THAT(render_json(judgement), HasSubstr("\"need_over_peak\": null"));
    EXPECT_THAT(render_explanation(judgement), Not(HasSubstr("share of peak")));
  }
  EXPECT_THAT(render_text(judge_claim(fp64(GpuUnit::node), knowledge())), HasSubstr("on paper:"));
}

// The headline says what the verdicts say.
TEST(GpuUnit, NothingIsRefutedInTheHeadlineThatIsOpenInTheTable) {
  for (const auto unit : {GpuUnit::superchip, GpuUnit::h100_equivalent, GpuUnit::pair}) {
    const Judgement judgement = judge_claim(fp64(unit), knowledge());
    EXPECT_EQ(judgement.aggregate.refuted, 0u);
    EXPECT_THAT(judgement.aggregate.finding, Not(HasSubstr("refuted")));
  }
}

}  // namespace
}  // namespace petaproof::judge

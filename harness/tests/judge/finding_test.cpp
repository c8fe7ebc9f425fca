// What a judgement found, in the sentence that comes first.
#include "harness/judge/finding.hpp"

#include "harness/judge/render.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string finding_of(const std::string& id, const Evidence& evidence = {}) {
  return judge_claim(load_claim(configs() / "claims" / (id + ".json"), hardware()), knowledge(), evidence)
      .aggregate.finding;
}

TEST(Finding, TellsWhatIsRefutedWhatIsHardAndWhatIsEasy) {
  EXPECT_EQ(
      finding_of("nexus-hub-240pf"),
      "refuted in fp64 unless emulated; 80.0 to 100 % of the peak in fp64_tensor, fp32, where the GPU model does "
      "not refute it; 15.9 % of the peak or less in tf32 to fp4; open whether it is number 1 among AI clusters in "
      "France");
}

TEST(Finding, OfOneModelNamesNoModels) {
  Claim claim = nexus();
  claim.rank.reset();
  claim.model = "h100-sxm-80gb";
  claim.models = {"h100-sxm-80gb"};
  EXPECT_EQ(judge_claim(claim, knowledge()).aggregate.finding,
            "refuted in fp64 unless emulated; 89.7 % of the peak in fp64_tensor, fp32; 12.1 % of the peak or less in "
            "tf32 to fp8");
}

TEST(Finding, OfAnAbsurdClaimIsHowLittleOfItThereCanBe) {
  Claim claim = nexus();
  claim.compute->amount.number = *read_printed("1000000000", false);
  const Aggregate sum = judge_claim(claim, knowledge()).aggregate;
  EXPECT_EQ(sum.word, "REFUTED, whatever it means, for its compute");
  EXPECT_THAT(sum.finding, HasSubstr("refuted in fp64 to fp4; at most 80,982 PFLOP/s, 0.0 % of the claim"));
}

TEST(Finding, OfFactsTellsWhatIsTrueOfEveryModelOnce) {
  const std::string text = finding_of("sesterce-100k-1gw");
  EXPECT_THAT(text, HasSubstr("refuted that 1 GW is what 100,000 GPUs draw (in 5 of 6 readings)"));
  EXPECT_THAT(text,
              HasSubstr("open whether there are 100,000 GPUs, whether 1 GW is what 100,000 nodes draw, whether 1 "
                        "GW is what all sites together can draw"));
  EXPECT_THAT(text, Not(HasSubstr("H100"))) << "no model is told alone";
}

TEST(Finding, EmulatedFp64IsFp64) {
  Claim claim = stated("h200-sxm-141gb", Precision::fp64, Sparsity::dense, Kind::kernel);
  claim.compute->precision = StatedPrecision::find("fp64");
  claim.compute->emulation.reset();
  claim.compute->amount.number = *read_printed("400", false);
  EXPECT_THAT(judge_claim(claim, knowledge()).aggregate.finding,
              ::testing::StartsWith("refuted in fp64_tensor unless emulated"));
}

TEST(Finding, WhatIsOpenOnOneModelIsNotRefuted) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  claim.models = {"h100-sxm-80gb", "h100-pcie-80gb"};
  claim.model.reset();
  claim.gpus->unit = GpuUnit::pair;  // 301 PFLOP/s at most of the one, 234 of the other
  EXPECT_EQ(judge_claim(claim, knowledge()).aggregate.finding,
            "in how many GPU packages it is counted is not known (N10)");
}

TEST(Finding, OfEvidenceComesFirst) {
  const Evidence evidence{{}, {{"run-1", "h100-nvl-94gb", 4000}}};
  EXPECT_THAT(finding_of("nexus-hub-240pf", evidence),
              ::testing::StartsWith("confirmed as peak in fp64_tensor to fp8 (H100 NVL (94 GB)), if its GPUs are "
                                    "packages; "));
  Claim claim = nexus();
  claim.gpus->unit = GpuUnit::package;
  EXPECT_THAT(judge_claim(claim, knowledge(), evidence).aggregate.finding,
              ::testing::StartsWith("confirmed as peak in fp64_tensor to fp8 (H100 NVL (94 GB)); "));
}

// A rack that was metered is all of a claim's only if its GPUs, of no stated unit, are no nodes.
TEST(Finding, OfARackSaysWhatItRestsOn) {
  Claim claim = nexus();
  claim.gpus = GpuClaim{*read_printed("72", true), std::nullopt};
  claim.model = "gb200";
  claim.models = {"gb200"};
  claim.racks = {{.of = "new",
                  .low = {*read_printed("140", true), "kW", 1e3},
                  .high = {*read_printed("160", true), "kW", 1e3},
                  .models = {"gb200"}}};
  Evidence evidence;
  evidence.power.push_back({.of = "r1", .rack = true, .mean_watts = 150e3, .samples = 9, .seconds = 600});
  const auto finding = [&] { return judge_claim(claim, knowledge(), evidence).aggregate.finding; };
  EXPECT_THAT(finding(), HasSubstr("confirmed that a rack draws 140 kW to 160 kW (new), if its GPUs are packages"));
  claim.gpus->unit = GpuUnit::package;
  EXPECT_THAT(finding(), HasSubstr("confirmed that a rack draws 140 kW to 160 kW (new)"));
  EXPECT_THAT(finding(), Not(HasSubstr("packages")));
}

TEST(Finding, OfOneReadingIsWhatItsVerdictRestsOn) {
  const Judgement one =
      judge_claim(stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak), knowledge());
  EXPECT_EQ(one.aggregate.finding, one.readings.at(0).verdict.because);
  EXPECT_THAT(render_text(one), ::testing::StartsWith("VERDICT   REFUTED: at most 4,499 GPUs"));
}

TEST(Finding, StaysThatOfTheWholeClaimWhereAReadingIsSelected) {
  const Judgement whole = judge_claim(nexus(), knowledge());
  EXPECT_EQ(select_readings(whole, "h100-sxm-80gb/fp64/dense/peak").aggregate.finding, whole.aggregate.finding);
}

TEST(Finding, IsEmptyWhereNothingIsJudged) {
  EXPECT_EQ(finding_of("mrs3"), "");
}

}  // namespace
}  // namespace petaproof::judge

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
      "not refute it; 15.9 % of it or less in tf32 to fp4");
}

TEST(Finding, OfOneModelNamesNoModels) {
  Claim claim = nexus();
  claim.rank.reset();
  claim.model = "h100-sxm-80gb";
  claim.models = {"h100-sxm-80gb"};
  EXPECT_EQ(
      judge_claim(claim, knowledge()).aggregate.finding,
      "refuted in fp64 unless emulated; 89.7 % of the peak in fp64_tensor, fp32; 12.1 % of it or less in tf32 to "
      "fp8");
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
  EXPECT_THAT(text, HasSubstr("refuted that 1 GW is what 100 000 GPUs draw (in 5 of 6 readings)"));
  EXPECT_THAT(text,
              HasSubstr("open whether there are 100 000 GPUs, whether 1 GW is what 100 000 nodes draw, whether 1 "
                        "GW is what all sites together can draw"));
  EXPECT_THAT(text, Not(HasSubstr("H100"))) << "no model is told alone";
}

TEST(Finding, OfEvidenceComesFirst) {
  Evidence evidence;
  Census census;
  census.run_id = "run-1";
  census.hardware_id = "h100-nvl-94gb";
  census.gpus = 4000;
  evidence.censuses.push_back(census);
  EXPECT_THAT(finding_of("nexus-hub-240pf", evidence),
              ::testing::StartsWith("confirmed as peak in fp64_tensor to fp8 (H100 NVL (94 GB)); "));
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

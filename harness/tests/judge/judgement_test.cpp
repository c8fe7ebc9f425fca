// The published claim "4,000 GPUs, 240 petaflops", reading by reading: the worked example of the method.
#include "harness/judge/judgement.hpp"

#include <array>
#include <set>

#include "harness/app/exit_code.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Judgement& on_paper() {
  static const Judgement judgement = judge_claim(nexus(), knowledge());
  return judgement;
}

struct Row {
  const char* row;  // model/precision/sparsity
  double need_over_peak, paper_pflops;
  double required_clock_mhz;  // 0: not known
  bool refuted;
};

class NexusHub : public ::testing::TestWithParam<Row> {};

TEST_P(NexusHub, ReadingHasItsNumbersAndItsVerdictAtEveryKind) {
  const bool sparse = std::string(GetParam().row).ends_with("2:4");
  for (const Kind kind : all_kinds()) {
    if (sparse && kind != Kind::peak && kind != Kind::kernel) continue;
    const JudgedReading& judged = find(on_paper(), fmt::format("{}/{}", GetParam().row, to_string(kind)));
    EXPECT_NEAR(judged.arithmetic.need_over_peak, GetParam().need_over_peak,
                0.0005 * GetParam().need_over_peak + 5e-4);
    EXPECT_NEAR(judged.arithmetic.paper_total_tflops / 1e3, GetParam().paper_pflops, 0.5);
    EXPECT_NEAR(judged.arithmetic.required_clock_mhz.value_or(0), GetParam().required_clock_mhz, 0.5);
    EXPECT_EQ(judged.verdict.outcome, GetParam().refuted ? Outcome::refuted : Outcome::not_decidable)
        << judged.reading.id() << ": " << judged.verdict.because;
    EXPECT_EQ(judged.verdict.basis, GetParam().refuted ? Basis::arithmetic : Basis::none);
    EXPECT_EQ(judged.verdict.would_decide.empty(), GetParam().refuted);
    EXPECT_FALSE(judged.verdict.because.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(WorkedExample, NexusHub,
                         ::testing::Values(Row{"h100-sxm-80gb/fp64/dense", 1.791, 134.0, 3551, true},
                                           Row{"h100-sxm-80gb/fp64_tensor/dense", 0.897, 267.6, 1776, false},
                                           Row{"h100-sxm-80gb/fp32/dense", 0.897, 267.6, 1776, false},
                                           Row{"h100-sxm-80gb/tf32/dense", 0.121, 1979, 222, false},
                                           Row{"h100-sxm-80gb/bf16/dense", 0.061, 3957.6, 111, false},
                                           Row{"h100-sxm-80gb/fp8/dense", 0.030, 7915.6, 55, false},
                                           Row{"h100-sxm-80gb/bf16/2:4", 0.030, 7915.6, 55.5, false},
                                           Row{"h200-sxm-141gb/fp64/dense", 1.791, 134.0, 3551, true},
                                           Row{"h200-sxm-141gb/fp64_tensor/dense", 0.897, 267.6, 1776, false},
                                           Row{"h100-pcie-80gb/fp64/dense", 2.308, 104, 4112, true},
                                           Row{"h100-pcie-80gb/fp64_tensor/dense", 1.176, 204, 2056, true},
                                           Row{"h100-pcie-80gb/fp32/dense", 1.176, 204, 2056, true},
                                           Row{"h100-pcie-80gb/tf32/dense", 0.159, 1512, 257, false},
                                           Row{"h100-nvl-94gb/fp64/dense", 2.0, 120, 3551, true},
                                           Row{"h100-nvl-94gb/fp64_tensor/dense", 1.0, 240, 1776, false},
                                           Row{"b200-hgx/fp64/dense", 1.622, 148, 3167, true},
                                           Row{"b200-hgx/fp64_tensor/dense", 1.622, 148, 3167, true},
                                           Row{"b200-hgx/fp32/dense", 0.8, 300, 1584, false},
                                           Row{"b200-hgx/bf16/dense", 0.0267, 9000, 0, false},
                                           Row{"b300-hgx/fp64/dense", 48, 5, 0, true},
                                           Row{"b300-hgx/fp32/dense", 0.8, 300, 0, false}));

TEST(NexusHub, NvlOnPaperIsExactly240) {
  const auto& judged = find(on_paper(), "h100-nvl-94gb/fp64_tensor/dense/peak");
  EXPECT_EQ(judged.arithmetic.paper_total_tflops, 240e3);
  EXPECT_THAT(judged.verdict.because, HasSubstr("240.0 PFLOP/s, which reaches 240"));
  EXPECT_THAT(on_paper().same_figure, ::testing::Contains("H100 NVL (94 GB) fp64_tensor and fp32"));
  EXPECT_THAT(on_paper().same_figure,
              ::testing::Contains("H100 SXM (80 GB) fp64_tensor and fp32 (preliminary, March 2022)"));
}

TEST(NexusHub, APeakReadingSaysWhatItIsOnPaperAndThatACensusWouldDecide) {
  const Verdict& verdict = find(on_paper(), "h100-sxm-80gb/fp64_tensor/dense/peak").verdict;
  EXPECT_EQ(verdict.reason, Reason::N3);
  EXPECT_THAT(verdict.because, HasSubstr("267.6 PFLOP/s, which reaches 240"));
  EXPECT_EQ(verdict.would_decide, "a census that finds 4,000 H100 SXM (80 GB)");
}

TEST(NexusHub, HasNoSparseReadingAboveAKernelAndNoneForInt8) {
  for (const auto& judged : on_paper().readings) {
    EXPECT_NE(judged.reading.precision, Precision::int8);
    if (judged.reading.sparsity == Sparsity::two_of_four) {
      EXPECT_TRUE(judged.reading.kind == Kind::peak || judged.reading.kind == Kind::kernel) << judged.reading.id();
    }
  }
  EXPECT_THROW(find(on_paper(), "h100-sxm-80gb/fp64/2:4/peak"), std::runtime_error);
  EXPECT_THROW(find(on_paper(), "h100-sxm-80gb/fp4/dense/peak"), std::runtime_error);
}

TEST(NexusHub, IsUnderSpecifiedAndGetsNoSingleVerdict) {
  const Aggregate& sum = on_paper().aggregate;
  EXPECT_EQ(sum.confirmed, 0u);
  EXPECT_EQ(sum.refuted, 50u);  // ten rows at five kinds
  EXPECT_EQ(sum.all(), on_paper().readings.size() + on_paper().facts.size());
  EXPECT_THAT(sum.not_stated, ElementsAre("GPU model", "precision", "sparsity", "emulation", "kind", "GPU unit"));
  EXPECT_THAT(sum.reasons, ElementsAre(Reason::N1, Reason::N2, Reason::N10));
  EXPECT_THAT(sum.line, HasSubstr("UNDER-SPECIFIED: 0 readings confirmed, 50 refuted, "));
  EXPECT_EQ(exit_code_of(on_paper()), 2);
}

TEST(Refutation, UsesTheKindestRoundingOfBothNumbers) {
  // 4,499 x 51.2 TFLOP/s (at the maximum clock) is 230.4: below 235, though 4,499 x 52.3 would not be
  const auto& pcie = find(on_paper(), "h100-pcie-80gb/fp64_tensor/dense/peak");
  EXPECT_NEAR(pcie.arithmetic.ceiling_total_tflops, 4499 * 29184 * 1755e6 / 1e12, 1e-6);
  EXPECT_THAT(pcie.verdict.because,
              AllOf(HasSubstr("4,499"), HasSubstr("1,755 MHz"), HasSubstr("230.4"), HasSubstr("235")));

  // one petaflop less, and the same GPUs reach what rounds to the claim
  Claim kinder = nexus();
  kinder.compute->amount.number = *read_printed("230", false);  // 225 to 235
  EXPECT_EQ(find(judge_claim(kinder, knowledge()), "h100-pcie-80gb/fp64_tensor/dense/peak").verdict.outcome,
            Outcome::not_decidable);
  // counted GPUs close that door again: 4,000 x 51.2 = 204.9
  kinder.gpus->count = *read_printed("4,000", true);
  EXPECT_EQ(find(judge_claim(kinder, knowledge()), "h100-pcie-80gb/fp64_tensor/dense/peak").verdict.outcome,
            Outcome::refuted);
}

TEST(Refutation, AtTheBoundDoubtFavoursTheClaim) {
  Claim claim = stated("h100-nvl-94gb", Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  const double ceiling = 4000 * 33792 * 1785e6 / 1e15;  // PFLOP/s
  claim.gpus->count = *read_printed("4,000", true);
  claim.compute->amount.number = {"241.27", ceiling, true, ceiling, ceiling};
  EXPECT_EQ(judge_claim(claim, knowledge()).readings.at(0).verdict.outcome, Outcome::not_decidable);
  claim.compute->amount.number.lower = ceiling * (1 + 1e-12);
  EXPECT_EQ(judge_claim(claim, knowledge()).readings.at(0).verdict.outcome, Outcome::refuted);
}

TEST(Refutation, UsesTheHighestPeakThatAnySourcePrints) {
  Claim claim = stated("b300-hgx", Precision::fp4, Sparsity::dense, Kind::peak);
  claim.gpus->count = *read_printed("4,000", true);
  claim.compute->amount.number =
      *read_printed("58,000", true);  // 14,500 a GPU: above 13,500, below the 15,000 of another source
  const Judgement open = judge_claim(claim, knowledge());
  EXPECT_EQ(open.readings.at(0).arithmetic.ceiling_per_gpu_tflops, 15000);
  EXPECT_EQ(open.readings.at(0).verdict.outcome, Outcome::not_decidable);
  EXPECT_THAT(open.readings.at(0).verdict.because, HasSubstr("falls short of 58,000"));
}

TEST(ExitCode, IsOneOnlyWhereTheClaimItselfNamesWhatIsRefuted) {
  EXPECT_EQ(
      exit_code_of(judge_claim(stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak), knowledge())),
      1);
  EXPECT_EQ(exit_code_of(judge_claim(stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::kernel),
                                     knowledge())),
            2);

  Claim model_only = nexus();
  model_only.model = "h100-sxm-80gb";
  model_only.models = {"h100-sxm-80gb"};
  EXPECT_EQ(exit_code_of(judge_claim(model_only, knowledge())),
            2);  // FP64 vector is refuted, the rest is open
}

TEST(ExitCode, IsOneWhereEveryReadingIsRefutedWhateverTheClaimMeans) {
  Claim impossible = nexus();
  impossible.compute->amount.number = *read_printed("990000", false);
  const Judgement judgement = judge_claim(impossible, knowledge());
  EXPECT_EQ(judgement.aggregate.refuted, judgement.readings.size());
  EXPECT_THAT(judgement.aggregate.line, HasSubstr("REFUTED, whatever it means"));
  EXPECT_EQ(exit_code_of(judgement), 1);
}

TEST(Readings, WhatTheModelCannotDoIsAContradictionAndLeftOut) {
  const Judgement judgement =
      judge_claim(stated("h200-sxm-141gb", Precision::fp4, Sparsity::dense, Kind::kernel), knowledge());
  EXPECT_THAT(
      judgement.contradictions,
      ElementsAre(AllOf(HasSubstr("it says precision fp4, sparsity dense, emulation native, kind kernel, which "
                                  "together is nothing that H200 SXM (141 GB) does"),
                        HasSubstr("read without any one of these words"))));
  for (const auto& judged : judgement.readings) EXPECT_EQ(judged.reading.kind, Kind::kernel);
  EXPECT_NO_THROW(find(judgement, "h200-sxm-141gb/fp8/dense/kernel"));
  EXPECT_EQ(exit_code_of(judgement), 2);
  EXPECT_THAT(judge_claim(stated("h200-sxm-141gb", Precision::fp8, Sparsity::dense, Kind::kernel), knowledge())
                  .contradictions,
              IsEmpty());
}

std::vector<std::string> ids_of(const Judgement& judgement) {
  std::vector<std::string> ids;
  for (const auto& judged : judgement.readings) ids.push_back(judged.reading.id());
  return ids;
}

// Whichever of its words is wrong: so it is refuted only if it would be in every one of these ways.
TEST(Readings, WhatAKindCannotMeanIsReadWithoutEitherWord) {
  Claim sparse = stated("h100-sxm-80gb", Precision::fp8, Sparsity::two_of_four, Kind::training);
  sparse.compute->amount.number = *read_printed("12000", false);  // above the dense peak, below the sparse one
  const Judgement judgement = judge_claim(sparse, knowledge());
  EXPECT_THAT(ids_of(judgement), ElementsAre("h100-sxm-80gb/fp8/dense/training", "h100-sxm-80gb/fp8/2:4/peak",
                                             "h100-sxm-80gb/fp8/2:4/kernel"));
  EXPECT_EQ(judgement.readings[0].verdict.outcome, Outcome::refuted);
  EXPECT_EQ(judgement.aggregate.outcome, Outcome::not_decidable);
  EXPECT_EQ(judgement.aggregate.finding.find("refuted in fp8 unless 2:4 sparse"), 0u) << judgement.aggregate.finding;
  EXPECT_EQ(exit_code_of(judgement), 2);

  Claim emulated = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  emulated.compute->emulation = Emulation::emulated;
  EXPECT_THAT(ids_of(judge_claim(emulated, knowledge())),
              ElementsAre("h100-sxm-80gb/fp64/dense/peak", "h100-sxm-80gb/fp64-emulated/dense/kernel",
                          "h100-sxm-80gb/fp64-emulated/dense/coupled"));
}

// People write FP64 and mean what a library does with it.
TEST(Readings, Fp64IsByWhicheverUnitALibraryTakes) {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64, Sparsity::dense, Kind::peak);
  EXPECT_EQ(claim.compute->precision->word(), "fp64_vector");
  EXPECT_THAT(ids_of(judge_claim(claim, knowledge())), ElementsAre("h100-sxm-80gb/fp64/dense/peak"));
  claim.compute->precision = StatedPrecision::find("fp64");
  EXPECT_EQ(claim.compute->precision->word(), "fp64");
  EXPECT_THAT(ids_of(judge_claim(claim, knowledge())), ElementsAre("h100-sxm-80gb/fp64_tensor/dense/peak"));
  EXPECT_EQ(exit_code_of(judge_claim(claim, knowledge())), 2) << "240 of 267.6";
  claim.model = "l40s";  // has no FP64 tensor cores
  claim.models = {"l40s"};
  EXPECT_THAT(ids_of(judge_claim(claim, knowledge())), ElementsAre("l40s/fp64/dense/peak"));
  EXPECT_FALSE(StatedPrecision::find("int8"));
  EXPECT_EQ(StatedPrecision::find("fp64_vector")->word(), "fp64_vector");
}

TEST(Readings, AClaimThatContradictsItselfIsNotConfirmed) {
  Claim claim = stated("h100-nvl-94gb", Precision::fp64_tensor, Sparsity::dense, Kind::peak);
  const Evidence evidence{{}, {{"run-1", "h100-nvl-94gb", 4000}}};
  EXPECT_EQ(exit_code_of(judge_claim(claim, knowledge(), evidence)), 0);
  claim.due = Due{"2030", "2030-01-01", "2030-12-31"};  // said to run, and to come
  claim.existence = Existence::operational;
  const Judgement judgement = judge_claim(claim, knowledge(), evidence);
  EXPECT_EQ(judgement.readings.at(0).verdict.outcome, Outcome::confirmed);
  EXPECT_EQ(judgement.aggregate.word, "NOT DECIDABLE");
  EXPECT_EQ(exit_code_of(judgement), 2);
}

TEST(Readings, AModelWithoutTheStatedPrecisionIsNamed) {
  Claim fp4 = nexus();
  fp4.compute->precision = Precision::fp4;
  const Judgement judgement = judge_claim(fp4, knowledge());
  EXPECT_FALSE(judgement.models.at(0).has_readings);  // H100 SXM
  EXPECT_TRUE(judgement.models.at(4).has_readings);   // B200
}

// NVIDIA prints 50 PFLOP/s for inference and 35 for training: its own words do not refute its headline.
TEST(Readings, AVendorsTwoFiguresRefuteAboveTheHigher) {
  Claim claim = stated("rubin-vr200", Precision::fp4, Sparsity::dense, Kind::peak);
  claim.gpus->count = *read_printed("1000", true);
  const auto verdict = [&](const char* petaflops) {
    claim.compute->amount.number = *read_printed(petaflops, true);
    return judge_claim(claim, knowledge()).readings.at(0).verdict;
  };
  EXPECT_EQ(verdict("50000").outcome, Outcome::not_decidable);
  EXPECT_EQ(verdict("50001").outcome, Outcome::refuted);
  EXPECT_EQ(knowledge().hardware.find("rubin-vr200")->peak(Precision::fp4, Sparsity::dense)->value, 35'000);
}

TEST(SelectReadings, KeepsThoseThatMatchAndTheAggregateOfAll) {
  const Judgement one = select_readings(on_paper(), "h100-sxm-80gb/fp64/dense/peak");
  ASSERT_EQ(one.readings.size(), 1u);
  EXPECT_EQ(one.readings[0].verdict.outcome, Outcome::refuted);
  EXPECT_EQ(one.aggregate.line, on_paper().aggregate.line);
  EXPECT_EQ(exit_code_of(one), 2);

  const Judgement some = select_readings(on_paper(), "/bf16/dense/");
  EXPECT_EQ(some.readings.size(), 6u * 5u);
  EXPECT_EQ(select_readings(on_paper(), "").readings.size(), on_paper().readings.size());
}

TEST(SelectReadings, AnUnknownOneIsAUsageErrorThatListsWhatThereIs) {
  EXPECT_THAT(config_error([] { select_readings(on_paper(), "h100-sxm/fp64"); }, Domain::usage),
              AllOf(HasSubstr("h100-sxm-80gb"), HasSubstr("fp64_tensor"), HasSubstr("2:4"), HasSubstr("goodput")));
}

}  // namespace
}  // namespace petaproof::judge

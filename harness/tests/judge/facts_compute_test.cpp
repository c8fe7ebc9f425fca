// FLOP/s without a number of GPUs are a figure all the same: nothing else that holds makes up for it.
#include "harness/judge/facts.hpp"
#include "harness/tests/judge/fact_reading.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Of 150 kW, which a meter finds.
Claim one_rack() {
  Claim claim;
  claim.id = "rack";
  claim.existence = Existence::operational;
  const Amount each{*read_printed("150", true), "kW", 1e3};
  claim.racks = {{.of = "new", .low = each, .high = each, .models = {"gb200"}}};
  return claim;
}

Evidence metered_rack() {
  Evidence evidence;
  evidence.power.push_back({.file = "monday.csv",
                            .meter = "pdu",
                            .of = "r1",
                            .rack = true,
                            .mean_watts = 150e3,
                            .min_watts = 150e3,
                            .max_watts = 160e3,
                            .samples = 9,
                            .seconds = 600});
  return evidence;
}

TEST(ComputeFact, WithoutACountIsOpen) {
  Claim claim = one_rack();
  claim.compute = nexus().compute;
  Judgement judgement = judge_claim(claim, knowledge(), metered_rack());
  EXPECT_EQ(judgement.aggregate.outcome, Outcome::not_decidable);
  EXPECT_THAT(judgement.aggregate.not_stated, ::testing::Contains("GPU count"));
  EXPECT_THAT(judgement.aggregate.finding, HasSubstr("open whether it computes 240 PFLOP/s"));
  const FactReading compute = fact(judgement.facts, "compute");
  EXPECT_EQ(compute.verdict.reason, Reason::N3);
  EXPECT_THAT(compute.verdict.because, HasSubstr("how many GPUs it is of is not said"));
  EXPECT_THAT(compute.verdict.would_decide, HasSubstr("the number of GPUs"));

  claim.existence = Existence::planned;
  judgement = judge_claim(claim, knowledge());
  EXPECT_EQ(fact(judgement.facts, "compute").verdict.reason, Reason::N8);
  claim.gpus = nexus().gpus;
  claim.models = nexus().models;
  for (const FactReading& one : judge_facts(claim, hardware(), {}))
    EXPECT_NE(one.id, "compute") << "with a count it has readings";
}

// What no GPU of the model does contradicts itself, of however many.
TEST(ComputeFact, WithoutACountItsWordsContradictEachOtherAllTheSame) {
  const auto conflict_of = [](Precision precision, Sparsity sparsity, Emulation emulation, Kind kind) {
    Claim claim = stated("h200-sxm-141gb", precision, sparsity, kind);
    claim.compute->emulation = emulation;
    claim.gpus.reset();
    return judge_claim(claim, knowledge()).contradictions;
  };
  EXPECT_THAT(conflict_of(Precision::fp4, Sparsity::dense, Emulation::native, Kind::peak),
              ElementsAre(AllOf(HasSubstr("precision fp4"), HasSubstr("nothing that H200 SXM (141 GB) does"),
                                Not(HasSubstr("read without")))));
  EXPECT_THAT(conflict_of(Precision::bf16, Sparsity::two_of_four, Emulation::native, Kind::training), SizeIs(1));
  EXPECT_THAT(conflict_of(Precision::fp64, Sparsity::dense, Emulation::emulated, Kind::peak), SizeIs(1));
  EXPECT_THAT(conflict_of(Precision::bf16, Sparsity::two_of_four, Emulation::native, Kind::kernel), IsEmpty());
}

// As a file: FLOP/s of nothing, beside a PUE.
TEST(ComputeFact, OfAFileWithoutACountIsOneOfItsFigures) {
  const TemporaryFolder folder;
  const auto file = folder.write("c.json", R"({
    "schema": "petaproof-claim/1", "id": "c", "quote": "240 petaflops, PUE 1.1", "source": "made up",
    "status": "operational", "assume_gpus": ["h100-sxm-80gb"],
    "compute": {"value": 240, "printed": "240", "unit": "PFLOP/s", "kind": "unspecified", "precision": "unspecified",
                "sparsity": "unspecified", "emulation": "unspecified"},
    "pue": {"value": 1.1, "printed": "1.1", "bound": "about", "period": "unspecified"}})");
  const Judgement judgement = judge_claim(load_claim(file, hardware()), knowledge());
  ASSERT_EQ(judgement.facts.size(), 2u);
  EXPECT_EQ(judgement.facts[0].id, "compute");
  EXPECT_EQ(judgement.facts[1].id, "pue");
  EXPECT_EQ(judgement.aggregate.word, "UNDER-SPECIFIED");
}

}  // namespace
}  // namespace petaproof::judge

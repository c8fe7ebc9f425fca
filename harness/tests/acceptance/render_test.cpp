// What is printed, for few GPUs and for many.
#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AcceptanceText, TheOutcomeFirstThenWhoFailed) {
  FakeRun run(2, 2);
  run.add_gemm({800, 810, 700, 820});
  const Criteria criteria = load(file_of({bf16(715), bf16(60, "gpu", {{"id", "dgemm"}, {"cases", gemm("fp64")}}),
                                          criterion("verified", "gpu", 0, "cases")}));
  const std::string text = render_text(criteria, check(criteria, run.evidence()));
  EXPECT_THAT(text,
              StartsWith("ACCEPTANCE    FAIL: 3 criteria: 1 failed, 1 passed, 1 not measured; 4 GPUs: 1 failed"));
  EXPECT_THAT(text, HasSubstr("FAILED        rate: n1 rank 2 GPU-1-0: 700.0 TFLOP/s (-2.1 %), at least 715 TFLOP/s"));
  EXPECT_THAT(text, HasSubstr("NOT MEASURED  dgemm: the run has no case of gemm/cublaslt fp64"));
  EXPECT_THAT(text, HasSubstr("PASSED        verified: 4 GPU results"));
  EXPECT_THAT(text, HasSubstr("worst GPU: rank 2"));
  EXPECT_THAT(text, HasSubstr("sums: rate 1,520"));
  EXPECT_LT(text.find("FAILED"), text.find("NOT MEASURED"));
  EXPECT_LT(text.find("NOT MEASURED  "), text.find("PASSED"));
}

TEST(AcceptanceText, AValueJustBelowIsNotShownAsTheBound) {
  FakeRun run(1, 1);
  run.add_gemm({714.99});
  const Criteria criteria = load(file_of({bf16(715)}));
  EXPECT_THAT(render_text(criteria, check(criteria, run.evidence())), HasSubstr("714.99 TFLOP/s"));
}

TEST(AcceptanceText, ManyGpusAreNotManyLines) {
  FakeRun run(500, 8);
  std::vector<double> rates(4000, 800);
  for (std::size_t i = 0; i < 1000; ++i) rates[4 * i] = 600 + 0.1 * static_cast<double>(i);
  run.add_gemm(rates);
  const Criteria criteria = load(file_of({bf16(715)}));
  const Report report = check(criteria, run.evidence());
  const std::string text = render_text(criteria, report);
  EXPECT_LT(std::ranges::count(text, '\n'), 100);
  EXPECT_THAT(text, HasSubstr("and 995 more"));
  EXPECT_THAT(text, HasSubstr("4,000 GPUs: 1,000 failed, 3,000 passed"));
  EXPECT_LT(text.find("600.0 TFLOP/s"), text.find("600.1 TFLOP/s")) << "the worst first";
  const json document = report_json(criteria, report);
  EXPECT_EQ(document["findings"].size(), 1000u);
  EXPECT_EQ(document["passes"][0]["measured"].size(), 3000u);
  EXPECT_EQ(document["gpus"].size(), 4000u);
  EXPECT_EQ(document["nodes"].size(), 500u);
}

TEST(AcceptanceJson, SaysWhereABoundComesFromAndWhoMissedIt) {
  FakeRun run(1, 1);
  run.add_gemm({700});
  const Criteria criteria = load(file_of({bf16(715)}));
  const json document = report_json(criteria, check(criteria, run.evidence()));
  EXPECT_EQ(document["outcome"], "FAIL");
  EXPECT_EQ(document["exit_code"], 1);
  EXPECT_EQ(document["failed"], json({"rate"}));
  EXPECT_EQ(document["criteria_results"][0]["bounds"][0]["source"], "this test");
  EXPECT_EQ(document["criteria_results"][0]["bounds"][0]["at_least"], 715);
  EXPECT_EQ(document["findings"][0]["uuid"], "GPU-0-0");
  EXPECT_EQ(document["cases"][document["findings"][0]["case"].get<std::size_t>()]["case_id"], "c-bf16");
}

}  // namespace
}  // namespace petaproof::acceptance

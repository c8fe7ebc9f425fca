// What counts as measured on a GPU, and what is of something else.
#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST(Acceptance, OnlyWhatARunMeasuredIsAccepted) {
  FakeRun run(1, 1);
  run.add_gemm({800});
  EXPECT_EQ(run.held_against({bf16(715)}).exit_code(), 0);
  for (const char* origin : {"simulated", "imported", "injected"}) {
    run.records[0]["origin"] = origin;
    const Report report = run.held_against({bf16(715)});
    EXPECT_EQ(report.exit_code(), 2) << origin;
    EXPECT_THAT(report.findings[0].reason, HasSubstr("only what a run measured"));
  }
}

TEST(Acceptance, ARateThatNoGpuReachesIsOfSomethingElse) {
  FakeRun run(1, 1);
  run.add_gemm({1100});
  const Report report = run.held_against({bf16(715)});
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_THAT(report.findings[0].reason, HasSubstr("1,100 TFLOP/s is more than the dense bf16 peak of H100 SXM"));
  FakeRun emulated(1, 1);
  emulated.add_gemm({62}, "fp64");
  EXPECT_EQ(emulated.held_against({bf16(60, "gpu", {{"cases", gemm("fp64")}})}).exit_code(), 0);
  emulated.records[0]["notes"] = {{"emulated", "yes"}};
  EXPECT_EQ(emulated.held_against({bf16(60, "gpu", {{"cases", gemm("fp64")}})}).exit_code(), 2);
}

TEST(Acceptance, AGpuInTwoPlacesPassesNothingAsAWhole) {
  FakeRun run(2, 1);
  run.add_gemm({800});
  EXPECT_EQ(run.held_against({bf16(715)}).exit_code(), 0);
  run.uuids[1] = run.uuids[0];
  const Report report = run.held_against({bf16(715)});
  EXPECT_NE(report.exit_code(), 0);
  ASSERT_FALSE(report.damage.empty());
  EXPECT_THAT(report.damage[0], HasSubstr("answers on n0 and on n1"));
}

}  // namespace
}  // namespace petaproof::acceptance

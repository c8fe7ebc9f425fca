// What counts as measured on a GPU, and what is of something else.
#include <functional>

#include "harness/judge/from_records.hpp"
#include "harness/judge/support.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/evidence.hpp"
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

TEST(Acceptance, AMeanDoesNotHideAGpuThatRanSomethingElse) {
  FakeRun run(1, 4);
  run.add_gemm({700, 700, 700, 1100});
  for (const char* scope : {"node", "group"}) {
    const Report report = run.held_against({bf16(715, scope)});
    EXPECT_EQ(report.exit_code(), 2) << scope;
    EXPECT_THAT(report.findings[0].reason, HasSubstr("something else was measured"));
  }
}

// The same GEMM at other rates.
void again(FakeRun& run, const std::vector<double>& tflops) {
  run.records.clear();
  run.add_gemm(tflops);
}

// Whatever the judge sets aside passes nothing here, and what passes he takes: both ask harness/record/standing.
TEST(Acceptance, WhatTheJudgeSetsAsideIsNotMeasured) {
  const std::vector<std::pair<const char*, std::function<void(FakeRun&)>>> spoils{
      {"sound", [](FakeRun&) {}},
      {"host", [](FakeRun& run) { run.backend = "host", run.records[0]["backend"] = "host"; }},
      {"imported", [](FakeRun& run) { run.records[0]["origin"] = "imported"; }},
      {"corrupted", [](FakeRun& run) { run.corrupted = true; }},
      {"shared", [](FakeRun& run) { run.records[0]["gpu_shared"] = true; }},
      {"one UUID", [](FakeRun& run) { run.uuids[1] = run.uuids[0]; }},
      {"no UUID", [](FakeRun& run) { run.uuids[1].clear(); }},
      {"slice", [](FakeRun& run) { run.uuids[1] = "MIG-1"; }},
      {"unverified", [](FakeRun& run) { run.records[0]["verification"] = nullptr; }},
      {"wrong", [](FakeRun& run) { run.records[0]["disposition"] = "fail_verify"; }},
      {"invalid", [](FakeRun& run) { run.records[0]["disposition"] = "invalid"; }},
      {"fill", [](FakeRun& run) { run.records[0]["fill"] = run.cases[0]["fill"] = "zeros"; }},
      {"fast", [](FakeRun& run) { again(run, {800, 1100}); }},
      {"near the highest clock", [](FakeRun& run) { again(run, {800, 1050}); }},
      {"edited", [](FakeRun& run) { run.records[0]["rates"][0]["sum_over_devices"] = 2e15; }},
  };
  for (const auto& [name, spoil] : spoils) {
    FakeRun run(1, 2);
    run.add_gemm({800});
    spoil(run);
    const Evidence evidence = run.evidence();
    judge::Evidence judged = judge::evidence_from(evidence.records, hardware());
    judged.faults = run_faults(evidence.runs, take_census(evidence.runs, hardware()));
    const bool counts = judged.refused.empty() && set_aside(judged, {"h100-sxm-80gb"}, hardware()).empty();
    EXPECT_EQ(run.held_against({bf16(715)}).exit_code() == 0, counts) << name;
    const std::string is = name;
    EXPECT_EQ(counts, is == "sound" || is == "near the highest clock") << name;
  }
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

// What passes, what fails, and what was not measured.
#include <limits>

#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

json spread(double percent, const char* scope, const char* statistic = "slowest_below_median") {
  return criterion("spread", scope, percent, "percent", {{"cases", gemm()}, {"statistic", statistic}});
}
json verified() {
  return criterion("verified", "gpu", 0, "cases");
}
json bus(double gbs, const json& more = {}) {
  json result = criterion("bus_bandwidth", "group", gbs, "GB/s", {{"cases", all_reduce()}});
  if (more.is_object()) result.update(more);
  return result;
}

TEST(Acceptance, EveryGpuHasToReachTheMinimum) {
  FakeRun run(2, 4);
  run.add_gemm({720, 730, 740, 750, 760, 770, 780, 714});
  const Report report = run.held_against({bf16(715)});
  EXPECT_EQ(report.exit_code(), 1);
  EXPECT_EQ(report.criteria[0].passed, 7u);
  ASSERT_THAT(with(report, Outcome::fail), SizeIs(1));
  const Finding finding = with(report, Outcome::fail)[0];
  EXPECT_EQ(report.gpus[finding.subject].uuid, "GPU-1-3");
  EXPECT_EQ(report.gpus[finding.subject].host, "n1");
  EXPECT_NEAR(*finding.measured, 714, 1e-9);
  EXPECT_NEAR(*finding.margin_percent, -100.0 / 715, 1e-6);
  EXPECT_EQ(report.gpus[7].outcome, Outcome::fail);
  EXPECT_EQ(report.gpus[6].outcome, Outcome::pass);
  EXPECT_EQ(report.nodes[0].outcome, Outcome::pass);
  EXPECT_EQ(report.nodes[1].outcome, Outcome::fail);
  ASSERT_TRUE(report.nodes[0].worst);
  EXPECT_EQ(report.findings[*report.nodes[0].worst].subject, 0u) << "720";
  ASSERT_THAT(report.sums, SizeIs(2));
  EXPECT_NEAR(report.sums[0].sum, 720 + 730 + 740 + 750, 1e-6);
}

TEST(Acceptance, ExactlyTheBoundPasses) {
  FakeRun run(1, 1);
  run.add_gemm({0.5 * 1024});  // exact in binary, times and all
  EXPECT_EQ(run.held_against({bf16(512)}).exit_code(), 0);
  EXPECT_EQ(run.held_against({bf16(512.001)}).exit_code(), 1);
  const Report percent = run.held_against({bf16(51, "gpu", {{"unit", "percent of peak"}})});
  EXPECT_NEAR(*percent.findings[0].measured, 100 * 512 / 989.4, 1e-9);
}

TEST(Acceptance, NodeAndGroupHaveMeansAndSlowest) {
  FakeRun run(2, 2);
  run.add_gemm({700, 800, 720, 720});
  EXPECT_EQ(run.held_against({bf16(735, "group")}).exit_code(), 0);  // 2940 / 4 = 735
  EXPECT_EQ(run.held_against({bf16(736, "group")}).exit_code(), 1);
  const Report nodes = run.held_against({bf16(715, "node", {{"statistic", "slowest"}})});
  EXPECT_EQ(nodes.nodes[0].outcome, Outcome::fail);
  EXPECT_EQ(nodes.nodes[1].outcome, Outcome::pass);
}

TEST(Acceptance, SpreadInANodeAndInAGroup) {
  FakeRun run(2, 3);
  run.add_gemm({800, 800, 720, 800, 800, 800});
  EXPECT_EQ(run.held_against({spread(10, "node")}).exit_code(), 0);
  EXPECT_EQ(run.held_against({spread(9.9, "node")}).exit_code(), 1);
  EXPECT_EQ(run.held_against({spread(10, "group", "slowest_below_best")}).exit_code(), 0);
  EXPECT_EQ(run.held_against({spread(9.9, "group", "range_over_median")}).exit_code(), 1);
  FakeRun alone(1, 1);
  alone.add_gemm({800});
  EXPECT_EQ(alone.held_against({spread(10, "node")}).exit_code(), 2) << "one GPU has no spread";
}

TEST(Acceptance, BusBandwidthOfTheSettingThatTheRunHas) {
  const auto setting = [](double gbs, const json& where) {
    json result{{"at_least", gbs}, {"unit", "GB/s"}, {"source", "me"}, {"status", "read"}};
    result.update(where);
    return result;
  };
  json both = bus(0);
  for (const char* key : {"at_least", "unit", "source", "status"}) both.erase(key);
  both["settings"] =
      json::array({setting(441, {{"nodes", {{"at_most", 1}}}, {"ranks", {{"at_least", 8}, {"at_most", 8}}}}),
                   setting(281, {{"nodes", {{"at_least", 2}}}})});
  FakeRun one(1, 8), two(2, 8), four_gpus(1, 4);
  one.add_all_reduce(440);
  two.add_all_reduce(300);
  four_gpus.add_all_reduce(440);
  EXPECT_EQ(one.held_against({both}).exit_code(), 1);
  EXPECT_EQ(two.held_against({both}).exit_code(), 0);
  EXPECT_EQ(four_gpus.held_against({both}).exit_code(), 2) << "no bound is for 4 GPUs";
}

TEST(Acceptance, OnOneRankNothingCrossesALink) {
  FakeRun run(1, 1);
  const Case one{.id = "r",
                 .workload = "all_reduce/nccl",
                 .params = Params({{"size", std::int64_t{1} << 30}}),
                 .measure = {},
                 .absent = {}};
  run.add(one, {"cuda", true, true, {{"algbw", "B", 1e9}}}, run.ranks, {1e-3, 1e-3});
  EXPECT_EQ(run.held_against({bus(441)}).exit_code(), 2);
}

TEST(Acceptance, WhatNobodyMeasuredIsNoPass) {
  FakeRun run(1, 2);
  run.add_gemm({800});
  const Report other = run.held_against({bf16(60, "gpu", {{"cases", gemm("fp64")}})});
  EXPECT_EQ(other.exit_code(), 2);
  EXPECT_THAT(other.findings[0].reason, HasSubstr("the run has no case of gemm/cublaslt fp64"));
  // a pass beside it does not help
  const Report both = run.held_against({bf16(715), bf16(60, "gpu", {{"id", "dgemm"}, {"cases", gemm("fp64")}})});
  EXPECT_EQ(both.exit_code(), 2);
  EXPECT_EQ(both.gpus[0].outcome, Outcome::not_measured);

  run.plan(FakeRun::gemm_case("fp64"));  // planned, but the run broke off
  EXPECT_THAT(run.held_against({bf16(60, "gpu", {{"cases", gemm("fp64")}})}).findings[0].reason,
              HasSubstr("broke off"));
  EXPECT_EQ(run.held_against({verified()}).exit_code(), 2);
}

TEST(Acceptance, CasesAreMatchedByParametersModeAndTime) {
  FakeRun run(1, 1);
  run.add_gemm({800});  // m 8192, sustained, 60 s
  const auto code = [&](json cases) {
    cases["workload"] = "gemm/cublaslt";
    cases["params"]["precision"] = "bf16";
    return run.held_against({bf16(715, "gpu", {{"cases", cases}})}).exit_code();
  };
  EXPECT_EQ(code({{"params", {{"m", {{"at_least", 8192}}}}}}), 0);
  EXPECT_EQ(code({{"params", {{"m", {{"at_least", 8193}}}}}}), 2);
  EXPECT_EQ(code({{"params", {{"m", {4096, 8192}}}}}), 0);
  EXPECT_EQ(code({{"params", {{"k", 8192}}}}), 2) << "the case has no k";
  EXPECT_EQ(code({{"mode", {"burst"}}}), 2);
  EXPECT_EQ(code({{"mode", {"burst", "sustained"}}}), 0);
  EXPECT_EQ(code({{"at_least_seconds", 60}}), 0);
  EXPECT_EQ(code({{"at_least_seconds", 61}}), 2);
  run.ranks[0].window_seconds = 20;  // asked for 60 s, and ended after 20
  run.records.clear();
  run.add_gemm({800});
  EXPECT_EQ(code({{"at_least_seconds", 60}}), 2);
}

TEST(Acceptance, OtherThanNormalDataIsNoRate) {
  FakeRun run(1, 1);
  Case zeros = FakeRun::gemm_case();
  zeros.fill = Fill::zeros;
  run.add(zeros, {"cuda", true, false, {{"flops", "FLOP", 800e12}}}, run.ranks);
  EXPECT_EQ(run.held_against({bf16(715)}).exit_code(), 2);
}

struct Unfit {
  const char* name;
  std::function<void(FakeRun&)> change;
};
class UnfitRun : public ::testing::TestWithParam<Unfit> {};

TEST_P(UnfitRun, PassesNothingAndFailsNothing) {
  FakeRun run(1, 2);
  run.add_gemm({800});
  GetParam().change(run);
  const Report report = run.held_against({bf16(715), verified(),
                                          criterion("counter", "gpu", 0, "errors", {{"counter", "ecc_uncorrected"}}),
                                          criterion("power_limit", "gpu", 600, "W")});
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_THAT(with(report, Outcome::pass), IsEmpty());
  EXPECT_THAT(with(report, Outcome::fail), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Each, UnfitRun,
                         ::testing::Values(Unfit{"Host", [](auto& run) { run.backend = "host"; }},
                                           Unfit{"Shared", [](auto& run) { run.gpu_shared = true; }},
                                           Unfit{"Corrupted", [](auto& run) { run.corrupted = true; }},
                                           Unfit{"NoRanks",
                                                 [](auto& run) {
                                                   run.ranks.clear();
                                                   run.records.clear();
                                                 }},
                                           Unfit{"Slice", [](auto& run) { run.uuids = {"MIG-1", "MIG-2"}; }}),
                         [](const auto& each) { return each.param.name; });

TEST(Acceptance, AnotherModelIsNotApplicable) {
  FakeRun run(1, 2);
  for (RankReport& rank : run.ranks) rank.device = "NVIDIA H200";
  run.add_gemm({800});
  const Report report = run.held_against({bf16(715), verified()});
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_EQ(report.criteria[0].outcome, Outcome::not_applicable);
  EXPECT_THAT(report.findings[0].reason, HasSubstr("NVIDIA H200"));
  run.ranks[0].device = "NVIDIA H100 80GB HBM3";  // one of two
  run.records.clear();
  run.add_gemm({800});
  const Report mixed = run.held_against({bf16(715)});
  EXPECT_EQ(mixed.exit_code(), 2);
  EXPECT_EQ(mixed.gpus[0].outcome, Outcome::pass);
  EXPECT_EQ(mixed.gpus[1].outcome, Outcome::not_applicable);
}

TEST(Acceptance, AFailedCaseFailsTheGpuThatFailedIt) {
  for (const Disposition disposition :
       {Disposition::fail_verify, Disposition::fail_run, Disposition::invalid, Disposition::timeout}) {
    FakeRun run(1, 3);
    run.ranks[1].disposition = disposition;
    run.ranks[1].reason = "element 7";
    run.add_gemm({800});
    for (const json& one : {bf16(715), verified()}) {
      const Report report = run.held_against({one});
      EXPECT_EQ(report.exit_code(), 1) << to_string(disposition);
      ASSERT_THAT(with(report, Outcome::fail), SizeIs(1));
      EXPECT_EQ(with(report, Outcome::fail)[0].subject, 1u);
      EXPECT_THAT(with(report, Outcome::fail)[0].reason, HasSubstr("element 7"));
      EXPECT_THAT(with(report, Outcome::pass), IsEmpty()) << "the others were not measured by it either";
    }
  }
}

TEST(Acceptance, OtherBitsThanTheOthersFailWithoutACulprit) {
  FakeRun run(1, 3);
  run.ranks[2].digest = "e";
  run.add_gemm({800});
  const Report report = run.held_against({verified()});
  EXPECT_EQ(report.exit_code(), 1);
  EXPECT_THAT(with(report, Outcome::fail)[0].reason, HasSubstr("rank 2 on n0"));
}

TEST(Acceptance, ACaseThatNobodyBeganToMeasure) {
  FakeRun run(1, 1);
  const Case one = FakeRun::gemm_case();
  const WorkloadFacts facts{"cuda", true, false, {{"flops", "FLOP", 1e12}}};
  const auto code = [&](Disposition disposition) {
    run.cases = json::array();
    run.plan(one);
    RecordFrame frame;
    frame.run_id = "00000000000000aa";
    run.records = {make_record(one, frame, facts, disposition, "because")};
    return run.held_against({bf16(715)}).exit_code();
  };
  EXPECT_EQ(code(Disposition::not_supported), 2);
  EXPECT_EQ(code(Disposition::skipped), 2);
  EXPECT_EQ(code(Disposition::timeout), 1);
  EXPECT_EQ(code(Disposition::fail_run), 1);
}

json counter(const char* name, double most, const char* statistic = "increase") {
  return criterion("counter", "gpu", most, std::string(name).find("rows") == 0 ? "rows" : "errors",
                   {{"counter", name}, {"statistic", statistic}});
}

TEST(Acceptance, ErrorsAreCountedOverTheRun) {
  FakeRun run(1, 2);
  run.add_gemm({800});
  for (auto* counts : {&run.ranks[1].telemetry.before, &run.ranks[1].telemetry.after}) counts->fill(5);
  run.add_gemm({60}, "fp64");  // three more since the first case, between the two
  const Report report = run.held_against({counter("ecc_uncorrected", 0)});
  EXPECT_EQ(report.exit_code(), 1);
  ASSERT_THAT(with(report, Outcome::fail), SizeIs(1));
  EXPECT_EQ(*with(report, Outcome::fail)[0].measured, 3);
  EXPECT_EQ(report.gpus[0].outcome, Outcome::pass) << "two old errors are none of this run";
  EXPECT_EQ(run.held_against({counter("remapped_rows_uncorrected", 4, "total")}).exit_code(), 1);
  EXPECT_EQ(run.held_against({counter("remapped_rows_uncorrected", 5, "total")}).exit_code(), 0);
}

// A count above 0 has no margin, and is worse than the smallest margin of what passed.
TEST(Acceptance, TheWorstOfANodeIsOneThatFailed) {
  FakeRun run(1, 4);
  run.ranks[3].telemetry.after.fill(5);
  run.add_gemm({715, 800, 800, 800});
  const Criteria criteria = load(file_of({bf16(715), counter("ecc_uncorrected", 0)}));
  Report report = check(criteria, run.evidence());
  ASSERT_EQ(report.nodes[0].outcome, Outcome::fail);
  ASSERT_TRUE(report.nodes[0].worst);
  EXPECT_EQ(report.findings[*report.nodes[0].worst].outcome, Outcome::fail);
  EXPECT_EQ(report.findings[*report.nodes[0].worst].subject, 3u);
  EXPECT_THAT(render_text(criteria, report), HasSubstr("worst GPU: rank 3, counter 3 errors, at most 0 errors"));
  // the node as a whole is too slow, and none of its GPUs is to blame
  const Criteria of_nodes = load(file_of({bf16(700), bf16(790, "node", {{"id", "mean"}})}));
  report = check(of_nodes, run.evidence());
  ASSERT_EQ(report.nodes[0].outcome, Outcome::fail);
  EXPECT_THAT(render_text(of_nodes, report), Not(HasSubstr("worst GPU")));
}

TEST(Acceptance, ACounterThatWasResetOrNotReadIsNotMeasured) {
  FakeRun reset(1, 1);
  reset.add_gemm({800});
  reset.ranks[0].telemetry.before.fill(0);
  reset.ranks[0].telemetry.after.fill(0);
  reset.add_gemm({60}, "fp64");
  EXPECT_EQ(reset.held_against({counter("ecc_corrected", 10)}).exit_code(), 2);

  FakeRun unread(1, 1);
  unread.ranks[0].telemetry.after[0].reset();
  unread.ranks[0].telemetry.unread["ecc_corrected"] = "Not Supported";
  unread.add_gemm({800});
  const Report report = unread.held_against({counter("ecc_corrected", 10)});
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_THAT(report.findings[0].reason, HasSubstr("Not Supported"));
  EXPECT_EQ(unread.held_against({counter("ecc_uncorrected", 0)}).exit_code(), 0);
  EXPECT_EQ(unread.held_against({counter("nvlink_replays", 0)}).exit_code(), 2) << "no record has it";
  EXPECT_EQ(unread.held_against({counter("xid_errors", 0)}).exit_code(), 2);
}

TEST(Acceptance, ARateOfIntegersIsThatOfTheirOperations) {
  const auto int8 = [](double tops) { return criterion("rate", "gpu", tops, "TOP/s", {{"cases", gemm("int8")}}); };
  FakeRun run(1, 1);
  std::vector<RankReport> reports = run.ranks;
  FakeRun::set_seconds(reports[0], 1.0 / 1400);
  FakeRun::fill_window(reports);
  run.add(FakeRun::gemm_case("int8"), {"cuda", true, false, {{"ops", "OP", 1e12}}}, reports);
  EXPECT_EQ(run.held_against({int8(1390)}).exit_code(), 0);
  const Report report = run.held_against({int8(1410)});
  EXPECT_EQ(report.exit_code(), 1);
  EXPECT_NEAR(*report.findings[0].measured, 1400, 1e-6);
}

TEST(Acceptance, ThrottlingTemperatureAndPowerLimit) {
  const json throttle =
      criterion("throttle", "gpu", 0, "percent", {{"events", {"hw_slowdown", "hw_thermal_slowdown"}}});
  const json hot = criterion("temperature", "gpu", 64, "celsius", {{"sensor", "gpu"}});
  const json memory = criterion("temperature", "gpu", 90, "celsius", {{"sensor", "memory"}});
  const json power = criterion("power_limit", "gpu", 700, "W");
  FakeRun run(1, 2);
  run.ranks[1].telemetry.clock_events["sw_power_cap"] = 1;  // as on every H100 under load
  run.add_gemm({800});
  EXPECT_EQ(run.held_against({throttle, power}).exit_code(), 0);
  EXPECT_EQ(run.held_against({hot}).exit_code(), 1) << "65 degrees at the most";
  EXPECT_EQ(run.held_against({memory}).exit_code(), 2) << "no such sensor was read";
  run.ranks[1].telemetry.clock_events["hw_thermal_slowdown"] = 0.001;
  run.ranks[0].telemetry.power_limit_watts = 500;
  run.records.clear();
  run.add_gemm({800});
  const Report report = run.held_against({throttle, power});
  ASSERT_THAT(with(report, Outcome::fail), SizeIs(2));
  EXPECT_NEAR(*with(report, Outcome::fail)[0].measured, 0.1, 1e-9);
  EXPECT_EQ(*with(report, Outcome::fail)[1].measured, 500);
  for (RankReport& rank : run.ranks) {
    rank.telemetry = {};
    rank.telemetry.reason = "no NVML";
  }
  run.records.clear();
  run.add_gemm({800});
  const Report blind = run.held_against({throttle, power, hot, counter("ecc_uncorrected", 0)});
  EXPECT_EQ(blind.exit_code(), 2);
  EXPECT_THAT(with(blind, Outcome::pass), IsEmpty());
}

// Two runs of one plan, joined: GPUs that only one of them measured are measured, those that none did are not.
TEST(Acceptance, JoinedRuns) {
  FakeRun first(1, 2), second(1, 2, "00000000000000bb", 1);
  first.add_gemm({800});
  second.plan(FakeRun::gemm_case());
  const auto joined = [&] {
    Evidence evidence = first.evidence();
    const Evidence more = second.evidence();
    evidence.runs.push_back(more.runs[0]);
    evidence.records.insert(evidence.records.end(), more.records.begin(), more.records.end());
    return check(load(file_of({bf16(715)})), evidence);
  };
  Report report = joined();
  EXPECT_EQ(report.exit_code(), 2) << "the second broke off before its only case";
  EXPECT_EQ(report.gpus[0].outcome, Outcome::pass);
  EXPECT_EQ(report.gpus[2].outcome, Outcome::not_measured);
  second.cases = json::array();
  second.add_gemm({800});
  EXPECT_EQ(joined().exit_code(), 0);
  second.uuids = first.uuids;  // the same GPUs again
  for (RankReport& rank : second.ranks) rank.host = "n0";
  second.records.clear();
  report = joined();
  EXPECT_EQ(report.exit_code(), 0);
  EXPECT_THAT(report.gpus, SizeIs(2));
}

TEST(Acceptance, AHostCaseBesideGpuCasesSaysNothingAboutThem) {
  FakeRun run(1, 1);
  run.add_gemm({800});
  const Case one{.id = "h", .workload = "memory/stream", .params = {}, .measure = {}, .absent = {}};
  run.add(one, {"host", true, false, {{"bytes", "B", 1e9}}}, run.ranks);
  EXPECT_EQ(run.held_against({verified()}).exit_code(), 0);
  run.records.erase(run.records.begin());
  run.cases.erase(0);
  EXPECT_EQ(run.held_against({verified()}).exit_code(), 2) << "alone it is no pass either";
}

TEST(Acceptance, ADamagedRunPassesNothingAsAWhole) {
  FakeRun run(1, 1);
  run.add_gemm({800});
  Evidence evidence = run.evidence();
  evidence.runs[0].damage.push_back("line 3 is cut off");
  EXPECT_EQ(check(load(file_of({bf16(715)})), evidence).exit_code(), 2);
}

TEST(Acceptance, ARankThatTheManifestPutsElsewhereIsNotMeasured) {
  FakeRun run(1, 2);
  run.add_gemm({800});
  run.ranks[1].host = "elsewhere";  // the manifest is written now
  const Report report = run.held_against({bf16(715)});
  EXPECT_EQ(report.exit_code(), 2);
  EXPECT_EQ(report.gpus[1].outcome, Outcome::not_measured);
}

}  // namespace
}  // namespace petaproof::acceptance

#include "harness/suite/plan.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/tests/expect_error.hpp"

namespace petaproof {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string suite(const std::string& cases, const std::string& more = "") {
  return R"({"schema": "petaproof-suite/1", "name": "s", )" + more + R"("cases": [)" + cases + "]}";
}

Plan expand(const std::string& text, RunSetting setting = {"host", 1}) {
  return expand_suite(text, "s.json", setting);
}

std::string refusal(const std::string& text) {
  const std::string message = error_of(Domain::config, [&] { expand(text); });
  EXPECT_THAT(message, StartsWith("s.json: "));
  return message;
}

TEST(Plan, EveryListMultiplies) {
  const Plan plan = expand(suite(R"({"workload": "gemm/openblas", "mode": ["burst", "batched"],
      "params": {"m": [1, 2, 3], "precision": ["fp64", "fp32"], "k": 8}})"));
  ASSERT_EQ(plan.cases.size(), 12u);
  EXPECT_EQ(plan.cases[0].title(), "gemm/openblas fp64 k=8 m=1 n=1024 burst");
  EXPECT_EQ(plan.cases[1].title(), "gemm/openblas fp64 k=8 m=1 n=1024 batched");
  EXPECT_EQ(plan.cases[2].title(), "gemm/openblas fp32 k=8 m=1 n=1024 burst");
  EXPECT_EQ(plan.cases[11].title(), "gemm/openblas fp32 k=8 m=3 n=1024 batched");
}

TEST(Plan, ListsOfParamsGoTogether) {
  const Plan plan = expand(suite(R"({"workload": "gemm/openblas",
      "params": [{"m": 1, "n": 2, "k": 3}, {"m": 4, "n": 5, "k": 6}]})"));
  ASSERT_EQ(plan.cases.size(), 2u);
  EXPECT_EQ(plan.cases[1].params.to_string(), "k=6 m=4 n=5 precision=fp64");
}

TEST(Plan, DefaultsReachEveryBlockAndBlocksOverrideThem) {
  const Plan plan = expand(suite(R"({"workload": "gemm/openblas"}, {"workload": "memory/stream", "seconds": 9})",
                                 R"("defaults": {"seconds": 2, "fill": "zeros", "seed": 7}, )"));
  EXPECT_EQ(plan.cases[0].measure.seconds, 2);
  EXPECT_EQ(plan.cases[0].fill, Fill::zeros);
  EXPECT_EQ(plan.cases[0].seed, 7u);
  EXPECT_EQ(plan.cases[1].measure.seconds, 9);
}

// The ids of published runs must still be found years later: this literal may only change with the record's schema.
TEST(Plan, CaseIdsAreStable) {
  const Plan plan = expand(suite(R"({"workload": "gemm/openblas", "params": {"m": 512, "n": 512, "k": 512}})"));
  EXPECT_EQ(plan.cases[0].id, "e9e8759fa8a5d645");
}

TEST(Plan, CaseIdsDependOnWhatIsMeasuredNotOnHowItIsWritten) {
  const auto id = [](const std::string& block) { return expand(suite(block)).cases.at(0).id; };
  const std::string base = id(R"({"workload": "memory/stream", "params": {"size": "2 MiB"}})");
  EXPECT_EQ(base, id(R"({"params": {"operation": "triad", "size": 2097152}, "workload": "memory/stream"})"));
  EXPECT_NE(base, id(R"({"workload": "memory/stream", "params": {"size": "2 MB"}})"));
  EXPECT_NE(base, id(R"({"workload": "memory/stream", "params": {"size": "2 MiB"}, "fill": "zeros"})"));
  EXPECT_NE(base, id(R"({"workload": "memory/stream", "params": {"size": "2 MiB"}, "seed": 2})"));
  EXPECT_NE(base, id(R"({"workload": "memory/stream", "params": {"size": "2 MiB"}, "mode": "burst"})"));
  EXPECT_NE(base, id(R"({"workload": "memory/stream", "params": {"size": "2 MiB"}, "seconds": 3})"));
}

TEST(Plan, HashCoversTheCases) {
  const std::string one = R"({"workload": "gemm/openblas", "params": {"m": 1}})";
  const std::string two = R"({"workload": "gemm/openblas", "params": {"m": 2}})";
  EXPECT_EQ(expand(suite(one)).hash, expand(suite(one)).hash);
  EXPECT_NE(expand(suite(one)).hash, expand(suite(two)).hash);
  EXPECT_NE(expand(suite(one)).hash, expand(suite(one + "," + two)).hash);
  EXPECT_NE(expand(suite(one)).hash, expand(suite(one, R"("claim": "c", )")).hash);
}

TEST(Plan, WhenLeavesBlocksOutAndSaysWhy) {
  const std::string text = suite(R"({"workload": "gemm/openblas"},
      {"workload": "memory/stream", "when": {"backend": "cuda"}},
      {"workload": "memory/stream", "when": {"backend": "cuda"}, "mode": "burst"},
      {"workload": "all_reduce/mpi", "when": {"min_ranks": 2}, "params": {"size": [4, 8]}})");
  const Plan solo = expand(text);
  EXPECT_EQ(solo.cases.size(), 1u);
  ASSERT_EQ(solo.left_out.size(), 2u);
  EXPECT_EQ(solo.left_out[0].why, "for backend cuda, this run has host");
  EXPECT_EQ(solo.left_out[0].cases, 2);
  EXPECT_EQ(solo.left_out[1].why, "for 2 ranks or more, this run has 1");
  EXPECT_EQ(solo.left_out[1].cases, 2);
  EXPECT_EQ(expand(text, {"host", 2}).cases.size(), 3u);
}

// What is left out is checked all the same: a typing error must not wait for the machine that has two GPUs.
TEST(Plan, BlocksLeftOutAreCheckedToo) {
  EXPECT_THAT(refusal(suite(R"({"workload": "gemm/openblas"},
                  {"workload": "all_reduce/mpi", "when": {"min_ranks": 2}, "params": {"sise": 4}})")),
              HasSubstr("$.cases[1].params"));
}

TEST(Plan, APlanWithoutCasesIsAnError) {
  EXPECT_THAT(refusal(suite("")), HasSubstr("nothing would be measured"));
  EXPECT_THAT(refusal(suite(R"({"workload": "gemm/openblas", "when": {"min_ranks": 9}})")),
              HasSubstr("for 9 ranks or more, this run has 1"));
}

TEST(Plan, TheSameCaseTwiceIsAnError) {
  EXPECT_THAT(refusal(suite(R"({"workload": "gemm/openblas", "params": {"m": 8}},
                               {"workload": "gemm/openblas", "params": [{"m": 9}, {"m": 8}]})")),
              AllOf(HasSubstr("$.cases[1]"), HasSubstr("first in $.cases[0]")));
}

struct BadSuite {
  std::string name;
  std::string text;
  std::string path;     // what the message must name
  std::string allowed;  // and say
};

void PrintTo(const BadSuite& suite, std::ostream* out) {
  *out << suite.name;
}

class BadSuites : public testing::TestWithParam<BadSuite> {};

TEST_P(BadSuites, AreRefusedWithPathAndWhatIsAllowed) {
  EXPECT_THAT(refusal(GetParam().text), AllOf(HasSubstr(GetParam().path), HasSubstr(GetParam().allowed)));
}

std::string block(const std::string& more) {
  return suite(R"({"workload": "gemm/openblas", )" + more + "}");
}

// "[1,2,...,count]"
std::string first(int count) {
  std::string list = "[1";
  for (int i = 2; i <= count; ++i) list += "," + std::to_string(i);
  return list + "]";
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSuites,
    testing::Values(
        BadSuite{"NotJson", "{\"schema\": ", "line 1, column", "parse error"},
        BadSuite{"NotAnObject", "[]", "$", "an object is expected"},
        BadSuite{"NoSchema", R"({"name": "s", "cases": []})", "$", "\"schema\" is missing"},
        BadSuite{"OtherSchema", R"({"schema": "petaproof-suite/9", "name": "s", "cases": []})", "$.schema",
                 "petaproof-suite/1"},
        BadSuite{"DuplicateKey", R"({"schema": "petaproof-suite/1", "name": "s", "name": "t", "cases": []})",
                 "\"name\"", "given twice"},
        BadSuite{"UnknownKey", suite(R"({"workload": "gemm/openblas"})", R"("secnods": 1, )"), "\"secnods\"",
                 "allowed here: cases, claim, defaults, description, name, schema"},
        BadSuite{"UnknownBlockKey", block(R"("modes": "burst")"), "$.cases[0]", "unknown key \"modes\""},
        BadSuite{"UnknownWorkload", suite(R"({"workload": "gemm/abacus"})"), "$.cases[0].workload",
                 "there are all_reduce/mpi, "},
        BadSuite{"WorkloadNotText", suite(R"({"workload": 7})"), "$.cases[0].workload", "a text is expected"},
        BadSuite{"CasesNotList", R"({"schema": "petaproof-suite/1", "name": "s", "cases": {}})", "$.cases",
                 "a list of objects is expected"},
        BadSuite{"UnknownMode", block(R"("mode": "fast")"), "$.cases[0].mode", "burst, batched, sustained"},
        BadSuite{"UnknownModeInList", block(R"("mode": ["burst", "fast"])"), "$.cases[0].mode",
                 "burst, batched, sustained"},
        BadSuite{"EmptyModes", block(R"("mode": [])"), "$.cases[0].mode", "asks for nothing"},
        BadSuite{"UnknownFill", block(R"("fill": "ones")"), "$.cases[0].fill", "normal, uniform, integers, zeros"},
        BadSuite{"SecondsZero", block(R"("seconds": 0)"), "$.cases[0].seconds", "above 0"},
        BadSuite{"SecondsNegative", block(R"("seconds": -1)"), "$.cases[0].seconds", "above 0"},
        BadSuite{"SecondsText", block(R"("seconds": "1")"), "$.cases[0].seconds", "a number above 0"},
        BadSuite{"SecondsHuge", block(R"("seconds": 1e30)"), "$.cases[0].seconds", "at most"},
        BadSuite{"SeedZero", block(R"("seed": 0)"), "$.cases[0].seed", "from 1 to"},
        BadSuite{"SeedFraction", block(R"("seed": 1.5)"), "$.cases[0].seed", "a whole number"},
        BadSuite{"SeedBeyondInt64", block(R"("seed": 18446744073709551615)"), "$.cases[0].seed", "a whole number"},
        BadSuite{"UnknownParam", block(R"("params": {"rows": 4})"), "$.cases[0].params",
                 "it takes precision, layout, m, n, k"},
        BadSuite{"ParamZero", block(R"("params": {"m": 0})"), "$.cases[0].params", "m: a whole number from 1 to"},
        BadSuite{"ParamNegative", block(R"("params": {"m": [4, -4]})"), "$.cases[0].params", "found -4"},
        BadSuite{"ParamTooLarge", block(R"("params": {"m": 1000000})"), "$.cases[0].params", "to 65536"},
        BadSuite{"ParamFraction", block(R"("params": {"m": 1.5})"), "$.cases[0].params.m", "a whole number"},
        BadSuite{"ParamNull", block(R"("params": {"m": null})"), "$.cases[0].params.m", "found null"},
        BadSuite{"UnknownPrecision", block(R"("params": {"precision": "fp63"})"), "precision: one of fp64, fp32",
                 "found \"fp63\""},
        BadSuite{"EmptyParamList", block(R"("params": {"m": []})"), "$.cases[0].params.m", "asks for nothing"},
        BadSuite{"ParamsText", block(R"("params": "m")"), "$.cases[0].params", "a list of objects"},
        BadSuite{"UnknownUnit", suite(R"({"workload": "memory/stream", "params": {"size": "2 MeB"}})"),
                 "$.cases[0].params", "unknown unit \"MeB\""},
        BadSuite{"SizeZero", suite(R"({"workload": "memory/stream", "params": {"size": "0 MiB"}})"),
                 "$.cases[0].params", "above 0"},
        BadSuite{"UnknownWhen", block(R"("when": {"gpus": 2})"), "$.cases[0].when", "unknown key \"gpus\""},
        BadSuite{"UnknownBackend", block(R"("when": {"backend": "rocm"})"), "$.cases[0].when.backend", "host, cuda"},
        BadSuite{"TooManyCases", block("\"params\": {\"m\": " + first(400) + ", \"n\": " + first(400) + "}"),
                 "$.cases[0].params", "more than 100000 cases"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace petaproof

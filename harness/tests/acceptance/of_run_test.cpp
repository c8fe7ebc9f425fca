// Criteria by name, and beside a plan.
#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AcceptanceOfARun, NoNameNoCriteria) {
  EXPECT_FALSE(load_named(""));
  EXPECT_FALSE(of_run("", LoadedRun{}));
}

TEST(AcceptanceOfARun, WhatNoCaseCanMeetIsKnownBeforehand) {
  const json planned = json::array({{{"workload", "gemm/cublaslt"},
                                     {"params", {{"precision", "bf16"}}},
                                     {"mode", "batched"},
                                     {"seconds", 1},
                                     {"fill", "normal"}}});
  const Criteria criteria = load(file_of({bf16(715), bf16(60, "gpu", {{"id", "dgemm"}, {"cases", gemm("fp64")}})}));
  EXPECT_THAT(without_a_case(criteria, planned), ElementsAre("dgemm"));
}

// The suite named after them measures all that the shipped files ask for.
TEST(AcceptanceOfARun, TheSuiteHasACaseForEveryCriterion) {
  const json suite = json::parse(read_text(configs() / "suites/acceptance.json"), nullptr, true, true);
  std::vector<json> planned;
  for (const json& block : suite.at("cases")) {
    std::vector<json> params{json::object()};
    for (const auto& [name, given] : block.at("params").items()) {
      std::vector<json> longer;
      for (const json& one : params)
        for (const json& value : given.is_array() ? given : json::array({given})) {
          longer.push_back(one);
          longer.back()[name] = name == "size" ? json(parse_bytes(value.get<std::string>())) : value;
        }
      params = std::move(longer);
    }
    for (const json& one : params)
      planned.push_back({{"workload", block.at("workload")},
                         {"params", one},
                         {"mode", block.value("mode", "batched")},
                         {"seconds", block.value("seconds", suite.at("defaults").at("seconds").get<double>())},
                         {"fill", "normal"}});
  }
  for (const char* gpu : {"h100-sxm-80gb", "h200-sxm-141gb", "b200-hgx"})
    EXPECT_THAT(
        without_a_case(load_criteria(configs() / "acceptance" / (std::string(gpu) + ".json"), hardware()), planned),
        IsEmpty());
}

}  // namespace
}  // namespace petaproof::acceptance

// The suites that ship: each expands on every backend, with the parameters that this build's workloads take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/json/strict.hpp"
#include "harness/suite/plan.hpp"
#include "kernels/device/error.hpp"
#include "kernels/registry.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

Plan shipped(const std::filesystem::path& file, const RunSetting& setting) {
  return expand_suite(read_text_file(file, "a suite"), file.filename().string(), setting);
}

std::filesystem::path suites() {
  return std::filesystem::path(PETAPROOF_SOURCE_DIR) / "configs/suites";
}

TEST(Suites, EachExpandsWhereItHasCases) {
  for (const auto& entry : std::filesystem::directory_iterator(suites())) {
    int cases = 0;
    for (const char* backend : {"host", "cuda"}) try {
        cases += static_cast<int>(shipped(entry.path(), {backend, 2}).cases.size());
      } catch (const Error& error) {  // one that is for the other backend alone
        EXPECT_THAT(error.what(), testing::HasSubstr("nothing would be measured")) << entry.path();
      }
    EXPECT_GT(cases, 0) << entry.path();
  }
}

TEST(Suites, AttentionSweepsMasksPassesPrecisionsAndHeadDimensions) {
  const Plan plan = shipped(suites() / "attention.json", {"host", 1});
  std::set<std::string> masks, passes, precisions;
  std::set<std::int64_t> dimensions;
  for (const Case& one : plan.cases) {
    EXPECT_EQ(one.workload, "attention/reference");
    if (!one.absent.empty()) GTEST_SKIP() << one.absent;
    masks.insert(one.params.text("mask"));
    passes.insert(one.params.text("pass"));
    precisions.insert(one.params.text("precision"));
    dimensions.insert(one.params.integer("dqk"));
  }
  EXPECT_EQ(masks, (std::set<std::string>{"causal", "full"}));
  EXPECT_EQ(passes, (std::set<std::string>{"backward", "forward"}));
  EXPECT_EQ(precisions, (std::set<std::string>{"bf16", "fp16", "fp32"}));
  EXPECT_EQ(dimensions, (std::set<std::int64_t>{64, 128, 192, 256}));
}

TEST(Suites, SmokeHasAttentionBothWays) {
  for (const auto& [backend, workload] : {std::pair{"cuda", "attention/cudnn"}, {"host", "attention/reference"}}) {
    std::set<std::string> passes;
    for (const Case& one : shipped(suites() / "smoke.json", {backend, 1}).cases)
      if (one.workload == workload) passes.insert(one.params.text("pass"));
    EXPECT_EQ(passes, (std::set<std::string>{"backward", "forward"})) << workload;
  }
}

}  // namespace
}  // namespace petaproof

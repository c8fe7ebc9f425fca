// The workload as the registry hands it out, on a device whose memory and cache are made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/gemm/layout_param.hpp"
#include "kernels/measure/case.hpp"
#include "kernels/registry.hpp"
#include "support/fake_device.hpp"

namespace petaproof {
namespace {

class GemmOpenblasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    workload = Registry::instance().make("gemm/openblas");
    if (!workload) GTEST_SKIP() << "this build has no OpenBLAS";
  }
  Params params(std::map<std::string, Value> given) {
    return Params::complete(workload->info().params, given, "gemm/openblas");
  }

  testing::FakeDevice device;
  std::unique_ptr<Workload> workload;
};

TEST_F(GemmOpenblasTest, WorkIsTwiceTheProductOfTheDimensionsAndBesideItTheBytes) {
  const auto work =
      workload->work(params({{"m", std::int64_t{3}}, {"n", std::int64_t{5}}, {"k", std::int64_t{7}}}), 1);
  ASSERT_EQ(work.size(), 2u);
  EXPECT_EQ(work[0].name, "flops");
  EXPECT_EQ(work[0].unit, "FLOP");
  EXPECT_EQ(work[0].per_launch, 210);
  EXPECT_EQ(work[1].name, "bytes");
  EXPECT_EQ(work[1].unit, "B");
  EXPECT_EQ(work[1].per_launch, 8 * (21 + 35 + 15));
}

TEST_F(GemmOpenblasTest, RefusesWhatDoesNotFit) {
  // 3 * 1024^2 * 8 bytes are 24 MiB, and two slots are the least
  device.facts_for_change().memory_bytes = 48 << 20;
  EXPECT_FALSE(workload->refusal({device}, params({})));
  device.facts_for_change().memory_bytes = (48 << 20) - 1;
  EXPECT_TRUE(workload->refusal({device}, params({})));
  device.facts_for_change().memory_bytes = 24 << 20;  // FP32 needs half
  EXPECT_FALSE(workload->refusal({device}, params({{"precision", "fp32"}})));
}

// The real loop on the real host: short, with shapes that no dimension may be mistaken in.
TEST_F(GemmOpenblasTest, PassesAndFailsWhenCorrupted) {
  const auto host = Registry::instance().backend("host")->open(0, 1);
  SoloAgreement agreement;
  NoProgress progress;
  for (const char* precision : {"fp64", "fp32"})
    for (bool corrupt : {false, true}) {
      const Params with = params(
          {{"precision", precision}, {"m", std::int64_t{130}}, {"n", std::int64_t{70}}, {"k", std::int64_t{300}}});
      Context context(*host, with, Fill::normal, 7);
      const auto fresh = Registry::instance().make("gemm/openblas");
      const CaseOutcome outcome =
          run_case(*fresh, context, 1, {{Mode::batched, 0.02, 0.02}, corrupt}, agreement, progress);
      if (!corrupt) {
        EXPECT_EQ(outcome.disposition, Disposition::pass) << outcome.reason;
        continue;
      }
      EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
      EXPECT_THAT(outcome.reason, ::testing::StartsWith("outputs of the timed launches, slot 0: "));
    }
}

// Shapes in which no dimension may be taken for another, and each operand once as it is and once transposed.
TEST_F(GemmOpenblasTest, EveryLayoutPasses) {
  const auto host = Registry::instance().backend("host")->open(0, 1);
  for (const GemmLayout& layout : gemm_layouts)
    for (const auto& [m, n, k] : {GemmShape{13, 7, 30}, {1, 70, 3}, {33, 1, 17}}) {
      const Params with = params({{"layout", std::string(layout.name)}, {"m", m}, {"n", n}, {"k", k}});
      Context context(*host, with, Fill::normal, 7);
      const auto fresh = Registry::instance().make("gemm/openblas");
      fresh->prepare(context);
      fresh->launch(host->stream(), 0);
      const Verification result = fresh->verify(context, 0);
      EXPECT_TRUE(result.pass) << layout.name << ": " << result.detail;
      EXPECT_THAT(fresh->notes(), ::testing::Contains(::testing::Pair("layout", described(layout))));
    }
}

// The same case as before there were other layouts.
TEST_F(GemmOpenblasTest, TheDefaultLayoutIsNoPartOfACase) {
  EXPECT_EQ(params({{"layout", "nn"}}).to_string(), params({}).to_string());
  EXPECT_EQ(params({}).to_string(), "k=1024 m=1024 n=1024 precision=fp64");
  EXPECT_EQ(params({{"layout", "nt"}}).to_string(), "k=1024 layout=nt m=1024 n=1024 precision=fp64");
}

}  // namespace
}  // namespace petaproof

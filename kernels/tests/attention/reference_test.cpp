// The workload as the registry hands it out, through the real loop on the real host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/measure/case.hpp"
#include "kernels/registry.hpp"
#include "support/fake_device.hpp"

namespace petaproof {
namespace {

using Given = std::map<std::string, Value>;

class AttentionReferenceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    workload = Registry::instance().make("attention/reference");
    if (!workload) GTEST_SKIP() << "this build has no OpenMP";
  }
  Params params(const Given& given) {
    return Params::complete(workload->info().params, given, "attention/reference");
  }
  Given sized(std::int64_t heads, std::int64_t kv_heads, std::int64_t sq, std::int64_t sk, std::int64_t dqk,
              std::int64_t dv) {
    return {{"heads", heads}, {"kv_heads", kv_heads}, {"sq", sq}, {"sk", sk}, {"dqk", dqk}, {"dv", dv}};
  }
  // One launch of one slot, checked.
  Verification launched(const Params& with, Fill fill = Fill::normal) {
    testing::FakeDevice device;
    device.facts_for_change().cache_bytes = 0;  // as few slots as there may be
    Context context(device, with, fill, 7);
    const auto fresh = Registry::instance().make("attention/reference");
    fresh->prepare(context);
    for (const Region& region : fresh->outputs(1)) device.set_bytes(region, 0xFF);
    fresh->launch(device.stream(), 1);
    return fresh->verify(context, 1);
  }

  std::unique_ptr<Workload> workload;
};

TEST_F(AttentionReferenceTest, RefusesWhatDoesNotFit) {
  testing::FakeDevice device;
  const Given given = sized(8, 4, 1024, 1024, 64, 64);
  // Q and O a MiB each, K and V half of it, 8,192 log-sum-exps; two slots are the least
  const std::int64_t slot = (3 << 20) + 4 * 8192;
  device.facts_for_change().memory_bytes = 2 * slot;
  EXPECT_FALSE(workload->refusal({device}, params(given)));
  device.facts_for_change().memory_bytes = 2 * slot - 1;
  EXPECT_THAT(workload->refusal({device}, params(given)).value_or(""), ::testing::HasSubstr("needs"));
}

TEST_F(AttentionReferenceTest, PassesAndFailsWhenCorrupted) {
  const auto host = Registry::instance().backend("host")->open(0, 1);
  SoloAgreement agreement;
  NoProgress progress;
  for (const char* pass : {"forward", "backward"})
    for (bool corrupt : {false, true}) {
      Given given = sized(4, 2, 20, 24, 32, 16);
      given["batch"] = std::int64_t{32};  // few slots overflow the cache
      given["pass"] = pass;
      const Params with = params(given);
      Context context(*host, with, Fill::normal, 7);
      const auto fresh = Registry::instance().make("attention/reference");
      const CaseOutcome outcome =
          run_case(*fresh, context, 1, {{Mode::batched, 0.02, 0.02}, corrupt}, agreement, progress);
      EXPECT_EQ(outcome.disposition, corrupt ? Disposition::fail_verify : Disposition::pass) << outcome.reason;
    }
}

// Odd lengths, one row, one key, more queries than keys (the first see none), one head of keys for all, and one each.
TEST_F(AttentionReferenceTest, EveryShapePasses) {
  for (const Given& shape :
       {sized(4, 2, 113, 113, 64, 64), sized(2, 1, 113, 203, 64, 32), sized(2, 2, 203, 113, 16, 24),
        sized(6, 2, 1, 77, 64, 64), sized(4, 1, 33, 1, 32, 32), sized(3, 1, 1, 1, 8, 8), sized(1, 1, 5, 3, 1, 1)})
    for (const char* precision : {"bf16", "fp16", "fp32"})
      for (const char* mask : {"causal", "full"})
        for (const char* pass : {"forward", "backward"}) {
          Given given = shape;
          given.insert({{"precision", precision}, {"mask", mask}, {"pass", pass}, {"batch", std::int64_t{2}}});
          const Params with = params(given);
          const Verification result = launched(with);
          EXPECT_TRUE(result.pass) << with.to_string() << ": " << result.detail;
        }
}

TEST_F(AttentionReferenceTest, EveryFillPasses) {
  for (const Fill fill : {Fill::uniform, Fill::integers, Fill::zeros})
    for (const char* pass : {"forward", "backward"}) {
      Given given = sized(4, 2, 40, 40, 32, 16);
      given["pass"] = pass;
      const Verification result = launched(params(given), fill);
      EXPECT_TRUE(result.pass) << to_string(fill) << ": " << result.detail;
    }
}

TEST_F(AttentionReferenceTest, QueriesThatSeeNoKeyGiveZero) {
  testing::FakeDevice device;
  device.facts_for_change().cache_bytes = 0;
  const Params with = params(sized(1, 1, 5, 2, 8, 8));  // the first three see none
  Context context(device, with, Fill::normal, 7);
  workload->prepare(context);
  const auto outputs = workload->outputs(0);
  for (const Region& region : outputs) device.set_bytes(region, 0xFF);
  workload->launch(device.stream(), 0);
  const auto* o = static_cast<const std::uint16_t*>(outputs.at(0).data);
  const auto* lse = static_cast<const float*>(outputs.at(1).data);
  for (std::int64_t i = 0; i < 3 * 8; ++i) EXPECT_EQ(o[i], 0) << i;
  for (std::int64_t row = 0; row < 5; ++row) EXPECT_EQ(std::isinf(lse[row]), row < 3) << row;
}

TEST_F(AttentionReferenceTest, TheRecordSaysWhatWasCounted) {
  testing::FakeDevice device;
  device.facts_for_change().cache_bytes = 0;
  const Params with = params(sized(4, 2, 8, 8, 8, 8));
  Context context(device, with, Fill::normal, 7);
  workload->prepare(context);
  EXPECT_THAT(workload->notes(), ::testing::Contains(::testing::Key("flop_model")));
  EXPECT_THAT(workload->notes(), ::testing::Contains(::testing::Key("mask")));
  EXPECT_EQ(workload->work(with, 1).at(0).per_launch, 4 * 2 * 36 * 16);
}

}  // namespace
}  // namespace petaproof

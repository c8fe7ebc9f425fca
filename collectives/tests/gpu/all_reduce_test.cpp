// all_reduce/nccl on one rank: NCCL's copy, and above all that wrong results do not pass. Several ranks need several
// processes: scripts/gpu-check starts them.
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "collectives/communicator.hpp"
#include "collectives/pattern.hpp"
#include "kernels/device/error.hpp"
#include "kernels/measure/case.hpp"
#include "support/gpu.hpp"

namespace petaproof {
namespace {

constexpr std::uint64_t seed = 5;

class AllReduceNcclOnOneRank : public testing::GpuTest {
 protected:
  void SetUp() override {
    testing::GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    workload = Registry::instance().make("all_reduce/nccl");
    if (!workload) GTEST_SKIP() << Registry::instance().why_absent("all_reduce/nccl");
  }

  Params of_size(std::int64_t bytes) const {
    return Params::complete(workload->info().params, {{"size", bytes}}, "all_reduce/nccl");
  }

  CaseOutcome run(Mode mode, std::int64_t bytes, bool corrupt = false) {
    const Params params = of_size(bytes);
    workload = Registry::instance().make("all_reduce/nccl");
    CollectiveContext for_case(*gpu, params, Fill::normal, seed, solo);
    SoloAgreement agreement;
    NoProgress progress;
    return run_case(*workload, for_case, 1, {{mode, 0.05, 0.05}, corrupt}, agreement, progress);
  }

  // Launched on every slot, and not yet verified.
  void launch(const Params& params) {
    context.emplace(*gpu, params, Fill::normal, seed, solo);
    workload->prepare(*context);
    for (int slot = 0; slot < workload->slots(); ++slot) workload->launch(gpu->stream(), slot);
    gpu->stream().synchronize();
  }

  void write(int slot, std::int64_t index, float value) {
    const Region receive = workload->outputs(slot).at(0);
    gpu->copy_from_host(static_cast<float*>(receive.data) + index, &value, sizeof value);
  }

  SoloCommunicator solo;
  std::unique_ptr<Workload> workload;
  std::optional<CollectiveContext> context;
};

TEST_F(AllReduceNcclOnOneRank, PassesInEveryModeAndSize) {
  for (Mode mode : {Mode::burst, Mode::batched, Mode::sustained})
    for (std::int64_t bytes :
         {std::int64_t{4}, std::int64_t{4099}, std::int64_t{1} << 20, (std::int64_t{64} << 20) + 4}) {
      const CaseOutcome outcome = run(mode, bytes);
      ASSERT_EQ(outcome.disposition, Disposition::pass) << bytes << " bytes: " << outcome.reason;
      EXPECT_EQ(outcome.verification.elements_checked % (bytes / 4), 0);
      EXPECT_GT(outcome.verification.elements_checked, 0);
      ASSERT_FALSE(outcome.notes.empty());
      EXPECT_EQ(outcome.notes.front().first, "nccl");
    }
}

// More elements than 32 bits count.
TEST_F(AllReduceNcclOnOneRank, PassesBeyondTwoToTheThirtyTwoElements) {
  const std::int64_t bytes = (std::int64_t{4} << 32) + 20;
  if (const auto reason = refusal_of(*workload, {*gpu, 1}, of_size(bytes))) GTEST_SKIP() << *reason;
  const CaseOutcome outcome = run(Mode::burst, bytes);
  ASSERT_EQ(outcome.disposition, Disposition::pass) << outcome.reason;
  EXPECT_EQ(outcome.verification.elements_checked, 2 * (bytes / 4));
}

TEST_F(AllReduceNcclOnOneRank, ACorruptedResultFails) {
  const CaseOutcome outcome = run(Mode::batched, 1 << 20, true);
  EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
  EXPECT_NE(outcome.reason.find("elements differ"), std::string::npos) << outcome.reason;
}

TEST_F(AllReduceNcclOnOneRank, OneWrongElementIsFoundAndNamed) {
  const Params params = of_size(1 << 20);
  launch(params);
  const std::int64_t last = (1 << 18) - 1;
  const float right = PatternSum(1).at(seed, 1, static_cast<std::uint64_t>(last));
  ASSERT_TRUE(workload->verify(*context, 1).pass) << workload->verify(*context, 1).detail;
  for (float wrong : {right + 1, -right, std::numeric_limits<float>::quiet_NaN(), std::nextafter(right, 1e9f)}) {
    write(1, last, wrong);
    const Verification result = workload->verify(*context, 1);
    EXPECT_FALSE(result.pass) << wrong;
    EXPECT_NE(result.detail.find("1 of 262144 elements differ; element 262143"), std::string::npos) << result.detail;
    EXPECT_TRUE(workload->verify(*context, 0).pass) << "the other slot is as it was";
  }
  write(1, last, right);
  EXPECT_TRUE(workload->verify(*context, 1).pass);
}

TEST_F(AllReduceNcclOnOneRank, TheFirstOfManyIsNamed) {
  const Params params = of_size(1 << 20);
  launch(params);
  gpu->set_bytes(workload->outputs(0).at(0), 0xFF);
  const Verification result = workload->verify(*context, 0);
  EXPECT_FALSE(result.pass);
  EXPECT_NE(result.detail.find("262144 of 262144 elements differ; element 0"), std::string::npos) << result.detail;
}

// A slot that was left as another one's: every element is a right sum, of the wrong data.
TEST_F(AllReduceNcclOnOneRank, TheResultOfAnotherSlotFails) {
  const Params params = of_size(1 << 20);
  launch(params);
  std::vector<float> other(1 << 18);
  gpu->copy_to_host(other.data(), workload->outputs(0).at(0).data, 4 * other.size());
  gpu->copy_from_host(workload->outputs(1).at(0).data, other.data(), 4 * other.size());
  EXPECT_FALSE(workload->verify(*context, 1).pass);
}

// The measuring loop replays launches as a graph.
TEST_F(AllReduceNcclOnOneRank, ALaunchCanBeRecorded) {
  const Params params = of_size(1 << 20);
  launch(params);
  const auto recording = gpu->record([&](Stream& stream) {
    for (int slot = 0; slot < workload->slots(); ++slot) workload->launch(stream, slot);
  });
  ASSERT_NE(recording, nullptr);
  for (int slot = 0; slot < workload->slots(); ++slot) gpu->set_bytes(workload->outputs(slot).at(0), 0xFF);
  recording->replay(gpu->stream());
  gpu->stream().synchronize();
  for (int slot = 0; slot < workload->slots(); ++slot) {
    const Verification result = workload->verify(*context, slot);
    EXPECT_TRUE(result.pass) << result.detail;
  }
}

TEST_F(AllReduceNcclOnOneRank, TooMuchMemoryIsRefusedBeforeItIsAskedFor) {
  const auto reason = refusal_of(*workload, {*gpu, 1}, of_size(std::int64_t{1} << 40));
  ASSERT_TRUE(reason.has_value());
  EXPECT_NE(reason->find("4096.0 GiB"), std::string::npos) << *reason;
}

// A rate of the bus would be zero; what is left is told under its own name.
TEST_F(AllReduceNcclOnOneRank, HasNoBusBandwidth) {
  const auto alone = workload->work(of_size(1 << 20), 1);
  ASSERT_EQ(alone.size(), 1u);
  EXPECT_EQ(alone[0].name, "algbw");
  const auto four = workload->work(of_size(1 << 20), 4);
  EXPECT_EQ(four.at(0).name, "busbw");
  EXPECT_EQ(four.at(0).per_launch, 1.5 * (1 << 20));
  EXPECT_EQ(four.at(1).per_launch, 1 << 20);
}

}  // namespace
}  // namespace petaproof

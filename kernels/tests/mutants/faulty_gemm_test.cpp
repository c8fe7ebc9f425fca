// Wrong kernels, each run as any case is: none may pass, and each must be told where it is wrong.
#include "faulty_gemm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/measure/case.hpp"

namespace petaproof {
namespace {

using ::testing::ContainsRegex;
using testing::FakeDevice;
using testing::Fault;
using testing::FaultyGemm;
using ::testing::StartsWith;

template <typename T>
CaseOutcome run(Fault fault, std::uint64_t seed = 1, bool corrupt = false, Mode mode = Mode::batched) {
  FakeDevice device;
  FaultyGemm<T> workload(fault, device);
  const Params none;
  Context context(device, none, Fill::normal, seed);
  SoloAgreement agreement;
  NoProgress progress;
  return run_case(workload, context, 1, {{mode, 0.05, 0.1}, corrupt}, agreement, progress);
}

struct Mutant {
  const char* name;
  Fault fault;
  const char* when;   // the beginning of the reason
  const char* where;  // a regular expression
};

// "C[row,column]" or "row R of C", whichever method meets it first
constexpr Mutant mutants[] = {
    {"wrong_tile", Fault::wrong_tile, "outputs before timing, slot 0: ",
     "C\\[(1[6-9]|2[0-9]|3[01]),(3[2-9]|4[0-7])\\]|row (1[6-9]|2[0-9]|3[01]) of C"},
    {"swapped_tiles", Fault::swapped_tiles,
     "outputs before timing, slot 0: ", "C\\[[0-9]+,[0-9]+\\]: expected|row [0-9]+ of C"},
    {"nan_element", Fault::nan_element,
     "outputs before timing, slot 0: ", "C\\[29,31\\]: expected .*, got -?nan|row 29 of C: .* is -?nan"},
    {"stale_output", Fault::stale_output,
     "outputs of the timed launches, slot 0: ", "C\\[[0-9]+,0\\]: expected .*, got -?nan"},
    {"half_of_k", Fault::half_of_k, "outputs before timing, slot 0: ", "C\\[[0-9]+,0\\]: expected"},
    {"every_other_slot", Fault::every_other_slot,
     "outputs before timing, slot 1: ", "C\\[[0-9]+,0\\]: expected .*, got -?nan"},
    {"swapped_operands", Fault::swapped_operands, "outputs before timing, slot 0: ", "C\\[[0-9]+,0\\]: expected"},
    {"two_equal_errors", Fault::two_equal_errors,
     "outputs before timing, slot 0: ", "C\\[(5,7|40,30)\\]: expected|row (5|40) of C"},
    {"last_row_missing", Fault::last_row_missing,
     "outputs before timing, slot 0: ", "C\\[47,[0-9]+\\]: expected .*, got -?nan"},
    {"slightly_off", Fault::slightly_off,
     "outputs before timing, slot 0: ", "C\\[17,[0-9]+\\]: expected|row 17 of C"},
    {"unstable", Fault::unstable, "slot ", "slot [0-9]: the timed launches gave other bits"},
};

class Mutants : public ::testing::TestWithParam<Mutant> {
 protected:
  static void expect_rejected(const CaseOutcome& outcome) {
    EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
    EXPECT_FALSE(outcome.verification.pass);
    EXPECT_THAT(outcome.reason, StartsWith(GetParam().when));
    EXPECT_THAT(outcome.reason, ContainsRegex(GetParam().where));
  }
};

INSTANTIATE_TEST_SUITE_P(Gemm, Mutants, ::testing::ValuesIn(mutants),
                         [](const auto& mutant) { return std::string(mutant.param.name); });

// Which rows and columns are sampled hangs on the seed: several, so that no mutant is caught by luck.
TEST_P(Mutants, AreRejectedInFP64) {
  for (std::uint64_t seed : {1, 2, 3, 4}) expect_rejected(run<double>(GetParam().fault, seed));
}

TEST_P(Mutants, AreRejectedInFP32) {
  for (std::uint64_t seed : {1, 2, 3, 4}) expect_rejected(run<float>(GetParam().fault, seed));
}

TEST(Gemm, TheOneThatIsRightPasses) {
  for (Mode mode : {Mode::burst, Mode::batched, Mode::sustained})
    for (std::uint64_t seed : {1, 2, 3, 4}) {
      const CaseOutcome in_fp64 = run<double>(Fault::none, seed, false, mode);
      EXPECT_EQ(in_fp64.disposition, Disposition::pass) << in_fp64.reason;
      const CaseOutcome in_fp32 = run<float>(Fault::none, seed, false, mode);
      EXPECT_EQ(in_fp32.disposition, Disposition::pass) << in_fp32.reason;
    }
}

// --corrupt: one bit of each timed output of a right kernel.
TEST(Gemm, TheOneThatIsRightFailsWhenItsOutputIsCorrupted) {
  for (std::uint64_t seed : {1, 2, 3, 4}) {
    for (const CaseOutcome& outcome : {run<double>(Fault::none, seed, true), run<float>(Fault::none, seed, true)}) {
      EXPECT_EQ(outcome.disposition, Disposition::fail_verify);
      EXPECT_THAT(outcome.reason, StartsWith("outputs of the timed launches, slot 0: "));
      EXPECT_THAT(outcome.reason, ContainsRegex("C\\[[0-9]+,[0-9]+\\]|row [0-9]+ of C"));
    }
  }
}

}  // namespace
}  // namespace petaproof

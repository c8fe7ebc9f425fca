// Wrong attention: none may pass, and each must be told where it is wrong.
#include "faulty_attention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/verify/bounds.hpp"

namespace petaproof {
namespace {

using testing::AttentionFault;
using testing::AttentionMutant;
using ::testing::ContainsRegex;
using testing::FaultyAttention;

// Shapes in which nothing can be taken for anything else; more keys than queries, so that masks can be misaligned.
constexpr AttentionShape shape{
    .batch = 2, .heads = 6, .kv_heads = 3, .sq = 37, .sk = 45, .dqk = 24, .dv = 16, .mask = AttentionMask::causal};

Verification run(AttentionFault fault, AttentionPass pass, Element element, std::uint64_t seed) {
  FaultyAttention attention(shape, pass, element, seed);
  const AttentionCheck check(shape, pass, attention.inputs(), seed);
  attention.compute(fault);
  return check.check(attention.outputs());
}

class AttentionMutants : public ::testing::TestWithParam<AttentionMutant> {
 protected:
  // a softmax of three bits is what FP8 has
  static bool is_right(Element element) {
    return element == Element::e4m3 && GetParam().fault == AttentionFault::coarse_p;
  }
  static void expect_rejected(Element element, AttentionPass pass) {
    // which rows are sampled hangs on the seed: several, so that no mutant is caught by luck
    for (std::uint64_t seed : {1, 2, 3, 4}) {
      const Verification result = run(GetParam().fault, pass, element, seed);
      EXPECT_FALSE(result.pass) << "seed " << seed << ": " << result.detail;
      EXPECT_THAT(result.detail, ContainsRegex(GetParam().where));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Attention, AttentionMutants, ::testing::ValuesIn(testing::attention_mutants),
                         [](const auto& mutant) { return std::string(mutant.param.name); });

TEST_P(AttentionMutants, AreRejectedForward) {
  if (!GetParam().forward) return;  // does not touch it
  for (const Element element : {Element::bf16, Element::fp16, Element::fp32, Element::e4m3})
    if (!is_right(element)) expect_rejected(element, AttentionPass::forward);
}

TEST_P(AttentionMutants, AreRejectedBackward) {
  if (!GetParam().backward) return;  // does not touch it, or by less than BF16's rounding
  for (const Element element : {Element::bf16, Element::fp16, Element::fp32, Element::e4m3})
    if (!is_right(element)) expect_rejected(element, AttentionPass::backward);
}

// Narrower operands than the case says show in FP32 alone: the others have them.
TEST(AttentionMutants, Tf32ForFp32IsRejected) {
  for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward})
    for (std::uint64_t seed : {1, 2, 3, 4})
      EXPECT_FALSE(run(AttentionFault::tf32_operands, pass, Element::fp32, seed).pass) << seed;
}

// What Hopper's tensor cores make of FP8's scores, and what none that sums in FP32 does.
TEST(AttentionMutants, ScoresOfThirteenBitsAreRightWhereTheGpuHasNoMore) {
  for (std::uint64_t seed : {1, 2, 3, 4}) {
    FaultyAttention attention(shape, AttentionPass::forward, Element::e4m3, seed);
    const AttentionCheck narrow(shape, AttentionPass::forward, attention.inputs(), seed, aligned_roundoff),
        wide(shape, AttentionPass::forward, attention.inputs(), seed);
    attention.compute(AttentionFault::aligned_scores);
    EXPECT_TRUE(narrow.check(attention.outputs()).pass) << narrow.check(attention.outputs()).detail;
    EXPECT_THAT(wide.check(attention.outputs()).detail, ContainsRegex("^log-sum-exp of sequence"));
  }
}

TEST(AttentionMutants, TheOneThatIsRightPasses) {
  for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward})
    for (const Element element : {Element::bf16, Element::fp16, Element::fp32, Element::e4m3})
      for (std::uint64_t seed : {1, 2, 3, 4}) {
        const Verification result = run(AttentionFault::none, pass, element, seed);
        EXPECT_TRUE(result.pass) << result.detail;
        // it sums in double precision and rounds once: well below what is allowed
        EXPECT_LT(result.worst_error_over_bound, 0.9) << result.detail;
        EXPECT_GT(result.elements_checked, 100);
      }
}

}  // namespace
}  // namespace petaproof

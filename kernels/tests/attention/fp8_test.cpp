// The scales of FP8 attention: normal operands must fit, and what is small must not vanish.
#include "kernels/attention/fp8.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/verify/attention_host.hpp"
#include "mutants/faulty_attention.hpp"

namespace petaproof {
namespace {

using testing::FaultyAttention;

// What an element may be at most, and the smallest with all its bits.
float most(float unit) {
  return 448 * unit * e4m3_unit;
}
float least_normal(float unit) {
  return 0x1p-6f * unit * e4m3_unit;
}

TEST(Fp8Attention, OtherElementsHaveNoUnits) {
  const AttentionUnits units = attention_units({.heads = 8, .kv_heads = 1}, Element::bf16);
  for (const float unit : {units.p, units.ds, units.o, units.d_q, units.d_kv}) EXPECT_EQ(unit, 1);
}

TEST(Fp8Attention, SoftmaxFitsUpToOne) {
  const AttentionUnits units = attention_units({}, Element::e4m3);
  EXPECT_GE(most(units.p), 1);
  EXPECT_LT(most(units.p), 2);
  EXPECT_LT(least_normal(units.p), 1.0f / 8192);  // of the longest of the suite, of equal scores
}

// The gradients in double precision, of the first keys of a causal mask too, which are the largest.
TEST(Fp8Attention, GradientsOfNormalOperandsFit) {
  for (const std::int64_t heads : {1, 8})
    for (const AttentionMask mask : {AttentionMask::full, AttentionMask::causal}) {
      const AttentionShape s{
          .heads = heads, .kv_heads = 1, .sq = 256, .sk = 256, .dqk = 128, .dv = 128, .mask = mask};
      const AttentionUnits units = attention_units(s, Element::e4m3);
      for (const std::uint64_t seed : {1, 2, 3}) {
        const FaultyAttention attention(s, AttentionPass::backward, Element::e4m3, seed);
        HostAttentionEngine engine(s, AttentionPass::backward, attention.inputs());
        const auto largest = [](const std::vector<AttentionLine>& lines) {
          double result = 0;
          for (const AttentionLine& line : lines)
            for (const double x : line.exact) result = std::max(result, std::abs(x));
          return result;
        };
        const auto of_keys = engine.key_gradients(0, 0, {0, 1, 2, 3, 100, 255});
        const auto of_queries = engine.query_gradients({{0, 0, 1}, {0, 0, 2}, {0, 0, 3}, {0, 0, 255}});
        EXPECT_LT(largest(of_keys.k), most(units.d_kv));
        EXPECT_LT(largest(of_keys.v), most(units.d_kv));
        EXPECT_LT(largest(of_queries), most(units.d_q));
        EXPECT_GT(largest(of_keys.v), least_normal(units.d_kv));
      }
    }
}

// Plain attention in FP8 errs by a few percent of a term, and not by the whole of it: what is allowed says something.
TEST(Fp8Attention, WhatIsAllowedIsAFractionOfATerm) {
  for (const AttentionMask mask : {AttentionMask::full, AttentionMask::causal}) {
    const AttentionShape s{.heads = 2, .kv_heads = 1, .sq = 1024, .sk = 1024, .dqk = 128, .dv = 128, .mask = mask};
    const FaultyAttention attention(s, AttentionPass::backward, Element::e4m3, 1);
    const AttentionCheck forward(s, AttentionPass::forward, attention.inputs(), 1),
        backward(s, AttentionPass::backward, attention.inputs(), 1);
    EXPECT_LT(forward.limits()[0], 0.3);
    for (const std::size_t gradient : {1, 2, 3}) EXPECT_LT(backward.limits()[gradient], 0.5) << gradient;
  }
}

}  // namespace
}  // namespace petaproof

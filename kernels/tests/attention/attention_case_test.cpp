#include "kernels/attention/attention_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using ::testing::HasSubstr;

Params params(std::map<std::string, Value> given) {
  return Params::complete(attention_params({"bf16", "fp16", "fp32"}), given, "attention/test");
}

std::string refusal(const std::map<std::string, Value>& given) {
  try {
    params(given);
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::config);
    return error.what();
  }
  return "accepted";
}

const std::map<std::string, Value> odd{
    {"batch", std::int64_t{2}}, {"heads", std::int64_t{6}}, {"kv_heads", std::int64_t{3}}, {"sq", std::int64_t{5}},
    {"sk", std::int64_t{7}},    {"dqk", std::int64_t{4}},   {"dv", std::int64_t{3}}};

std::map<std::string, Value> with(std::map<std::string, Value> more) {
  more.insert(odd.begin(), odd.end());
  return more;
}

TEST(AttentionCase, ReadsEveryParameter) {
  const AttentionCase one =
      attention_case(params(with({{"precision", "fp16"}, {"mask", "full"}, {"pass", "backward"}})));
  EXPECT_EQ(one.shape.batch, 2);
  EXPECT_EQ(one.shape.heads, 6);
  EXPECT_EQ(one.shape.kv_heads, 3);
  EXPECT_EQ(one.shape.sq, 5);
  EXPECT_EQ(one.shape.sk, 7);
  EXPECT_EQ(one.shape.dqk, 4);
  EXPECT_EQ(one.shape.dv, 3);
  EXPECT_EQ(one.shape.mask, AttentionMask::full);
  EXPECT_EQ(one.pass, AttentionPass::backward);
  EXPECT_EQ(one.element, Element::fp16);
  EXPECT_EQ(attention_case(params({{"precision", "fp32"}})).element, Element::fp32);
  const auto with_fp8 = Params::complete(attention_params({"bf16", "fp8"}), {{"precision", "fp8"}}, "attention/test");
  EXPECT_EQ(attention_case(with_fp8).element, Element::e4m3);
  EXPECT_EQ(attention_case(params({})).element, Element::bf16);
  EXPECT_EQ(attention_case(params({})).shape.mask, AttentionMask::causal);
}

TEST(AttentionCase, GradientsAreDeterministicUnlessACaseSaysOtherwise) {
  auto specs = attention_params({"bf16"});
  specs.push_back(deterministic_param());
  const auto of = [&](const std::map<std::string, Value>& given) {
    return attention_case(Params::complete(specs, given, "attention/test")).deterministic;
  };
  EXPECT_TRUE(of({{"pass", "backward"}}));
  EXPECT_FALSE(of({{"pass", "backward"}, {"deterministic", false}}));
  EXPECT_TRUE(of({{"pass", "forward"}}));
  EXPECT_THROW(of({{"pass", "forward"}, {"deterministic", false}}), Error);
  EXPECT_TRUE(attention_case(params({{"pass", "backward"}})).deterministic);  // of workloads without the switch
}

TEST(AttentionCase, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(refusal({{"heads", std::int64_t{64}}, {"kv_heads", std::int64_t{7}}}),
            "kv_heads: 7 does not divide heads, which is 64");
  EXPECT_EQ(refusal({{"mask", "sliding"}}), "mask: one of causal, full is expected, found \"sliding\"");
  EXPECT_EQ(refusal({{"pass", "both"}}), "pass: one of forward, backward is expected, found \"both\"");
  EXPECT_THAT(refusal({{"sq", std::int64_t{0}}}), HasSubstr("sq: a whole number from 1"));
  EXPECT_THAT(refusal({{"dv", std::int64_t{-1}}}), HasSubstr("dv: a whole number from 1"));
  EXPECT_THAT(refusal({{"precision", "fp64"}}), HasSubstr("precision: one of bf16, fp16, fp32"));
}

// The loops of the products, for every head of queries of every sequence.
TEST(AttentionCase, WorkIsWhatLoopsCount) {
  for (const char* mask : {"causal", "full"})
    for (const char* pass : {"forward", "backward"}) {
      const AttentionCase one = attention_case(params(with({{"mask", mask}, {"pass", pass}})));
      const AttentionShape& s = one.shape;
      double counted = 0;
      const auto multiply_add = [&](std::int64_t times) { counted += 2 * static_cast<double>(times); };
      for (std::int64_t head = 0; head < s.batch * s.heads; ++head)
        for (std::int64_t query = 0; query < s.sq; ++query)
          for (std::int64_t key = 0; key < s.visible_keys(query); ++key) {
            multiply_add(s.dqk);  // S, in backward recomputed
            multiply_add(s.dv);   // O, or dP
            if (one.pass == AttentionPass::forward) continue;
            multiply_add(s.dv);   // dV
            multiply_add(s.dqk);  // dQ
            multiply_add(s.dqk);  // dK
          }
      const auto work = attention_work(one);
      EXPECT_EQ(work.at(0).name, "flops");
      EXPECT_EQ(work.at(0).per_launch, counted) << mask << " " << pass;
      ASSERT_EQ(work.size(), s.mask == AttentionMask::causal ? 3u : 2u);
      EXPECT_EQ(work.back().name, "bytes");
      EXPECT_EQ(work.back().per_launch, static_cast<double>(one.bytes()));
    }
}

TEST(AttentionCase, TheCustomaryCountStandsBesideTheExactOne) {
  const auto eight_thousand = [](const char* pass) {
    return attention_work(attention_case(params({{"sq", std::int64_t{8192}},
                                                 {"sk", std::int64_t{8192}},
                                                 {"heads", std::int64_t{64}},
                                                 {"batch", std::int64_t{2}},
                                                 {"pass", pass}})));
  };
  // cuDNN's published sweeps: 4.398e12 FLOP of this shape without a mask, half of it with one; backward 2.5 times
  // that
  EXPECT_EQ(eight_thousand("forward").at(1).name, "customary_flops");
  EXPECT_NEAR(2 * eight_thousand("forward").at(1).per_launch, 4.398e12, 0.001e12);
  EXPECT_EQ(eight_thousand("backward").at(1).per_launch, 2.5 * eight_thousand("forward").at(1).per_launch);
  EXPECT_EQ(eight_thousand("forward").at(0).per_launch, eight_thousand("forward").at(1).per_launch * 8193 / 8192);
}

TEST(AttentionCase, BytesAreThoseOfEveryTensor) {
  // Q 240, K 168, V 126, O 180 elements, 60 log-sum-exps
  EXPECT_EQ(attention_case(params(with({{"precision", "bf16"}}))).bytes(), 2 * 714 + 4 * 60);
  EXPECT_EQ(attention_case(params(with({{"precision", "fp32"}}))).bytes(), 4 * 714 + 4 * 60);
  EXPECT_EQ(attention_case(params(with({{"pass", "backward"}}))).bytes(), 2 * 2 * 714 + 4 * 60);
}

// Llama 3 70B's heads: 8 heads of queries share a key. Of each of its bytes come 8 FLOP, where an H200 at its full
// rate makes 206 of a byte of memory.
TEST(AttentionCase, ADecodingStepIsAllKeysAndValues) {
  const auto work = attention_work(attention_case(params({{"mask", "full"},
                                                          {"batch", std::int64_t{32}},
                                                          {"heads", std::int64_t{64}},
                                                          {"sq", std::int64_t{1}},
                                                          {"sk", std::int64_t{8192}}})));
  const double keys_and_values = 32.0 * 8192 * 8 * (128 + 128) * 2;
  EXPECT_EQ(work.back().per_launch, keys_and_values + 32 * 64 * (2 * (128 + 128) + 4));
  EXPECT_NEAR(work.at(0).per_launch / work.back().per_launch, 8, 0.02);
}

TEST(AttentionCase, ScoresOfFP8AreNarrowOnHopperAndAdaAlone) {
  DeviceFacts gpu;
  for (const std::string capability : {"8.9", "9.0", "10.0", "10.3", "12.0"}) {
    gpu.more["compute_capability"] = capability;
    EXPECT_EQ(score_roundoff(Element::e4m3, gpu), capability.starts_with("1") ? 0x1p-24 : 0x1p-13) << capability;
    EXPECT_EQ(score_roundoff(Element::bf16, gpu), 0x1p-24) << capability;
  }
}

// Queries that see no key are not read, by kernels that know it.
TEST(AttentionCase, TheLeastBytesAreNotKnownWhereQueriesSeeNoKey) {
  const auto last = [](const char* mask, std::int64_t sq) {
    return attention_work(attention_case(params({{"mask", mask}, {"sq", sq}, {"sk", std::int64_t{64}}}))).back().name;
  };
  EXPECT_EQ(last("causal", 64), "bytes");
  EXPECT_EQ(last("causal", 65), "customary_flops");
  EXPECT_EQ(last("full", 65), "bytes");
}

TEST(AttentionCase, TheRecordNamesMaskAndModel) {
  const auto notes = attention_notes(attention_case(params(odd)));
  EXPECT_EQ(notes.at(0).second,
            "12 x 2 x 25 pairs x (dqk + dv), pairs as the mask leaves them; customary: half of all, 17.5 pairs");
  EXPECT_THAT(notes.at(1).second, HasSubstr("bottom right"));
}

}  // namespace
}  // namespace petaproof

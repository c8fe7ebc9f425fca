// cuDNN makes plans for a GPU that is described to it and compiles them: so it is seen without a GPU that it takes
// our graphs, and which cases it has an engine for.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <string>

#include "kernels/attention/cuda/cudnn_attention.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

const DescribedGpu h100{"NVIDIA H100 80GB HBM3", 90, 132, 84942979072, 52428800, 1980000, 2619000, 5120};
const DescribedGpu b200{"NVIDIA B200", 100, 148, 191514411008, 132644864, 1965000, 3996000, 8192};

constexpr auto forward = AttentionPass::forward, backward = AttentionPass::backward;
constexpr auto full = AttentionMask::full, causal = AttentionMask::causal;
constexpr auto bf16 = Element::bf16, fp16 = Element::fp16, fp8 = Element::e4m3;

struct Heads {
  std::int64_t queries, keys, dqk, dv;
};
constexpr Heads llama{64, 8, 128, 128}, deepseek{32, 32, 192, 128}, all{32, 32, 128, 128}, small{32, 8, 64, 64},
    large{16, 16, 256, 256};

AttentionCase attention(AttentionPass pass, Element element, const Heads& heads, AttentionMask mask, std::int64_t sq,
                        std::int64_t sk) {
  return {.shape = {.batch = 2,
                    .heads = heads.queries,
                    .kv_heads = heads.keys,
                    .sq = sq,
                    .sk = sk,
                    .dqk = heads.dqk,
                    .dv = heads.dv,
                    .mask = mask},
          .pass = pass,
          .element = element,
          .deterministic = false};
}

std::string described(const AttentionCase& one) {
  const AttentionShape& s = one.shape;
  return fmt::format("{} {} {} {}/{} {}x{} {}/{}", one.pass == forward ? "forward" : "backward",
                     one.element == fp8    ? "fp8"
                     : one.element == fp16 ? "fp16"
                                           : "bf16",
                     s.mask == full ? "full" : "causal", s.heads, s.kv_heads, s.sq, s.sk, s.dqk, s.dv);
}

// Empty if there is an engine, otherwise what the library lacks.
std::string lack(const AttentionCase& one, const DescribedGpu& gpu) {
  try {
    plan_cudnn_attention(one, gpu);
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::not_supported) << described(one);
    return error.what();
  }
}

// Another version has other engines, and other words for what it lacks.
class OfVersion928 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cudnn_version().starts_with("9.28.")) GTEST_SKIP() << "cuDNN " << cudnn_version() << " is not 9.28";
  }
};
class CudnnPlans : public OfVersion928 {};
class CudnnSweep : public OfVersion928 {};

TEST_F(CudnnPlans, NameTheEngineAndItsWorkspace) {
  const auto notes = plan_cudnn_attention(attention(forward, bf16, llama, causal, 8192, 8192), h100);
  EXPECT_THAT(notes, AllOf(Contains(Pair("cudnn", cudnn_version())), Contains(Pair("cudnn_node", "composite")),
                           Contains(Pair("engine", HasSubstr("eng"))), Contains(Key("workspace_bytes"))));
}

// Gradients of equal bits keep the gradient of P whole, 2 bytes for each pair of every head.
TEST_F(CudnnPlans, GradientsOfEqualBitsNeedRoomForEveryPairOnHopper) {
  const auto workspace = [](AttentionCase one, bool deterministic) {
    one.deterministic = deterministic;
    const auto notes = plan_cudnn_attention(one, h100);
    return std::stoll(std::map(notes.begin(), notes.end()).at("workspace_bytes"));
  };
  const AttentionCase one = attention(backward, bf16, llama, causal, 2048, 2048);
  const std::int64_t pairs = one.shape.batch * one.shape.heads * one.shape.sq * one.shape.sk;
  EXPECT_LT(workspace(one, false), pairs);
  EXPECT_GT(workspace(one, true), 2 * pairs);
}

TEST_F(CudnnPlans, WhatTheLibraryLacksIsOneLine) {
  const AttentionCase decode = attention(forward, fp8, llama, full, 1, 256);
  EXPECT_THAT(lack(decode, h100), AllOf(HasSubstr("has no engine for this attention: No valid engine configs"),
                                        Not(HasSubstr("\n")), Not(HasSubstr("__"))));
}

TEST_F(CudnnPlans, MoreQueriesThanKeysUnderACausalMaskHaveNoEngine) {
  for (const DescribedGpu& gpu : {h100, b200})
    EXPECT_THAT(lack(attention(forward, bf16, all, causal, 203, 113), gpu), HasSubstr("max_s_q > max_s_kv"));
}

// ---- slow: what the suites ask for. A case of gradients has a plan for its forward pass as well.

TEST_F(CudnnSweep, TrainingInSixteenBitsHasEngines) {
  for (const DescribedGpu& gpu : {h100, b200})
    for (const Heads& heads : {small, llama, deepseek, large})
      for (const AttentionMask mask : {full, causal}) {
        if (mask == full && heads.dqk != llama.dqk) continue;
        // of this head dimension cuDNN 9.28 has gradients on Hopper alone
        const bool lacking = gpu.capability == 100 && heads.dqk == large.dqk;
        const AttentionCase one = attention(lacking ? forward : backward, bf16, heads, mask, 4096, 4096);
        EXPECT_EQ(lack(one, gpu), "") << gpu.name << ": " << described(one);
      }
  EXPECT_NE(lack(attention(backward, bf16, large, causal, 4096, 4096), b200), "");
}

TEST_F(CudnnSweep, SoHaveLengthsOfAnyKind) {
  struct {
    AttentionPass pass;
    std::int64_t sq, sk;
  } const lengths[] = {{backward, 512, 512},
                       {backward, 131072, 131072},
                       {backward, 113, 203},
                       {forward, 1, 4096},
                       {forward, 1, 131072}};
  for (const DescribedGpu& gpu : {h100, b200})
    for (const auto& [pass, sq, sk] : lengths) {
      const AttentionCase one = attention(pass, fp16, llama, causal, sq, sk);
      EXPECT_EQ(lack(one, gpu), "") << gpu.name << ": " << described(one);
    }
}

TEST_F(CudnnSweep, EightBitsHaveThemForTheHeadsOfLlamaOnHopperAndForMoreOnBlackwell) {
  for (const DescribedGpu& gpu : {h100, b200})
    for (const AttentionMask mask : {full, causal}) {
      const AttentionCase one = attention(backward, fp8, all, mask, 4096, 4096);
      EXPECT_EQ(lack(one, gpu), "") << gpu.name << ": " << described(one);
    }
  EXPECT_THAT(lack(attention(backward, fp8, small, full, 4096, 4096), h100), HasSubstr("hidden_dim"));
  EXPECT_EQ(lack(attention(backward, fp8, small, full, 4096, 4096), b200), "");
}

}  // namespace
}  // namespace petaproof

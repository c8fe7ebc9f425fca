#include "kernels/device/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace petaproof {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Substitutions, AreToldByName) {
  for (const char* name :
       {"NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION", "CUBLAS_EMULATE_DOUBLE_PRECISION",
        "CUBLAS_EMULATION_STRATEGY", "CUBLAS_EMULATION_SPECIAL_VALUES_SUPPORT_MASK",
        "CUBLAS_FIXEDPOINT_EMULATION_MANTISSA_BIT_COUNT", "CUBLASLT_HEURISTICS_LUT_FILE",
        "CUBLASLT_HEURISTICS_CACHE_CAPACITY", "CUDNN_ERRATA_JSON_FILE"})
    EXPECT_TRUE(is_substitution(name)) << name;
}

TEST(Substitutions, WhatUsersTuneIsNone) {
  for (const char* name :
       {"NCCL_ALGO", "NCCL_PROTO", "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "CUBLASLT_LOG_LEVEL",
        "CUDNN_LOGLEVEL_DBG", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_TF32_OVERRIDE_NOT", "PATH", ""})
    EXPECT_FALSE(is_substitution(name)) << name;
}

TEST(Substitutions, AreRemovedOnceAndRemembered) {
  unset_substitutions();
  setenv("NVIDIA_TF32_OVERRIDE", "1", 1);
  setenv("CUBLAS_EMULATION_STRATEGY", "eager=x", 1);
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 1);
  const Variable strategy{"CUBLAS_EMULATION_STRATEGY", "eager=x"}, tf32{"NVIDIA_TF32_OVERRIDE", "1"};
  EXPECT_THAT(unset_substitutions(), ElementsAre(strategy, tf32));
  EXPECT_EQ(std::getenv("NVIDIA_TF32_OVERRIDE"), nullptr);
  EXPECT_EQ(std::getenv("CUBLAS_EMULATION_STRATEGY"), nullptr);
  EXPECT_STREQ(std::getenv("CUBLAS_WORKSPACE_CONFIG"), ":4096:8");
  EXPECT_THAT(unset_substitutions(), IsEmpty());
  EXPECT_THAT(unset_variables(), Contains(tf32));
  EXPECT_THAT(unset_variables(), Contains(strategy));
  unsetenv("CUBLAS_WORKSPACE_CONFIG");
}

TEST(Sharing, SetsWhatTheRulesAskForAndNothingBefore) {
  setenv("PETAPROOF_TEST_HOSTID", "the user's", 1);
  add_sharing_rule([](int process) {
    return std::vector<Variable>{{"PETAPROOF_TEST_HOSTID", "rank-" + std::to_string(process)}};
  });
  EXPECT_STREQ(std::getenv("PETAPROOF_TEST_HOSTID"), "the user's");
  EXPECT_THAT(allow_sharing(7), Contains(Variable{"PETAPROOF_TEST_HOSTID", "rank-7"}));
  EXPECT_STREQ(std::getenv("PETAPROOF_TEST_HOSTID"), "rank-7");
  unsetenv("PETAPROOF_TEST_HOSTID");
}

}  // namespace
}  // namespace petaproof

// What the hardware files predict of suite `gpu` on each model, by what the real workloads say they need. No GPU is
// needed: the module is loaded, and nothing of it is run.
#include <gmock/gmock.h>

#include <set>

#include "harness/json/strict.hpp"
#include "harness/record/prediction.hpp"
#include "harness/suite/plan.hpp"
#include "kernels/device/module.hpp"
#include "kernels/registry.hpp"

namespace petaproof {
namespace {

using Names = std::set<std::string>;

const std::string configs = PETAPROOF_SOURCE_DIR "/configs";

class SuiteGpu : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(load_module("cuda"), ""); }

  // "gemm/cublaslt fp8 1x128", each once.
  static Names predicted(const char* id) {
    static const auto hardware = judge::HardwareDatabase::load(configs + "/hardware");
    const std::string file = configs + "/suites/gpu.json";
    Names names;
    for (const Case& one : expand_suite(read_text_file(file, "suite"), file, {"cuda", 1}).cases) {
      const auto workload = Registry::instance().make(one.workload);
      // cuDNN's is left out of a build without it, and none of its cases here is predicted
      if (!workload || predicted_refusal(*hardware.find(id), *workload, one.params).empty()) continue;
      const std::string scaling = one.params.text_or("scaling", "");
      names.insert(one.workload + " " + one.params.text("precision") + (scaling.empty() ? "" : " " + scaling));
    }
    return names;
  }
};

TEST_F(SuiteGpu, OnHopperLacksTheFormatsOfBlackwell) {
  const Names blackwells{"gemm/cublaslt mxfp8", "gemm/cublaslt nvfp4"};
  for (const char* id : {"h100-sxm-80gb", "h200-sxm-141gb", "gh200"}) EXPECT_EQ(predicted(id), blackwells) << id;
}

const Names kernels_for_hopper{"attention/hopper bf16", "gemm/hopper bf16", "peak/wgmma bf16", "peak/wgmma fp16",
                               "peak/wgmma fp8",        "peak/wgmma int8",  "peak/wgmma tf32"};

TEST_F(SuiteGpu, OnBlackwellLacksWhatIsForHopper) {
  Names hoppers = kernels_for_hopper;
  hoppers.insert({"peak/mma fp64", "gemm/cublaslt fp8 1x128", "gemm/cublaslt fp8 1x128_128x128",
                  "gemm/cublaslt fp8 128x128_1x128"});
  for (const char* id : {"b200-hgx", "gb200", "b300-hgx", "gb300"}) EXPECT_EQ(predicted(id), hoppers) << id;
}

TEST_F(SuiteGpu, OnAmpereLacksEveryFp8) {
  Names lacking = kernels_for_hopper;
  lacking.insert({"peak/mma fp64", "gemm/cublaslt fp8", "gemm/cublaslt fp8_e4m3_e5m2", "gemm/cublaslt fp8_e5m2_e4m3",
                  "gemm/cublaslt fp8 1x128", "gemm/cublaslt fp8 1x128_128x128", "gemm/cublaslt fp8 128x128_1x128",
                  "gemm/cublaslt mxfp8", "gemm/cublaslt nvfp4"});
  EXPECT_EQ(predicted("a100-sxm-80gb"), lacking);
}

// Sums of scaled blocks are fast on no GPU: on none for want of another.
TEST_F(SuiteGpu, WhatNoGpuDoesIsPredictedOfNone) {
  static const auto hardware = judge::HardwareDatabase::load(configs + "/hardware");
  const auto workload = Registry::instance().make("gemm/cublaslt");
  ASSERT_NE(workload, nullptr);
  for (const bool fast : {false, true}) {
    const Params params = Params::complete(
        workload->info().params,
        {{"precision", std::string("fp8")}, {"scaling", std::string("1x128")}, {"fast_accumulation", fast}}, "test");
    EXPECT_EQ(predicted_refusal(*hardware.find("b200-hgx"), *workload, params).empty(), fast);
  }
}

}  // namespace
}  // namespace petaproof

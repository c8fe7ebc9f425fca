// Every CUDA workload of kernels/, small: right results pass, wrong ones do not.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "kernels/device/error.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/measure/case.hpp"
#include "kernels/verify/gemm_check.hpp"
#include "support/gpu_workload.hpp"

namespace petaproof {
namespace {

using testing::GpuWorkload;
using testing::Small;

// Every instruction of kernels/peak; a device refuses those that are not its ceiling.
std::vector<Small> peak_cases() {
  std::vector<Small> cases;
  const auto add = [&](const char* workload, std::map<std::string, Value> params) {
    std::string name = workload;
    std::ranges::replace(name, '/', '_');
    for (const auto& [key, value] : params) name += "_" + to_string(value);
    params["iterations"] = std::int64_t{999};
    cases.push_back({workload, std::move(params), name});
  };
  using namespace std::string_literals;
  for (const std::string precision : {"fp64", "fp32"}) add("peak/fma", {{"precision", precision}});
  const std::pair<std::string, std::vector<std::string>> shapes[] = {
      {"fp64", {"m8n8k4", "m16n8k4", "m16n8k8", "m16n8k16"}},
      {"tf32", {"m16n8k4", "m16n8k8"}},
      {"bf16", {"m16n8k8", "m16n8k16"}},
      {"fp16", {"m16n8k8", "m16n8k16"}},
      {"int8", {"m8n8k16", "m16n8k16", "m16n8k32"}}};
  for (const auto& [precision, names] : shapes)
    for (const std::string& shape : names) add("peak/mma", {{"precision", precision}, {"shape", shape}});
  for (const std::string precision : {"tf32", "bf16", "fp16", "fp8", "int8"})
    for (const std::string a : {"shared", "registers"}) add("peak/wgmma", {{"precision", precision}, {"a", a}});
  add("peak/wgmma", {{"precision", "bf16"s}, {"shape", "m64n128"s}});
  add("peak/wgmma", {{"precision", "int8"s}, {"shape", "m64n128"s}, {"a", "registers"s}});
  return cases;
}

std::vector<Small> small_cases() {
  std::vector<Small> cases;
  for (const char* operation : {"copy", "read", "write", "triad"})
    for (std::int64_t size : {16, 48 << 10, 64 << 20})
      cases.push_back({"memory/device",
                       {{"operation", std::string(operation)}, {"size", size}},
                       std::string("memory_") + operation + "_" + std::to_string(size)});
  for (const char* direction : {"to_device", "from_device", "both"})
    for (std::int64_t size : {16, 1003, 8 << 20})
      cases.push_back({"memory/host_device",
                       {{"direction", std::string(direction)}, {"size", size}},
                       std::string("host_device_") + direction + "_" + std::to_string(size)});
  // within L1, and 16 stretches of a larger set
  for (std::int64_t size : {4 << 10, 8 << 20})
    cases.push_back(
        {"memory/latency", {{"size", size}, {"loads", std::int64_t{4096}}}, "latency_" + std::to_string(size)});
  struct {
    std::int64_t m, n, k;
  } const shapes[] = {{256, 256, 256}, {1, 1, 1}, {17, 129, 65}, {1000, 516, 300}, {512, 128, 4096}};
  for (const GemmPrecision& precision : gemm_precisions)
    for (const auto& s : shapes) {
      const std::string name(precision.name);
      std::vector<std::map<std::string, Value>> ways{{}};
      if (precision.has_fast_accumulation()) ways = {{{"fast_accumulation", false}}, {{"fast_accumulation", true}}};
      // the other layouts: of one aligned shape and of one that is not
      if (s.m == 1000 || s.m == 17)
        for (const GemmLayout& layout : gemm_layouts) ways.push_back({{"layout", std::string(layout.name)}});
      if (precision.has_scalings() && s.m == 512)
        for (const GemmScaling& scaling : gemm_scalings)
          if (scaling.of_blocks()) ways.push_back({{"scaling", std::string(scaling.name)}});
      const bool on_tensor_cores_only = name != "fp64" && name != "fp32";
      for (auto& params : ways) {
        const std::string scaling = params.contains("scaling") ? "_scaling_" + to_string(params["scaling"]) : "";
        const std::string layout = params.contains("layout") ? to_string(params["layout"]) : "";
        if (layout == precision.layout.name) continue;  // the default
        const auto lies =
            layout.empty() ? precision.layout : *std::ranges::find(gemm_layouts, layout, &GemmLayout::name);
        if (misaligned(precision, {s.m, s.n, s.k}, lies)) continue;
        const bool is_fast = params.contains("fast_accumulation") && std::get<bool>(params["fast_accumulation"]);
        // a search takes about a second, and every test would make several
        const bool is_searched = s.m == 256 && (name == "fp64" || name == "bf16");
        params.insert({{"precision", name},
                       {"m", s.m},
                       {"n", s.n},
                       {"k", s.k},
                       {"algorithm", std::string(is_searched ? "searched" : "heuristic")}});
        cases.push_back({"gemm/cublaslt", params,
                         "cublaslt_" + name + "_" + std::to_string(s.m) + "_" + std::to_string(s.n) + "_" +
                             std::to_string(s.k) + (is_fast ? "_fast" : "") + scaling +
                             (layout.empty() ? "" : "_" + layout) + (is_searched ? "_searched" : ""),
                         precision.is_emulated || (on_tensor_cores_only && (s.n % 8 != 0 || s.k % 8 != 0 ||
                                                                            (lies.a_by_column && s.m % 8 != 0)))});
      }
    }
  // a part of one tile; fewer tiles than multiprocessors, partial on both sides; several tiles for each
  for (const auto& s : {GemmShape{64, 64, 64}, {960, 1216, 832}, {4160, 2112, 320}})
    for (std::int64_t cluster : {1, 2})
      cases.push_back({"gemm/hopper",
                       {{"precision", std::string("bf16")}, {"m", s.m}, {"n", s.n}, {"k", s.k}, {"cluster", cluster}},
                       "hopper_" + std::to_string(s.m) + "_" + std::to_string(s.n) + "_" + std::to_string(s.k) +
                           "_cluster_" + std::to_string(cluster)});
  for (std::int64_t cluster : {1, 2})
    cases.push_back({"gemm/hopper",
                     {{"precision", std::string("bf16")},
                      {"m", std::int64_t{960}},
                      {"n", std::int64_t{1216}},
                      {"k", std::int64_t{832}},
                      {"cluster", cluster},
                      {"checksum", std::string("fused")}},
                     "hopper_checksum_cluster_" + std::to_string(cluster)});
  for (Small& one : peak_cases()) cases.push_back(std::move(one));
  // many more shapes: attention_workloads_test.cpp
  for (const std::string pass : {"forward", "backward"})
    cases.push_back({"attention/cudnn",
                     {{"pass", pass}, {"sq", std::int64_t{256}}, {"sk", std::int64_t{256}}},
                     "attention_cudnn_" + pass});
  cases.push_back({"attention/cudnn",  // but for the order in which gradients add up the same
                   {{"pass", std::string("backward")},
                    {"deterministic", false},
                    {"sq", std::int64_t{256}},
                    {"sk", std::int64_t{256}}},
                   "attention_cudnn_not_deterministic"});
  cases.push_back({"attention/hopper", {{"sq", std::int64_t{203}}, {"sk", std::int64_t{331}}}, "attention_hopper"});
  return cases;
}

TEST_P(GpuWorkload, PassesInEveryMode) {
  for (Mode mode : {Mode::burst, Mode::batched, Mode::sustained}) {
    const CaseOutcome outcome = run(mode);
    EXPECT_EQ(outcome.disposition, Disposition::pass) << to_string(mode) << ": " << outcome.reason;
    EXPECT_TRUE(outcome.measurement.clock.has_value()) << to_string(mode);
  }
}

TEST_P(GpuWorkload, PassesOnEveryFill) {
  for (Fill fill : {Fill::uniform, Fill::integers, Fill::zeros}) {
    const CaseOutcome outcome = run(Mode::batched, false, fill);
    EXPECT_EQ(outcome.disposition, Disposition::pass) << to_string(fill) << ": " << outcome.reason;
  }
}

TEST_P(GpuWorkload, CorruptedResultsFail) {
  if (!workload->deterministic(params)) GTEST_SKIP() << "one bit off the sampled rows shows in digests alone";
  EXPECT_EQ(run(Mode::batched, true).disposition, Disposition::fail_verify);
}

// What is poisoned, and stays so, must not pass; nor may a NaN anywhere, however few.
TEST_P(GpuWorkload, PoisonFails) {
  testing::FewSlots context(*gpu, params, Fill::normal, 1);
  workload->prepare(context);
  for (int slot = 0; slot < workload->slots(); ++slot) workload->launch(gpu->stream(), slot);
  ASSERT_TRUE(workload->verify(context, 0).pass) << workload->verify(context, 0).detail;
  for (const Region& region : workload->outputs(0)) {
    const std::size_t part = std::min<std::size_t>(region.bytes, 8);
    for (const std::size_t at : {std::size_t{0}, (region.bytes - part) / 16 * 8, region.bytes - part}) {
      workload->launch(gpu->stream(), 0);
      gpu->set_bytes({"poisoned", static_cast<char*>(region.data) + at, part}, 0xFF);
      EXPECT_FALSE(workload->verify(context, 0).pass) << part << " bytes of NaN at " << at;
    }
  }
}

TEST_P(GpuWorkload, TheSameSeedGivesTheSameBits) {
  if (!workload->deterministic(params)) GTEST_SKIP() << "says itself that it does not";
  const CaseOutcome first = run(Mode::batched), second = run(Mode::batched);
  EXPECT_EQ(first.digests, second.digests);
}

INSTANTIATE_TEST_SUITE_P(Small, GpuWorkload, ::testing::ValuesIn(small_cases()), testing::name_of_small);

}  // namespace
}  // namespace petaproof

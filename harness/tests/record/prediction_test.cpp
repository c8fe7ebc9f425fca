#include "harness/record/prediction.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/record/record.hpp"
#include "kernels/device/capability.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/unit_precision.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

const judge::HardwareDatabase& hardware() {
  static const auto database = judge::HardwareDatabase::load(PETAPROOF_SOURCE_DIR "/configs/hardware");
  return database;
}

// A workload that needs what `needs` says of a compute capability, and is never run.
class Needy : public Workload {
 public:
  using Needs = std::function<std::optional<std::string>(int capability)>;
  explicit Needy(Needs needs = [](int) { return std::nullopt; }) : needs_(std::move(needs)) {}

  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{.summary = "", .backend = "cuda", .params = {}};
    return info;
  }
  std::optional<std::string> capability_refusal(int capability, const Params&) const override {
    return needs_(capability);
  }
  std::optional<std::string> refusal(const Setting&, const Params&) const override {
    return "the library is missing";
  }
  std::vector<Quantity> work(const Params&, int) const override { return {}; }
  void prepare(Context&) override {}
  int slots() const override { return 0; }
  void launch(Stream&, int) override {}
  std::vector<Region> outputs(int) const override { return {}; }
  Verification verify(Context&, int) override { return {}; }

 private:
  Needs needs_;
};

const Needy needs_nothing, needs_hopper(hopper_refusal);

Params in(const char* precision) {
  return Params({{"precision", std::string(precision)}});
}

// As gemm/cublaslt says it.
std::string predicted_gemm(const char* id, const char* name, const GemmScaling& scaling = scaling_by_tensor) {
  const auto* precision = std::ranges::find(gemm_precisions, name, &GemmPrecision::name);
  const Needy gemm([&](int capability) { return gemm_needs(*precision, precision->layout, scaling, capability); });
  return predicted_refusal(*hardware().find(id), gemm, in(name));
}

TEST(Prediction, IsWhatTheHardwareFileAndTheNeedSayTogether) {
  const GemmScaling& blocks = gemm_scalings[2];
  struct Row {
    const char* id;
    bool fp8, blocks, mxfp8, nvfp4, hopper;  // predicted not to be supported
  };
  for (const Row& row : {Row{"a100-sxm-80gb", true, true, true, true, true},
                         {"l40s", false, true, true, true, true},
                         {"h100-sxm-80gb", false, false, true, true, false},
                         {"h200-sxm-141gb", false, false, true, true, false},
                         {"gh200", false, false, true, true, false},
                         {"b200-hgx", false, true, false, false, true},
                         {"b300-hgx", false, true, false, false, true},
                         {"rtx-pro-6000-blackwell-server", false, true, false, false, true}}) {
    EXPECT_EQ(!predicted_gemm(row.id, "fp8").empty(), row.fp8) << row.id;
    EXPECT_EQ(!predicted_gemm(row.id, "fp8", blocks).empty(), row.blocks) << row.id;
    EXPECT_EQ(!predicted_gemm(row.id, "mxfp8").empty(), row.mxfp8) << row.id;
    EXPECT_EQ(!predicted_gemm(row.id, "nvfp4").empty(), row.nvfp4) << row.id;
    EXPECT_EQ(!predicted_refusal(*hardware().find(row.id), needs_hopper, in("bf16")).empty(), row.hopper) << row.id;
    for (const char* everywhere : {"fp64", "fp32", "tf32", "bf16", "fp16", "int8", "fp64_emulated"})
      EXPECT_EQ(predicted_gemm(row.id, everywhere), "") << row.id << everywhere;
  }
  EXPECT_EQ(predicted_gemm("h100-sxm-80gb", "nvfp4"),
            "H100 SXM (80 GB) has compute capability 9.0: nvfp4 needs 10.0");
  EXPECT_EQ(predicted_refusal(*hardware().find("b200-hgx"), needs_hopper, in("bf16")),
            "B200 (HGX) has compute capability 10.0: wgmma needs 9.0 (H100, H200)");
}

// Of a workload that needs no compute capability the file's list of precisions tells.
TEST(Prediction, IsAPrecisionThatTheFileDoesNotHave) {
  const auto predicted = [](const char* id, const char* precision) {
    return predicted_refusal(*hardware().find(id), needs_nothing, in(precision));
  };
  EXPECT_EQ(predicted("h100-sxm-80gb", "nvfp4"), "H100 SXM (80 GB) has no fp4");
  EXPECT_EQ(predicted("a100-sxm-80gb", "fp8"), "A100 SXM (80 GB) has no fp8");
  EXPECT_EQ(predicted("h100-sxm-80gb", "fp8"), "");
  EXPECT_EQ(predicted("b300-hgx", "int8"), "") << "a rate that is not known is no lack";
  EXPECT_EQ(predicted("h100-sxm-80gb", "fp65"), "") << "which no file speaks of";
  EXPECT_EQ(predicted_refusal(*hardware().find("h100-sxm-80gb"), needs_nothing, Params()), "");
}

// Otherwise a figure that nobody looked up would foretell that a GPU cannot do what it can.
TEST(Prediction, HardwareFilesHaveThePrecisionsOfTheirComputeCapability) {
  int checked = 0;
  for (const judge::Hardware& gpu : hardware().all())
    for (const GemmPrecision& precision : gemm_precisions) {
      const int capability = capability_of(gpu.compute_capability);
      if (capability == 0 || precision.is_emulated) continue;
      const bool able = capability >= precision.least_capability;
      if (!able && precision.scales) continue;  // the units of mxfp8 are those of fp8, which older GPUs have too
      EXPECT_EQ(gpu.has(judge::find_precision(unit_precision(precision.name)).value()), able)
          << gpu.id << " " << precision.name;
      ++checked;
    }
  EXPECT_GT(checked, 100);
}

const WorkloadFacts on_gpu{"cuda", true, false, {{"flops", "FLOP", 1e12}}};

// One rank on each device; the case ended alike on all of them.
json record_of(const std::vector<std::string>& devices, Disposition disposition = Disposition::not_supported,
               const WorkloadFacts& facts = on_gpu) {
  std::vector<RankReport> ranks;
  for (const std::string& device : devices) {
    CaseOutcome outcome;
    outcome.disposition = disposition;
    outcome.reason = "as it turned out";
    ranks.push_back(report_of(outcome, static_cast<int>(ranks.size()), "n0", device));
  }
  return make_record(Case{}, RecordFrame{}, facts, ranks, {});
}

// "" where nothing was added.
std::string added(json record, const Workload& workload = needs_hopper, const Params& params = in("bf16")) {
  add_prediction(hardware(), workload, params, record);
  return record.value("predicted", "");
}

const std::string h100 = "NVIDIA H100 80GB HBM3", b200 = "NVIDIA B200", a100 = "NVIDIA A100-SXM4-80GB";

TEST(Prediction, StandsInTheRecord) {
  EXPECT_EQ(added(record_of({b200})), "B200 (HGX) has compute capability 10.0: wgmma needs 9.0 (H100, H200)");
  EXPECT_EQ(added(record_of({b200, a100})), added(record_of({b200})));
}

// A library without an algorithm for FP8, on a GPU that has it.
TEST(Prediction, IsNotWhatTheRunFoundOut) {
  EXPECT_EQ(added(record_of({h100})), "");
  EXPECT_EQ(added(record_of({h100}), needs_nothing, in("fp8")), "");
  EXPECT_EQ(added(record_of({b200}), needs_nothing), "");
}

TEST(Prediction, IsOfNotSupportedAlone) {
  for (const Disposition other : {Disposition::fail_run, Disposition::fail_verify, Disposition::skipped,
                                  Disposition::invalid, Disposition::timeout})
    EXPECT_EQ(added(record_of({b200}, other)), "") << to_string(other);
}

TEST(Prediction, NeedsAHardwareFileForEveryRank) {
  EXPECT_EQ(added(record_of({"NVIDIA A100-PCIE-40GB"})), "") << "which no file lists";
  EXPECT_EQ(added(record_of({b200, "NVIDIA A100-PCIE-40GB"})), "");
  EXPECT_EQ(added(record_of({b200, h100})), "") << "the H100 could have run it, and went unmeasured";
}

TEST(Prediction, SaysNothingOfTheHost) {
  EXPECT_EQ(added(record_of({b200}, Disposition::not_supported, {"host", true, false, {}})), "");
}

}  // namespace
}  // namespace petaproof

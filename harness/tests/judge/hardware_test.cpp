#include "harness/judge/hardware.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Walks the raw files, so that a figure which the loader would overlook is found too.
void expect_figures_sourced(const nlohmann::json& value, const nlohmann::json& sources, const std::string& path,
                            int& figures) {
  if (value.is_object() && value.contains("value")) {
    ++figures;
    ASSERT_TRUE(value.contains("source") && value.contains("status")) << path;
    EXPECT_TRUE(sources.contains(value["source"])) << path << ": " << value["source"];
    EXPECT_TRUE(value["status"] == "read" || value["status"] == "recalled") << path;
  }
  if (value.is_number()) {
    EXPECT_TRUE(path.ends_with(".value")) << path << ": a bare number has no source";
  }
  if (value.is_structured())
    for (const auto& [key, item] : value.items()) expect_figures_sourced(item, sources, path + "." + key, figures);
}

TEST(HardwareFiles, EveryFigureHasItsSourceAndWhetherItWasReadOrRecalled) {
  for (const auto& gpu : hardware().all()) {
    const auto json = read_json_file(configs() / "hardware" / (gpu.id + ".json"));
    int figures = 0;
    expect_figures_sourced(json, json["sources"], gpu.id, figures);
    EXPECT_GT(figures, 10) << gpu.id;
  }
}

TEST(HardwareFiles, CoverTheGpusThatClaimsAreReadWith) {
  EXPECT_EQ(hardware().all().size(), 16u);
  for (const char* id : {"a100-sxm-80gb", "h100-sxm-80gb", "h100-pcie-80gb", "h100-nvl-94gb", "h200-sxm-141gb",
                         "b200-hgx", "b300-hgx", "mi300x"})
    EXPECT_NE(hardware().find(id), nullptr) << id;
  EXPECT_EQ(hardware().find("h100"), nullptr);
}

TEST(HardwareFiles, FlopsPerClockAtTheMaximumClockAgreeWithThePeakWhereTheyShould) {
  // vector units and FP64 tensor cores run at the maximum clock on paper; the others often below it
  for (const auto& gpu : hardware().all())
    for (const Precision precision : {Precision::fp64, Precision::fp64_tensor, Precision::fp32}) {
      const auto flop = gpu.flop_per_clock(precision, Sparsity::dense);
      if (!flop) continue;
      const double tflops = *flop * *gpu.max_sm_clock_mhz() / 1e6;
      EXPECT_NEAR(tflops / gpu.peak(precision, Sparsity::dense)->value, 1, 0.03)
          << gpu.id << " " << to_string(precision);
    }
}

TEST(HardwareFiles, HopperFlopsPerClockAreThoseOf132Sms) {
  const Hardware& h100 = *hardware().find("h100-sxm-80gb");
  const auto flop = [&](Precision precision) { return h100.flop_per_clock(precision, Sparsity::dense).value(); };
  EXPECT_EQ(flop(Precision::fp64), 16896);
  EXPECT_EQ(flop(Precision::fp64_tensor), 33792);
  EXPECT_EQ(flop(Precision::fp32), 33792);
  EXPECT_EQ(flop(Precision::tf32), 270336);
  EXPECT_EQ(flop(Precision::bf16), 540672);
  EXPECT_EQ(flop(Precision::fp8), 1081344);
  EXPECT_EQ(h100.flop_per_clock(Precision::bf16, Sparsity::two_of_four), 2 * 540672);
  EXPECT_EQ(h100.max_sm_clock_mhz(), 1980);
  EXPECT_EQ(h100.superseded.value().dense_tflops.at(Precision::fp64_tensor).value, 60);
  EXPECT_EQ(h100.superseded.value().dense_tflops.at(Precision::fp64_tensor).status, Status::recalled);
  EXPECT_EQ(h100.superseded.value().dense_tflops.at(Precision::fp32).status, Status::read);
}

// Without a rate a GPU may have a precision all the same, and then its file says why there is none.
TEST(HardwareFiles, SayWhichPrecisionsAGpuHas) {
  const auto has = [](const char* id, Precision precision) { return hardware().find(id)->has(precision); };
  EXPECT_FALSE(has("a100-sxm-80gb", Precision::fp8));
  EXPECT_TRUE(has("h100-sxm-80gb", Precision::fp8));
  EXPECT_FALSE(has("h100-sxm-80gb", Precision::fp4));
  EXPECT_TRUE(has("b200-hgx", Precision::fp4));
  const Hardware& b300 = *hardware().find("b300-hgx");
  EXPECT_EQ(b300.peak(Precision::int8, Sparsity::dense), nullptr);
  EXPECT_TRUE(b300.has(Precision::int8));
  EXPECT_THAT(b300.peak_dense_left_out.at(Precision::int8), HasSubstr("NVIDIA cut INT8"));
}

TEST(HardwareFiles, ASourceThatDisagreesIsKept) {
  const Figure& fp64 = hardware().find("b200-hgx")->peak_dense.at(Precision::fp64);
  EXPECT_EQ(fp64.value, 37);
  EXPECT_EQ(fp64.highest(), 40);  // the 2024 brief
}

TEST(HardwareFiles, AreFoundByTheNameThatTheDriverReports) {
  const auto id_of = [](const char* name) { return hardware().find_reported(name)->id; };
  EXPECT_EQ(id_of("NVIDIA H100 80GB HBM3"), "h100-sxm-80gb");
  EXPECT_EQ(id_of("NVIDIA H100 PCIe"), "h100-pcie-80gb");
  EXPECT_EQ(id_of("NVIDIA H100 NVL"), "h100-nvl-94gb");
  EXPECT_EQ(id_of("NVIDIA H200"), "h200-sxm-141gb");
  EXPECT_EQ(id_of("NVIDIA H200 NVL"), "h200-nvl-141gb");
  EXPECT_EQ(hardware().find_reported("NVIDIA H100"), nullptr);  // no guessing from part of a name
}

TEST(HardwareFiles, NoTwoGpusShareAReportedName) {
  for (const auto& gpu : hardware().all())
    for (const auto& name : gpu.reported_names) EXPECT_EQ(hardware().find_reported(name.value)->id, gpu.id);
}

// One figure of a real file changed: what the reader of the message gets.
std::string error_after(const std::function<void(nlohmann::json&)>& change) {
  TemporaryFolder folder;
  auto json = read_json_file(configs() / "hardware" / "h100-sxm-80gb.json");
  change(json);
  const auto file = folder.write("h100-sxm-80gb.json", json.dump());
  return config_error([&] { load_hardware(file); });
}

TEST(HardwareFiles, AreReadStrictly) {
  EXPECT_THAT(error_after([](auto& j) { j["peak_dense_tflops"]["fp64"].erase("source"); }),
              AllOf(HasSubstr("h100-sxm-80gb.json: $.peak_dense_tflops.fp64: "), HasSubstr("\"source\" is missing")));
  EXPECT_THAT(
      error_after([](auto& j) { j["peak_dense_tflops"]["fp64"]["status"] = "guessed"; }),
      AllOf(HasSubstr("$.peak_dense_tflops.fp64.status: "), HasSubstr("read, recalled"), HasSubstr("guessed")));
  EXPECT_THAT(error_after([](auto& j) { j["power"]["tdp_w"]["source"] = "nobody"; }),
              AllOf(HasSubstr("$.power.tdp_w.source: "), HasSubstr("nobody")));
  EXPECT_THAT(error_after([](auto& j) { j["sources"]["spare"] = "a source that nothing cites"; }),
              AllOf(HasSubstr("$.sources.spare: "), HasSubstr("no figure cites")));
  EXPECT_THAT(error_after([](auto& j) { j["peak_dense_tflops"]["fp65"] = j["peak_dense_tflops"]["fp64"]; }),
              AllOf(HasSubstr("$.peak_dense_tflops: "), HasSubstr("unknown key \"fp65\"")));
  EXPECT_THAT(error_after([](auto& j) { j["silicon"]["sm_count"]["value"] = 0; }),
              AllOf(HasSubstr("$.silicon.sm_count.value: "), HasSubstr("above 0")));
  EXPECT_THAT(error_after([](auto& j) { j["flops_per_clock_dense"]["bf16"].erase("derivation"); }),
              AllOf(HasSubstr("$.flops_per_clock_dense.bf16: "), HasSubstr("derivation")));
  EXPECT_THAT(error_after([](auto& j) { j["peak_dense_left_out"] = {{"fp8", "unknown"}}; }),
              AllOf(HasSubstr("$.peak_dense_left_out.fp8: "), HasSubstr("there is a dense peak")));
  EXPECT_THAT(error_after([](auto& j) { j["peak_dense_left_out"] = {{"fp7", "unknown"}}; }),
              AllOf(HasSubstr("$.peak_dense_left_out: "), HasSubstr("unknown key \"fp7\"")));
  EXPECT_THAT(error_after([](auto& j) { j["id"] = "h100"; }), AllOf(HasSubstr("$.id: "), HasSubstr("h100-sxm-80gb")));
}

TEST(HardwareFiles, SayHowManyGpusANodeAndARackHold) {
  for (const char* id : {"h100-sxm-80gb", "h200-sxm-141gb", "b200-hgx", "mi300x"})
    EXPECT_EQ(hardware().find(id)->node_gpus(), 8) << id;
  for (const char* id : {"gb200", "gb300", "rubin-vr200"}) {
    EXPECT_EQ(hardware().find(id)->node_gpus(), 4) << id;  // a compute tray
    EXPECT_EQ(hardware().find(id)->gpus_per_rack.value().value, 72) << id;
  }
  // sold in machines of many sizes: the file does not say
  EXPECT_FALSE(hardware().find("h100-pcie-80gb")->gpus_per_node);
  EXPECT_EQ(hardware().find("h100-pcie-80gb")->node_gpus(), 8);
}

TEST(HardwareFiles, GpusPerNodeIsAWholeNumberFromOneTo72) {
  for (const double wrong : {0.0, -8.0, 7.5, 73.0})
    EXPECT_THAT(error_after([&](auto& j) { j["gpus_per_node"]["value"] = wrong; }),
                HasSubstr("$.gpus_per_node.value: "))
        << wrong;
  EXPECT_THAT(error_after([](auto& j) { j["gpus_per_node"]["value"] = 73; }), HasSubstr("72"));
  EXPECT_THAT(error_after([](auto& j) { j["gpus_per_node"] = 8; }), HasSubstr("$.gpus_per_node: "));
  EXPECT_THAT(error_after([](auto& j) { j["gpus_per_node"].erase("source"); }), HasSubstr("\"source\" is missing"));
}

TEST(HardwareFiles, AFolderWithoutThemIsAnError) {
  TemporaryFolder folder;
  EXPECT_THAT(config_error([&] { HardwareDatabase::load(folder.path()); }), HasSubstr(folder.path().string()));
  EXPECT_THAT(config_error([&] { HardwareDatabase::load(folder.path() / "none"); }), HasSubstr("no hardware file"));
}

}  // namespace
}  // namespace petaproof::judge

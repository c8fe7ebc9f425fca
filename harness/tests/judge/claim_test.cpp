#include "harness/judge/claim.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "harness/app/exit_code.hpp"
#include "harness/json/strict.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Claim, TheNexusHubStatesTwoNumbersAndNothingElse) {
  const Claim claim = nexus();
  EXPECT_EQ(claim.quote, "4,000 GPUs, 240 petaflops");
  EXPECT_EQ(claim.compute->amount.number.printed, "240");
  EXPECT_EQ(claim.gpus->count.printed, "4,000");
  EXPECT_EQ(claim.compute->amount.unit, "PFLOP/s");
  EXPECT_THAT(claim.not_stated(), ElementsAre("GPU model", "precision", "sparsity", "emulation", "kind", "GPU unit"));
  EXPECT_THAT(claim.models, ElementsAre("h100-sxm-80gb", "h100-pcie-80gb", "h100-nvl-94gb", "h200-sxm-141gb",
                                        "b200-hgx", "b300-hgx"));
}

TEST(Claim, TheNeedFollowsFromBothRoundedNumbers) {
  const Need need = need_of(*nexus().compute, *nexus().gpus);
  EXPECT_DOUBLE_EQ(need.per_gpu_tflops, 60);
  EXPECT_DOUBLE_EQ(need.total_lower_tflops, 235e3);
  EXPECT_EQ(need.gpus_min, 3500);
  EXPECT_EQ(need.gpus_max, 4499);
  EXPECT_DOUBLE_EQ(need.per_gpu_lower_tflops, 235e3 / 4499);
  EXPECT_DOUBLE_EQ(need.per_gpu_upper_tflops, 70);
}

std::function<Claim()> loading(const std::function<void(nlohmann::json&)>& change) {
  return [change] {
    TemporaryFolder folder;
    auto json = read_json_file(configs() / "claims" / "nexus-hub-240pf.json");
    change(json);
    return load_claim(folder.write("claim.json", json.dump()), hardware());
  };
}

TEST(Claim, StatedDimensionsAreKept) {
  const Claim claim = loading([](auto& j) {
    j["compute"]["precision"] = "fp64_tensor";
    j["compute"]["sparsity"] = "dense";
    j["compute"]["kind"] = "coupled";
    j["compute"]["emulation"] = "native";
    j["compute"]["unit"] = "EFLOP/s";
    j["compute"]["value"] = 0.24;
    j["compute"]["printed"] = "0.24";
    j["gpus"]["model"] = "h100-sxm-80gb";
    j["gpus"]["rounding"] = "exact";
    j["gpus"]["unit"] = "package";
    j["as_of"] = "2025-03-01";
    j.erase("assume_gpus");
  })();
  EXPECT_TRUE(claim.not_stated().empty());
  EXPECT_EQ(claim.compute->precision, Precision::fp64_tensor);
  EXPECT_EQ(claim.compute->kind, Kind::coupled);
  EXPECT_THAT(claim.models, ElementsAre("h100-sxm-80gb"));
  const Need need = need_of(*claim.compute, *claim.gpus);
  EXPECT_DOUBLE_EQ(need.total_lower_tflops, 235e3);
  EXPECT_EQ(need.gpus_max, 4000);
}

TEST(Claim, ASystemAWorkloadAndWhatIsSaidOfEveryRackAreKept) {
  const auto with = [](bool stated) {
    return loading([stated](auto& j) {
      j["compute"]["kind"] = "training";
      const auto kilowatts = [](double value) { return nlohmann::json{{"value", value}, {"unit", "kW"}}; };
      j["racks"] = {{{"of", "new"}, {"low", kilowatts(150)}, {"high", kilowatts(250)}}};
      if (!stated) return;
      j["system"] = "Eagle";
      j["compute"]["benchmark"] = "Llama 3 405B";
      j["compute"]["sequence"] = 8192;
      j["racks"][0]["every"] = true;
    })();
  };
  const Claim stated = with(true), open = with(false);
  EXPECT_EQ(stated.system, "Eagle");
  EXPECT_EQ(stated.compute->benchmark, "Llama 3 405B");
  EXPECT_EQ(stated.compute->sequence, 8192);
  EXPECT_TRUE(stated.racks.at(0).every);
  EXPECT_EQ(open.system, "");
  EXPECT_EQ(open.compute->benchmark, "");
  EXPECT_EQ(open.compute->sequence, 0);
  EXPECT_FALSE(open.racks.at(0).every);
}

TEST(Claim, WithoutAPrintedFormTheValueIsTheForm) {
  const Claim claim = loading([](auto& j) {
    j["compute"].erase("printed");
    j["gpus"].erase("printed");
  })();
  EXPECT_EQ(claim.compute->amount.number.printed, "240");
  EXPECT_EQ(claim.gpus->count.printed, "4000");
  EXPECT_EQ(need_of(*claim.compute, *claim.gpus).gpus_max, 4499);
}

struct BadInput {
  const char* name;
  std::function<void(nlohmann::json&)> change;
  const char* path;     // where the message must point
  const char* content;  // what it must say
};

class BadClaim : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadClaim, IsOneLineWithFilePathAndWhatIsAllowed) {
  EXPECT_THAT(config_error(loading(GetParam().change)),
              AllOf(HasSubstr("claim.json: "), HasSubstr(GetParam().path), HasSubstr(GetParam().content)));
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, BadClaim,
    ::testing::Values(
        BadInput{"CountZero", [](auto& j) { j["gpus"]["count"] = 0; }, "$.gpus.count: ", "from 1 to"},
        BadInput{"CountNegative", [](auto& j) { j["gpus"]["count"] = -4000; }, "$.gpus.count: ", "found -4000"},
        BadInput{"CountFraction", [](auto& j) { j["gpus"]["count"] = 4000.5; }, "$.gpus.count: ", "whole number"},
        BadInput{"CountText", [](auto& j) { j["gpus"]["count"] = "4000"; }, "$.gpus.count: ", "whole number"},
        BadInput{"ValueZero", [](auto& j) { j["compute"]["value"] = 0; }, "$.compute.value: ", "above 0"},
        BadInput{"ValueNegative", [](auto& j) { j["compute"]["value"] = -240; }, "$.compute.value: ", "above 0"},
        BadInput{"ValueMissing", [](auto& j) { j["compute"].erase("value"); }, "$.compute: ", "\"value\" is missing"},
        BadInput{"PrintedOtherNumber", [](auto& j) { j["compute"]["printed"] = "24"; },
                 "$.compute.printed: ", "which is 240"},
        BadInput{"PrintedNotANumber", [](auto& j) { j["gpus"]["printed"] = "4.000,0"; }, "$.gpus.printed: ", "4,000"},
        BadInput{"UnknownUnit", [](auto& j) { j["compute"]["unit"] = "petaflops"; },
                 "$.compute.unit: ", "TFLOP/s, PFLOP/s, EFLOP/s"},
        BadInput{"UnknownPrecision", [](auto& j) { j["compute"]["precision"] = "fp48"; },
                 "$.compute.precision: ", "fp64, fp64_vector, fp64_tensor, fp32"},
        BadInput{"Int8IsNotFlop", [](auto& j) { j["compute"]["precision"] = "int8"; },
                 "$.compute.precision: ", "fp4, unspecified is expected, found \"int8\""},
        BadInput{"UnknownSparsity", [](auto& j) { j["compute"]["sparsity"] = "4:8"; },
                 "$.compute.sparsity: ", "dense, 2:4, unspecified"},
        BadInput{"UnknownKind", [](auto& j) { j["compute"]["kind"] = "ai"; },
                 "$.compute.kind: ", "peak, kernel, coupled, training, goodput, unspecified"},
        BadInput{"UnknownRounding", [](auto& j) { j["compute"]["rounding"] = "auto"; },
                 "$.compute.rounding: ", "printed, exact"},
        BadInput{"ABenchmarkOfNoKind", [](auto& j) { j["compute"]["benchmark"] = "Llama 3 405B"; },
                 "$.compute.benchmark: ", "HPL-MxP"},
        BadInput{"TrainingWithHpl",
                 [](auto& j) {
                   j["compute"]["kind"] = "training";
                   j["compute"]["benchmark"] = "HPL";
                 },
                 "$.compute.benchmark: ", "coupled benchmark"},
        BadInput{"SequencesOfNoTraining", [](auto& j) { j["compute"]["sequence"] = 8192; },
                 "$.compute.sequence: ", "only training has sequences"},
        BadInput{"SequencesOfNothing",
                 [](auto& j) {
                   j["compute"]["kind"] = "training";
                   j["compute"]["sequence"] = 0;
                 },
                 "$.compute.sequence: ", "from 1 to"},
        BadInput{"UnknownKey", [](auto& j) { j["compute"]["colour"] = "blue"; },
                 "$.compute: ", "unknown key \"colour\""},
        BadInput{"UnknownKeyAtTheTop", [](auto& j) { j["gpu"] = 1; }, "$: ", "unknown key \"gpu\""},
        BadInput{"UnknownSchema", [](auto& j) { j["schema"] = "petaproof-claim/2"; },
                 "$.schema: ", "petaproof-claim/1"},
        BadInput{"UnknownModel", [](auto& j) { j["gpus"]["model"] = "h100"; }, "$.gpus.model: ", "h100-sxm-80gb"},
        BadInput{"UnknownAssumedGpu", [](auto& j) { j["assume_gpus"][1] = "h101"; },
                 "$.assume_gpus[1]: ", "h100-sxm-80gb"},
        BadInput{"AssumedTwice", [](auto& j) { j["assume_gpus"][1] = "h100-sxm-80gb"; },
                 "$.assume_gpus[0]: ", "given twice"},
        BadInput{"NothingAssumed", [](auto& j) { j["assume_gpus"] = nlohmann::json::array(); },
                 "$.assume_gpus: ", "at least one"},
        BadInput{"AssumedMissing", [](auto& j) { j.erase("assume_gpus"); }, "$: ", "\"assume_gpus\" is missing"},
        BadInput{"AssumedBesideAModel", [](auto& j) { j["gpus"]["model"] = "h100-sxm-80gb"; },
                 "$.assume_gpus: ", "states its GPU model"},
        BadInput{"SilenceIsNotUnspecified", [](auto& j) { j["compute"].erase("kind"); },
                 "$.compute: ", "\"kind\" is missing"},
        BadInput{"UnknownStatus", [](auto& j) { j["status"] = "soon"; }, "$.status: ", "planned"},
        BadInput{"DateInWords", [](auto& j) { j["as_of"] = "last May"; }, "$.as_of: ", "2025-01-31"}),
    [](const auto& each) { return each.param.name; });

TEST(Claim, AFileThatIsMissingOrNotJsonSaysSo) {
  TemporaryFolder folder;
  EXPECT_THAT(config_error([&] { load_claim(folder.path() / "none.json", hardware()); }),
              AllOf(HasSubstr("none.json"), HasSubstr("cannot be read")));
  const auto broken = folder.write("broken.json", "{\"schema\": ");
  EXPECT_THAT(config_error([&] { load_claim(broken, hardware()); }),
              AllOf(HasSubstr("broken.json: not JSON"), HasSubstr("line 1")));
  const auto list = folder.write("list.json", "[1]");
  EXPECT_THAT(config_error([&] { load_claim(list, hardware()); }), HasSubstr("list.json: $: an object is expected"));
}

TEST(ExitCode, OfAnErrorFollowsItsDomain) {
  EXPECT_EQ(exit_code_of(Error(Domain::config, "a claim")), 3);
  EXPECT_EQ(exit_code_of(Error(Domain::usage, "an option")), 3);
  EXPECT_EQ(exit_code_of(Error(Domain::mpi, "a launch")), 4);
  EXPECT_EQ(exit_code_of(Error(Domain::io, "a disk")), 4);
  EXPECT_EQ(exit_code_of(Error(Domain::internal, "a defect is not a refutation")), 4);
}

TEST(ExitCode, OfSeveralClaimsARefutationWeighsMost) {
  EXPECT_EQ(worse(ExitCode::ok, ExitCode::ok), 0);
  EXPECT_EQ(worse(ExitCode::ok, ExitCode::undecided), 2);
  EXPECT_EQ(worse(ExitCode::undecided, ExitCode::failed), 1);
  EXPECT_EQ(worse(ExitCode::failed, ExitCode::ok), 1);
}

}  // namespace
}  // namespace petaproof::judge

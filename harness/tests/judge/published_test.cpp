#include "harness/judge/published.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

nlohmann::json one_result() {
  return {{"id", "eagle"},      {"system", "Eagle"}, {"gpu", "h100-sxm-80gb"}, {"kind", "coupled"},
          {"benchmark", "HPL"}, {"gpus", 14400},     {"nodes", 1800},          {"precision", "fp64_tensor"},
          {"printed", "561.2"}, {"unit", "PFLOP/s"}, {"source", "a list"},     {"status", "read"}};
}

PublishedResults loaded(const nlohmann::json& results, const nlohmann::json& others = nullptr) {
  TemporaryFolder folder;
  const auto file = [](const nlohmann::json& list) {
    return nlohmann::json{{"schema", "petaproof-published/1"}, {"results", list}}.dump();
  };
  folder.write("a.json", file(results));
  if (!others.is_null()) folder.write("b.json", file(others));
  return PublishedResults::load(folder.path(), hardware());
}

std::function<void()> loading(const std::function<void(nlohmann::json&)>& change) {
  return [change] {
    auto result = one_result();
    change(result);
    loaded(nlohmann::json::array({result}));
  };
}

TEST(Published, EveryFileLoadsWithItsSourcesAndPlausibleRates) {
  const auto& all = knowledge().published.all();
  std::set<Kind> kinds;
  for (const auto& result : all) {
    EXPECT_FALSE(result.source.empty()) << result.id;
    EXPECT_FALSE(result.system.empty()) << result.id;
    // above a hundredth of the peak: a unit that slipped by a thousand shows
    const double peak = hardware().find(result.hardware_id)->peak(result.precision, Sparsity::dense)->value;
    EXPECT_GT(result.per_gpu_tflops(), peak / 100) << result.id;
    EXPECT_LE(result.value.lower, result.value.value) << result.id;
    EXPECT_GE(result.value.upper, result.value.value) << result.id;
    EXPECT_LE(result.nodes, result.gpus) << result.id;
    kinds.insert(result.kind);
  }
  EXPECT_EQ(kinds, (std::set{Kind::kernel, Kind::coupled, Kind::training}));
}

TEST(Published, HplOfOneSystemAtFourSizesAndItsListing) {
  for (const auto& [id, per_gpu] : {std::pair{"azure-ndv5-hpl-512", 39.79},
                                    {"azure-ndv5-hpl-800", 37.97},
                                    {"azure-ndv5-hpl-1200", 37.92},
                                    {"azure-ndv5-hpl-1600", 38.36},
                                    {"eagle-hpl-1800", 38.97}}) {
    const PublishedResult* result = knowledge().published.find(id);
    ASSERT_NE(result, nullptr) << id;
    EXPECT_NEAR(result->per_gpu_tflops(), per_gpu, 0.01) << id;
    EXPECT_EQ(result->gpus, 8 * result->nodes) << id;
  }
}

TEST(Published, ARateOfOneGpuIsMultipliedWithItsRounding) {
  auto result = one_result();
  result["per"] = "GPU";
  result["printed"] = "39";
  result["unit"] = "TFLOP/s";
  const auto results = loaded(nlohmann::json::array({result}));
  EXPECT_DOUBLE_EQ(results.all()[0].per_gpu_tflops(), 39);
  EXPECT_DOUBLE_EQ(results.all()[0].total_tflops(), 39.0 * 14400);
  EXPECT_DOUBLE_EQ(results.all()[0].value.lower, 38.5 * 14400);
  EXPECT_DOUBLE_EQ(results.all()[0].value.upper, 39.5 * 14400);
  EXPECT_EQ(results.all()[0].value.printed, "561600");
}

struct BadInput {
  const char* name;
  std::function<void(nlohmann::json&)> change;
  const char* content;
};

class BadPublished : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadPublished, IsOneLineWithFilePathAndWhatIsAllowed) {
  EXPECT_THAT(config_error(loading(GetParam().change)),
              AllOf(HasSubstr("a.json: $.results[0]"), HasSubstr(GetParam().content)));
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, BadPublished,
    ::testing::Values(BadInput{"UnknownKey", [](auto& j) { j["colour"] = "blue"; }, "unknown key \"colour\""},
                      BadInput{"UnknownGpu", [](auto& j) { j["gpu"] = "h100"; }, "gpu: one of"},
                      BadInput{"UnknownKind", [](auto& j) { j["kind"] = "ai"; }, "kind: one of"},
                      BadInput{"UnknownPrecision", [](auto& j) { j["precision"] = "fp48"; }, "precision: one of"},
                      BadInput{"UnknownUnit", [](auto& j) { j["unit"] = "PF"; }, "TFLOP/s, PFLOP/s, EFLOP/s"},
                      BadInput{"UnknownStatus", [](auto& j) { j["status"] = "heard"; }, "read, recalled"},
                      BadInput{"PerNode", [](auto& j) { j["per"] = "node"; }, "GPU, all GPUs"},
                      BadInput{"NoSource", [](auto& j) { j.erase("source"); }, "\"source\" is missing"},
                      BadInput{"NoGpus", [](auto& j) { j["gpus"] = 0; }, "gpus: "},
                      BadInput{"ANumberThatIsNotPrinted", [](auto& j) { j["printed"] = 561.2; }, "printed: "},
                      BadInput{"Zero", [](auto& j) { j["printed"] = "0"; }, "a number above 0"},
                      BadInput{"InWords", [](auto& j) { j["printed"] = "many"; }, "a number above 0"},
                      BadInput{"AboveThePeak", [](auto& j) { j["printed"] = "970"; }, "exceed its peak of 66.9"},
                      BadInput{"SequenceOfNoTraining", [](auto& j) { j["sequence"] = 8192; },
                               "only training has sequences"},
                      BadInput{"NoNames", [](auto& j) { j["known_as"] = "Eagle"; }, "known_as: "},
                      BadInput{"NoSuchPeak", [](auto& j) { j["precision"] = "fp4"; }, "the GPU has no such peak"}),
    [](const auto& each) { return each.param.name; });

TEST(Published, AnIdStandsOnceInAllFiles) {
  const auto twice = nlohmann::json::array({one_result(), one_result()});
  EXPECT_THAT(config_error([&] { loaded(twice); }), AllOf(HasSubstr("a.json: $.results[1].id"), HasSubstr("twice")));
  const auto once = nlohmann::json::array({one_result()});
  EXPECT_THAT(config_error([&] { loaded(once, once); }),
              AllOf(HasSubstr("b.json: $.results[0].id"), HasSubstr("\"eagle\" is given twice")));
}

TEST(Published, AFolderThatIsNotThereHasNone) {
  TemporaryFolder folder;
  EXPECT_TRUE(PublishedResults::load(folder.path() / "published", hardware()).all().empty());
}

TEST(Published, AnAttachedIdThatIsUnknownNamesWhatThereIs) {
  const auto results = loaded(nlohmann::json::array({one_result()}));
  EXPECT_EQ(results.attached_to({"eagle"}, "c").size(), 1U);
  EXPECT_THAT(config_error([&] { results.attached_to({"hawk"}, "c"); }),
              AllOf(HasSubstr("claim c"), HasSubstr("\"hawk\""), HasSubstr("there are eagle")));
  const std::string escaped = config_error([&] { results.attached_to({"\x1b[31m"}, "c"); });
  EXPECT_EQ(escaped.find('\x1b'), std::string::npos) << "a message is one line of printable text";
}

}  // namespace
}  // namespace petaproof::judge

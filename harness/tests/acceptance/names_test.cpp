// Misspelt workloads and parameters: what would match no case is found before anything runs.
#include "harness/acceptance/names.hpp"

#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

const json planned = json::array({{{"workload", "test/mine"}, {"params", {{"precision", "bf16"}, {"size", 4}}}}});

// A rate that any precision of an H100 reaches.
json slow(const json& cases) {
  return criterion("rate", "gpu", 20, "percent of peak", {{"cases", cases}});
}

std::string refused_names(const json& cases) {
  const Criteria criteria = load(file_of({slow(cases)}));
  return error_of(Domain::config, [&] { check_names(criteria, planned); });
}

void accepted_names(const json& cases) {
  EXPECT_NO_THROW(check_names(load(file_of({slow(cases)})), planned)) << cases.dump();
}

TEST(AcceptanceNames, AWorkloadIsOneThatThereIs) {
  EXPECT_THAT(refused_names({{"workload", "gemm/cublas"}, {"params", {{"precision", "bf16"}}}}),
              AllOf(HasSubstr("test.json: criterion \"rate\": there is no workload \"gemm/cublas\""),
                    HasSubstr("gemm/cublaslt"), HasSubstr("test/mine")));
  accepted_names(gemm());  // in the catalogue, though this process cannot make one
  accepted_names({{"workload", "test/mine"}, {"params", {{"precision", "bf16"}}}});  // only the run knows it
}

TEST(AcceptanceNames, AParameterIsOneOfTheWorkload) {
  EXPECT_THAT(refused_names({{"workload", "test/mine"}, {"params", {{"precision", "bf16"}, {"sise", 4}}}}),
              HasSubstr("test/mine has no parameter \"sise\"; it has precision, size"));
  EXPECT_THAT(refused_names({{"workload", "gemm/openblas"}, {"params", {{"precision", "fp64"}, {"mm", 4096}}}}),
              AllOf(HasSubstr("gemm/openblas has no parameter \"mm\""), HasSubstr("precision")));
}

TEST(AcceptanceNames, AValueIsOneThatItsParameterTakes) {
  accepted_names({{"workload", "gemm/openblas"}, {"params", {{"precision", "fp64"}, {"m", {{"at_least", 512}}}}}});
  EXPECT_THAT(refused_names({{"workload", "gemm/openblas"}, {"params", {{"precision", "fp64"}, {"m", {512, -3}}}}}),
              HasSubstr("-3"));
}

TEST(AcceptanceNames, TheShippedFilesAreSound) {
  for (const char* gpu : {"h100-sxm-80gb", "h200-sxm-141gb", "b200-hgx"})
    EXPECT_NO_THROW(
        check_names(load_criteria(configs() / "acceptance" / (std::string(gpu) + ".json"), hardware()), planned));
}

}  // namespace
}  // namespace petaproof::acceptance

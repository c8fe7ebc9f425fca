// The files that are shipped, and what the loader refuses.
#include <set>

#include "harness/acceptance/physics.hpp"
#include "harness/suite/plan.hpp"
#include "harness/tests/acceptance/fixture.hpp"

namespace petaproof::acceptance {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

json bus(double gbs, const json& more = {}) {
  json result = criterion("bus_bandwidth", "group", gbs, "GB/s", {{"cases", all_reduce()}});
  if (more.is_object()) result.update(more);
  return result;
}

json copy(double value, const char* unit = "GB/s") {
  return criterion("memory_bandwidth", "gpu", value, unit, {{"cases", {{"workload", "memory/device"}}}});
}

TEST(AcceptanceFiles, EachIsOfAGpuAndCoversWhatIsAskedOfOne) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(configs() / "acceptance")) {
    ++files;
    const Criteria criteria = load_criteria(entry.path(), hardware());
    EXPECT_EQ(criteria.id, criteria.gpu.id);
    std::set<Kind> kinds;
    std::set<Value> sizes;
    for (const Criterion& one : criteria.all) {
      kinds.insert(one.kind);
      if (one.kind == Kind::bus_bandwidth) sizes.insert(one.cases.params.at("size").one_of.front());
      for (const Bound& bound : one.bounds) {
        EXPECT_FALSE(bound.source.empty()) << one.id;
        EXPECT_TRUE(bound.status != Status::proposed || !bound.reasoning.empty()) << one.id;
      }
    }
    for (const Kind kind : {Kind::rate, Kind::memory_bandwidth, Kind::bus_bandwidth, Kind::spread, Kind::verified,
                            Kind::throttle, Kind::counter, Kind::power_limit})
      EXPECT_TRUE(kinds.contains(kind)) << criteria.id << " " << to_string(kind);
    EXPECT_EQ(sizes.size(), 5u) << "1, 2, 4, 8 and 16 GiB";
  }
  EXPECT_EQ(files, 3);
}

TEST(AcceptanceFiles, AnUnknownKeyIsAnErrorWithItsPlace) {
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"hello", 1}})})),
              AllOf(HasSubstr("$.criteria[0]"), HasSubstr("hello")));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"at_most", 1}})})), HasSubstr("at_most"));
  EXPECT_THAT(refused(file_of(std::vector<json>{})), HasSubstr("everything would be accepted"));
  EXPECT_THAT(refused(file_of({bf16(715), bf16(716)})), HasSubstr("given twice"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"source", "hearsay"}})})), HasSubstr("not in the file's"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"status", "proposed"}})})), HasSubstr("reasoning"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"unit", "GFLOP/s"}})})), HasSubstr("TFLOP/s"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"statistic", "slowest"}})})), HasSubstr("statistic"));
  EXPECT_THAT(refused(file_of({bf16(715, "rack")})), HasSubstr("gpu, node, group"));
  EXPECT_THAT(refused(file_of({bf16(715)}, "h999")), HasSubstr("$.gpu"));
}

TEST(AcceptancePhysics, NoGpuIsFasterThanItsPeak) {
  EXPECT_NO_THROW(load(file_of({bf16(989.4)})));
  EXPECT_THAT(refused(file_of({bf16(989.5)})),
              AllOf(HasSubstr("test.json: $.criteria[0].at_least: 989.5 TFLOP/s is above what is possible"),
                    HasSubstr("the dense bf16 peak of H100 SXM (80 GB), 989.4 TFLOP/s"), HasSubstr("Lockwood")));
  // the sparse peak is of other products
  EXPECT_THAT(refused(file_of({bf16(1500)})), HasSubstr("989.4"));
  // DGEMM runs on tensor cores where there are some: 66.9, not 33.5
  EXPECT_NO_THROW(load(file_of({bf16(60, "gpu", {{"cases", gemm("fp64")}})})));
  EXPECT_THAT(refused(file_of({bf16(67, "gpu", {{"cases", gemm("fp64")}})})), HasSubstr("fp64_tensor"));
  // B200: sources print 37 and 40, and the kindest counts
  EXPECT_NO_THROW(load(file_of({bf16(39, "gpu", {{"cases", gemm("fp64")}})}, "b200-hgx")));
  EXPECT_THAT(refused(file_of({bf16(41, "gpu", {{"cases", gemm("fp64")}})}, "b200-hgx")), HasSubstr("40 TFLOP/s"));
  EXPECT_THAT(refused(file_of({bf16(100.1, "gpu", {{"unit", "percent of peak"}})})), HasSubstr("above"));
  EXPECT_NO_THROW(load(file_of({bf16(100, "gpu", {{"unit", "percent of peak"}})})));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"cases", {{"workload", "gemm/cublaslt"}}}})})),
              HasSubstr("precision"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"cases", gemm("fp4")}})})), HasSubstr("no dense peak"));
}

TEST(AcceptancePhysics, IntegersAreCountedInOperations) {
  const auto int8 = [](double value, const char* unit) {
    return file_of({criterion("rate", "gpu", value, unit, {{"cases", gemm("int8")}})});
  };
  EXPECT_NO_THROW(load(int8(1900, "TOP/s")));
  EXPECT_NO_THROW(load(int8(70, "percent of peak")));
  EXPECT_THAT(refused(int8(1900, "TFLOP/s")), HasSubstr("int8 is counted in TOP/s, not in TFLOP/s"));
  EXPECT_THAT(refused(int8(2000, "TOP/s")), HasSubstr("the dense int8 peak of H100 SXM (80 GB), 1978.9 TOP/s"));
  EXPECT_THAT(refused(file_of({bf16(700, "gpu", {{"unit", "TOP/s"}})})), HasSubstr("bf16 is counted in TFLOP/s"));
}

TEST(AcceptancePhysics, AskingForNextToNothingIsAMistake) {
  EXPECT_NO_THROW(load(file_of({bf16(99)})));
  EXPECT_THAT(refused(file_of({bf16(98)})), AllOf(HasSubstr("implausibly little"), HasSubstr("a tenth of")));
  // TFLOP/s that should have been GFLOP/s, and the published 2,333 MB/s of an H200
  EXPECT_THAT(refused(file_of({bf16(0.7)})), HasSubstr("implausibly little"));
  EXPECT_THAT(refused(file_of({copy(2.333)}, "h200-sxm-141gb")), HasSubstr("implausibly little"));
  EXPECT_THAT(refused(file_of({bf16(9, "gpu", {{"unit", "percent of peak"}})})), HasSubstr("implausibly little"));
  EXPECT_THAT(refused(file_of({bf16(-1)})), HasSubstr("0 or more"));
}

TEST(AcceptancePhysics, NoMemoryIsFasterThanItself) {
  EXPECT_NO_THROW(load(file_of({copy(3350)})));
  EXPECT_THAT(refused(file_of({copy(3351)})), HasSubstr("the memory bandwidth of H100 SXM (80 GB), 3.35 TB/s"));
}

TEST(AcceptancePhysics, ALinkCarriesNoMoreThanItCan) {
  EXPECT_NO_THROW(load(file_of({bus(450)})));
  EXPECT_THAT(refused(file_of({bus(451)})), AllOf(HasSubstr("the wire, NVLink 4"), HasSubstr("450 GB/s")));
  // 480 is what 8 x H100 measure where the switches reduce
  EXPECT_NO_THROW(load(file_of({bus(480, {{"in_network_reduction", "nvlink"}})})));
  EXPECT_THAT(refused(file_of({bus(901, {{"in_network_reduction", "nvlink"}})})), HasSubstr("twice"));
  EXPECT_THAT(refused(file_of({bus(44)})), HasSubstr("implausibly little"));
  EXPECT_NO_THROW(load(file_of({bus(44, {{"cases", all_reduce("1 MiB")}})}))) << "latency bounds small messages";
  EXPECT_THAT(refused(file_of({bus(300, {{"cases", {{"workload", "all_reduce/nccl"}}}})})), HasSubstr("params.size"));
}

TEST(AcceptancePhysics, ManyNodesAreBoundByTheirNics) {
  const auto on_nodes = [](double gbs, int nodes, const char* reduction) {
    json file = file_of({bus(gbs, {{"nodes", {{"at_least", nodes}}}, {"in_network_reduction", reduction}})});
    file["fabric"] = {{"nic_gbs_per_gpu", 50}, {"gpus_per_node", 8}, {"source", "me"}, {"status", "read"}};
    return file;
  };
  // 50 x 31 / 3 = 516.7 GB/s on 4 nodes, 50 x 15 on 2: a published health check asks 800 there
  EXPECT_NO_THROW(load(on_nodes(516, 4, "nvlink")));
  EXPECT_THAT(refused(on_nodes(517, 4, "nvlink")), HasSubstr("50 GB/s of NIC per GPU"));
  EXPECT_NO_THROW(load(on_nodes(517, 4, "everywhere")));
  EXPECT_THAT(refused(on_nodes(800, 2, "nvlink")), HasSubstr("750.0 GB/s"));
}

struct OutOfRange {
  const char* name;
  json criterion;
};
class AcceptanceLimit : public ::testing::TestWithParam<OutOfRange> {};

TEST_P(AcceptanceLimit, IsRefused) {
  EXPECT_THAT(refused(file_of({GetParam().criterion})), HasSubstr("$.criteria[0].at_"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, AcceptanceLimit,
    ::testing::Values(
        OutOfRange{"Spread", criterion("spread", "node", 51, "percent", {{"cases", gemm()}})},
        OutOfRange{"WrongResults", criterion("verified", "gpu", 1, "cases")},
        OutOfRange{"Uncorrected", criterion("counter", "gpu", 1, "errors", {{"counter", "ecc_uncorrected"}})},
        OutOfRange{"HalfAnError", criterion("counter", "gpu", 0.5, "errors", {{"counter", "ecc_corrected"}})},
        OutOfRange{"Rows", criterion("counter", "gpu", 513, "rows", {{"counter", "remapped_rows_corrected"}})},
        OutOfRange{"Throttle", criterion("throttle", "gpu", 101, "percent", {{"events", {"hw_slowdown"}}})},
        OutOfRange{"Cold", criterion("temperature", "gpu", 20, "celsius", {{"sensor", "gpu"}})},
        OutOfRange{"Hot", criterion("temperature", "gpu", 111, "celsius", {{"sensor", "gpu"}})},
        OutOfRange{"Power", criterion("power_limit", "gpu", 701, "W")},
        OutOfRange{"LittlePower", criterion("power_limit", "gpu", 69, "W")}),
    [](const auto& each) { return each.param.name; });

TEST(AcceptanceFiles, WordsAreThoseOfTheProgram) {
  EXPECT_THAT(refused(file_of({criterion("throttle", "gpu", 0, "percent", {{"events", {"heat"}}})})),
              HasSubstr("heat"));
  EXPECT_THAT(refused(file_of({criterion("counter", "gpu", 0, "errors", {{"counter", "ecc"}})})),
              HasSubstr("ecc_uncorrected"));
  EXPECT_THAT(refused(file_of({bf16(715, "gpu", {{"cases", {{"workload", "gemm/cublaslt"}, {"mode", {"turbo"}}}}})})),
              HasSubstr("turbo"));
  EXPECT_THAT(refused(file_of({bus(300, {{"cases", all_reduce("1 XiB")}})})), HasSubstr("XiB"));
}

}  // namespace
}  // namespace petaproof::acceptance

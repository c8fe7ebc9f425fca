// The generated catalogue against what really registered: CMake reads names off the source files, and a line
// that it misreads would make a workload "unknown" or absent for a wrong reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kernels/registry.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

std::set<std::string> catalogued(bool built) {
  std::set<std::string> names;
  for (const CatalogueEntry& entry : built_in_catalogue())
    if (entry.home == "program" && entry.missing.empty() == built) names.emplace(entry.name);
  return names;
}

std::set<std::string> registered() {
  const auto names = Registry::instance().workload_names();
  return {names.begin(), names.end()};
}

TEST(Catalogue, NamesExactlyWhatRegisters) {
  EXPECT_EQ(catalogued(true), registered());
  // neither is empty: MPI at least is always there
  EXPECT_TRUE(registered().contains("all_reduce/mpi"));
}

TEST(Catalogue, KnowsTheHostWorkloads) {
  std::set<std::string> all = catalogued(true);
  all.merge(catalogued(false));
  for (const char* name : {"gemm/openblas", "memory/stream", "all_reduce/mpi"})
    EXPECT_TRUE(all.contains(name)) << name;
}

TEST(Catalogue, NamesNothingTwice) {
  std::set<std::string_view> names;
  for (const CatalogueEntry& entry : built_in_catalogue()) EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
}

TEST(Catalogue, WhatTheBuildLeftOutHasItsReason) {
  const Registry& registry = Registry::instance();
  for (const CatalogueEntry& entry : built_in_catalogue()) {
    if (entry.missing.empty()) continue;
    EXPECT_FALSE(registry.make(entry.name)) << entry.name;
    EXPECT_EQ(registry.why_absent(entry.name), entry.missing);
    EXPECT_THAT(std::string(entry.missing), ::testing::StartsWith("this build left it out: "));
  }
}

// What `list` prints and suite files rely on.
// Every quantity that there is: a reader of records tells them apart by these names.
const std::map<std::string_view, std::string_view> units{
    {"flops", "FLOP"},   {"customary_flops", "FLOP"}, {"ops", "OP"},  {"bytes", "B"},
    {"link_bytes", "B"}, {"loads", "load"},           {"busbw", "B"}, {"algbw", "B"}};

TEST(Workloads, SayWhatTheyAre) {
  for (const std::string& name : registered()) {
    SCOPED_TRACE(name);
    const auto workload = Registry::instance().make(name);
    const WorkloadInfo& info = workload->info();
    EXPECT_FALSE(info.summary.empty());
    EXPECT_EQ(info.summary.find('\n'), std::string::npos);
    EXPECT_TRUE(Registry::instance().backend(info.backend)) << info.backend;
    std::set<std::string> names;
    for (const ParamSpec& spec : info.params) {
      EXPECT_TRUE(names.insert(spec.name).second) << spec.name << " twice";
      EXPECT_FALSE(spec.help.empty()) << spec.name;
      EXPECT_EQ(spec.checked(spec.fallback), spec.fallback) << spec.name << ": its default is not allowed";
    }
    const Params defaults = Params::complete(info.params, {}, name);
    const auto work = workload->work(defaults, 8);
    ASSERT_FALSE(work.empty());
    for (const Quantity& quantity : work) {
      EXPECT_GT(quantity.per_launch, 0) << quantity.name;
      const auto unit = units.find(quantity.name);
      ASSERT_NE(unit, units.end()) << quantity.name << " is no quantity of configs/schema/record.schema.json";
      EXPECT_EQ(quantity.unit, unit->second) << quantity.name;
    }
  }
}

}  // namespace
}  // namespace petaproof

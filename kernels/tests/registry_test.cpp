#include "kernels/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "modules/minimal_workload.hpp"

namespace petaproof {
namespace {

using ::testing::ElementsAre;

Registry::WorkloadFactory making(const std::string& summary) {
  return [summary] { return std::make_unique<testing::MinimalWorkload>(summary); };
}

class NamedBackend : public Backend {
 public:
  std::string name() const override { return "tpu"; }
  int device_count() const override { return 0; }
  std::unique_ptr<Device> open(int, int) const override { return nullptr; }
};

TEST(Registry, MakesWhatWasRegisteredAndNothingElse) {
  Registry registry;
  EXPECT_FALSE(registry.make("b/two"));
  registry.add_workload("b/two", making("two"));
  registry.add_workload("a/one", making("one"));
  EXPECT_EQ(registry.make("b/two")->info().summary, "two");
  EXPECT_EQ(registry.make("a/one")->info().summary, "one");
  EXPECT_NE(registry.make("a/one"), registry.make("a/one")) << "each case has a workload of its own";
  EXPECT_FALSE(registry.make("a/on"));
  EXPECT_THAT(registry.workload_names(), ElementsAre("a/one", "b/two"));
}

TEST(Registry, KnowsItsBackends) {
  Registry registry;
  EXPECT_EQ(registry.backend("tpu"), nullptr);
  registry.add_backend(std::make_unique<NamedBackend>());
  ASSERT_NE(registry.backend("tpu"), nullptr);
  EXPECT_EQ(registry.backend("tpu")->name(), "tpu");
}

TEST(RegistryDeathTest, TwoWorkloadsOfOneNameEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // OpenBLAS may have started threads
  Registry registry;
  registry.add_workload("a/one", making("one"));
  EXPECT_DEATH(registry.add_workload("a/one", making("other")), "two workloads register as \"a/one\"");
}

TEST(Registry, SaysWhyAWorkloadIsAbsent) {
  Registry registry;
  EXPECT_EQ(registry.why_absent("test/only_listed"), "the module \"testneverloaded\" is not loaded");
  EXPECT_EQ(registry.why_absent("test/left_out"), "this build left it out: cudnn: cuDNN was not found");
  EXPECT_EQ(registry.why_absent("test/unheard_of"), "");
  registry.set_module_error("testneverloaded", "libcudart.so.13 is missing");
  EXPECT_EQ(registry.why_absent("test/only_listed"), "libcudart.so.13 is missing");
  // what the build left out does not come back with the module
  registry.set_module_error("testmodule", "libcudart.so.13 is missing");
  EXPECT_EQ(registry.why_absent("test/left_out"), "this build left it out: cudnn: cuDNN was not found");
  registry.add_workload("test/only_listed", making("here after all"));
  EXPECT_EQ(registry.why_absent("test/only_listed"), "");
}

}  // namespace
}  // namespace petaproof

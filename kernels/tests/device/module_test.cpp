// Modules that load, that lack a library and that are none, in folders that PETAPROOF_MODULE_DIR names.
#include "kernels/device/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kernels/registry.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// load_module() from `folder`.
std::string load_from(const fs::path& folder, const std::string& name) {
  setenv("PETAPROOF_MODULE_DIR", folder.c_str(), 1);
  std::string error = load_module(name);
  unsetenv("PETAPROOF_MODULE_DIR");
  return error;
}

const fs::path modules = PETAPROOF_TEST_MODULES;

TEST(Module, ItsWorkloadsRegisterAsItLoads) {
  Registry& registry = Registry::instance();
  ASSERT_FALSE(registry.make("test/in_module"));
  EXPECT_EQ(registry.why_absent("test/in_module"), "the module \"testmodule\" is not loaded");
  EXPECT_EQ(load_from(modules, "testmodule"), "");
  const auto workload = registry.make("test/in_module");
  ASSERT_TRUE(workload);
  EXPECT_EQ(workload->info().summary, "lives in a module");
  EXPECT_EQ(registry.why_absent("test/in_module"), "");
  EXPECT_THAT(registry.workload_names(), ::testing::Contains("test/in_module"));
}

TEST(Module, LoadsOnce) {
  EXPECT_EQ(load_from(modules, "testmodule"), "");
  // a second time would register the same name again, which ends the process; and the folder no longer
  // matters
  EXPECT_EQ(load_from("/no/such/folder", "testmodule"), "");
}

TEST(Module, ALibraryThatItLacksIsNamed) {
  EXPECT_EQ(load_from(modules, "testlacking"), "libpetaproof_testabsent.so is missing");
  EXPECT_FALSE(Registry::instance().make("test/lacking"));
  EXPECT_EQ(Registry::instance().why_absent("test/lacking"), "libpetaproof_testabsent.so is missing");
}

TEST(Module, OneThatIsNotThereSaysSo) {
  const std::string expected = "libpetaproof_testnowhere.so is not there (this build has no module \"testnowhere\")";
  EXPECT_EQ(load_from(modules, "testnowhere"), expected);
  EXPECT_EQ(Registry::instance().why_absent("test/nowhere"), expected);
}

TEST(Module, AFileThatIsNoneIsToldInTheLoadersWords) {
  const fs::path folder = fs::path(::testing::TempDir()) / ("petaproof-module-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "libpetaproof_testgarbage.so") << std::string(4096, 'x');
  EXPECT_THAT(load_from(folder, "testgarbage"), HasSubstr("invalid ELF header"));
  fs::remove_all(folder);
}

TEST(Module, ExplainsTheLoadersWords) {
  const std::string path = "/opt/petaproof/lib/libpetaproof_cuda.so";
  EXPECT_EQ(
      explain_load_failure("libcublasLt.so.13: cannot open shared object file: No such file or directory", path),
      "libcublasLt.so.13 is missing");
  EXPECT_EQ(explain_load_failure(path + ": cannot open shared object file: Permission denied", path),
            path + " cannot be opened");
  const std::string other = path + ": undefined symbol: cudaMallocAsync";
  EXPECT_EQ(explain_load_failure(other, path), other);
  EXPECT_EQ(explain_load_failure(path + ": undefined symbol: ncclCommInitRankConfig", path),
            "NCCL (libnccl.so.2) is older than this build needs: it has no ncclCommInitRankConfig");
  EXPECT_EQ(explain_load_failure(path + ": undefined symbol: cublasLtMatmul, version libcublasLt.so.13", path),
            "cuBLASLt (libcublasLt.so) is older than this build needs: it has no cublasLtMatmul");
}

}  // namespace
}  // namespace petaproof

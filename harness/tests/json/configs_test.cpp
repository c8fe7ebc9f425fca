#include "harness/json/configs.hpp"

#include <cstdlib>

#include "harness/tests/judge/fixture.hpp"

namespace petaproof {
namespace {

using judge::testing::config_error;
using judge::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// $PETAPROOF_CONFIGS for one test.
class Configs : public ::testing::Test {
 protected:
  void SetUp() override {
    folder.write("configs/hardware/gpu.json", "{}");
    suite = folder.write("configs/suites/smoke.json", "{}");
    folder.write("configs/suites/full.json", "{}");
    folder.write("configs/suites/notes.txt", "");
    set((folder.path() / "configs").string());
  }
  void TearDown() override { had ? set(before) : static_cast<void>(unsetenv("PETAPROOF_CONFIGS")); }
  static void set(const std::string& value) { setenv("PETAPROOF_CONFIGS", value.c_str(), 1); }

  bool had = std::getenv("PETAPROOF_CONFIGS") != nullptr;
  std::string before = had ? std::getenv("PETAPROOF_CONFIGS") : "";
  TemporaryFolder folder;
  std::filesystem::path suite;
};

TEST_F(Configs, AreFoundByNameAndByPath) {
  EXPECT_EQ(find_config("suites", "smoke"), suite);
  EXPECT_EQ(find_config("suites", "smoke.json"), suite);
  EXPECT_EQ(find_config("suites", suite.string()), suite);
  EXPECT_EQ(config_folder("suites"), suite.parent_path());
}

TEST_F(Configs, ThatDoNotExistAreAnErrorThatNamesThoseThatDo) {
  EXPECT_THAT(config_error([] { find_config("suites", "smok"); }),
              AllOf(HasSubstr("smok: no such file"), HasSubstr("full, smoke"), Not(HasSubstr("notes"))));
  EXPECT_THAT(config_error([] { find_config("claims", "acme"); }), HasSubstr("none"));
  EXPECT_THAT(config_error([] { find_config("suites", ""); }), HasSubstr("no such file"));
}

TEST_F(Configs, APathIsNeverLookedForElsewhere) {
  EXPECT_THAT(config_error([] { find_config("suites", "elsewhere/smoke.json"); }), HasSubstr("no such file"));
  EXPECT_THAT(config_error([] { find_config("suites", "../suites/smoke"); }), HasSubstr("no such file"));
}

TEST_F(Configs, AWrongVariableIsAnErrorAndNotIgnored) {
  set("/nonexistent");
  EXPECT_THAT(config_error([] { config_root(); }),
              AllOf(HasSubstr("PETAPROOF_CONFIGS=/nonexistent"), HasSubstr("hardware")));
}

TEST_F(Configs, AreFoundInTheSourceTreeAboveAProgramOfTheBuild) {
  EXPECT_EQ(config_root_of(folder.path() / "build" / "host" / "bin" / "petaproof"), folder.path() / "configs");
}

TEST_F(Configs, InstalledOnesComeBeforeThoseAbove) {
  folder.write("usr/share/petaproof/configs/hardware/gpu.json", "{}");
  EXPECT_EQ(config_root_of(folder.path() / "usr" / "bin" / "petaproof"),
            folder.path() / "usr" / "share" / "petaproof" / "configs");
}

TEST_F(Configs, AreNotMadeUpWhereThereAreNone) {
  EXPECT_EQ(config_root_of("/nonexistent/bin/petaproof"), std::nullopt);
}

}  // namespace
}  // namespace petaproof

// Slurm's brackets, read and written.
#include "harness/sample/host_range.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "harness/tests/expect_error.hpp"

namespace petaproof::sample {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(HostRange, Expands) {
  EXPECT_THAT(expand_hosts("n1"), ElementsAre("n1"));
  EXPECT_THAT(expand_hosts("n[001-003,010]"), ElementsAre("n001", "n002", "n003", "n010"));
  EXPECT_THAT(expand_hosts("n[9-11]"), ElementsAre("n9", "n10", "n11"));
  EXPECT_THAT(expand_hosts("n[08-10]"), ElementsAre("n08", "n09", "n10"));
  EXPECT_THAT(expand_hosts("r[1-2]n[1-2]x,login"), ElementsAre("r1n1x", "r1n2x", "r2n1x", "r2n2x", "login"));
}

TEST(HostRange, Compresses) {
  EXPECT_EQ(compress_hosts({"n1"}), "n1");
  EXPECT_EQ(compress_hosts({"n003", "n001", "n002", "n010"}), "n[001-003,010]");
  EXPECT_EQ(compress_hosts({"n10", "n9", "n8"}), "n[8-10]");
  EXPECT_EQ(compress_hosts({"n08", "n09", "n10"}), "n[08-10]");
  EXPECT_EQ(compress_hosts({"n9", "n010"}), "n[9,010]");  // not 9-010, which Slurm reads otherwise
  EXPECT_EQ(compress_hosts({"a1", "b1", "b2", "login"}), "a1,b[1-2],login");
  EXPECT_EQ(compress_hosts({"n1.dc2.example", "n2.dc2.example"}), "n[1-2].dc2.example");
  EXPECT_EQ(compress_hosts({"n99999999999999999999", "n1"}), "n1,n99999999999999999999");
  EXPECT_EQ(compress_hosts({"n1", "n1"}), "n1");
}

TEST(HostRange, GivesTheSameNamesBack) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) {
      const int number = static_cast<int>(random() % 130);
      const char* shape[] = {"n%d", "n%03d", "r%dx", "a%d.dc1", "a%02d-b"};
      char text[32];
      std::snprintf(text, sizeof text, shape[random() % 5], number);
      names.emplace_back(text);
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    std::vector<std::string> again = expand_hosts(compress_hosts(names));
    std::ranges::sort(again);
    ASSERT_EQ(again, names);
  }
}

TEST(HostRange, RefusesWhatIsNone) {
  for (const char* text : {"n[", "n]", "n[1-2", "n[[1]]", "n1]2[", "n[]", "n[1,]", "n[a-b]", "n[1-2-3]", "n[-1]",
                           "n[2-1]", "n[1-9999999]", "n[1-1000][1-1001]", "n[99999999999999999999]"})
    EXPECT_FALSE(error_of(Domain::config, [&] { expand_hosts(text); }).empty()) << text;
  EXPECT_THAT(error_of(Domain::config, [] { expand_hosts("n[2-1]"); }), HasSubstr("backwards"));
}

}  // namespace
}  // namespace petaproof::sample

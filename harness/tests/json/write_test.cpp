#include "harness/json/write.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/tests/expect_error.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(WriteJson, RefusesNumbersThatAreNotFiniteAndNamesThem) {
  for (double value :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    const json record{{"rates", {{{"value", 1.0}}, {{"value", value}}}}};
    EXPECT_THAT(error_of(Domain::internal, [&] { json_line(record); }), HasSubstr("$.rates[1].value"));
    error_of(Domain::internal, [&] { json_text(record); });
  }
  EXPECT_EQ(json_line({{"a", 0.1}}), "{\"a\":0.1}");
}

TEST(WriteJson, OtherPeoplesBytesAreReplacedNotFatal) {
  EXPECT_EQ(json_line({{"host", "n\xFF"}}), "{\"host\":\"n\xEF\xBF\xBD\"}");
}

TEST(WriteFile, ReplacesWholeAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  write_text(folder / "f.json", "old");
  write_file(folder / "f.json", "new");
  EXPECT_EQ(read_text(folder / "f.json"), "new");
  EXPECT_FALSE(std::filesystem::exists(folder / "f.json.part"));
}

TEST(WriteFile, FailsWithPathAndReason) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(Domain::io, [&] { write_file(folder / "none/f.json", "x"); }),
              testing::AllOf(HasSubstr("none/f.json"), HasSubstr("No such file or directory")));
}

}  // namespace
}  // namespace petaproof

// Reading JSON: nothing may pass that another reader would read otherwise.
#include "harness/json/strict.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/tests/expect_error.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string refusal(const std::string& text) {
  return error_of(Domain::config, [&] { parse_json(text, "f"); });
}

TEST(ParseJson, ReadsWhatNlohmannReads) {
  for (const char* text :
       {"null", "[]", "{}", "-1", "18446744073709551615", "2.5e-3", "\"\\u00e9\\n\"",
        "[[],{},[{}],1,\"a\",true,null]", R"({"a":{"b":[1,{"c":null},2],"d":{}},"e":[[1,2],[3]],"":false})",
        "// why\n{\"a\": /* one */ 1}"})
    EXPECT_EQ(parse_json(text, "f"), json::parse(text, nullptr, true, true)) << text;
}

TEST(ParseJson, RefusesAKeyThatIsGivenTwice) {
  EXPECT_EQ(refusal(R"([{"a": 1, "b": {"a": 2}, "a": 3}])"), "f: the key \"a\" is given twice in one object");
  EXPECT_NO_THROW(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "f"));
}

TEST(ParseJson, SaysWhereItIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nul", "[1] 2", "1e999", "NaN", "\"\xff\"", "[\"a\nb\"]"})
    EXPECT_THAT(refusal(text), HasSubstr("f: not JSON: ")) << text;
  EXPECT_THAT(refusal("{\n \"a\": ]"), HasSubstr("line 2, column 7"));
}

TEST(ParseJson, EndsBeforeTheStackDoes) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_NO_THROW(parse_json(nested(65), "f"));
  EXPECT_EQ(refusal(nested(66)), "f: nested more than 64 levels deep");
  EXPECT_EQ(refusal(std::string(100'000, '[')), "f: nested more than 64 levels deep");
}

}  // namespace
}  // namespace petaproof

// The fast parser may refuse what it likes, and must never understand anything otherwise than the full one.
#include "harness/json/plain_json.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

namespace petaproof {
namespace {

using nlohmann::json;

std::optional<json> plain(const std::string& text) {
  json root;
  nlohmann::detail::json_sax_dom_parser<json> reader(root, false);
  if (!PlainJson(text, reader).parse()) return std::nullopt;
  return root;
}

// The same value of the same type: 1 is not 1.0, and -0.0 not 0.
void expect_the_same(const json& value, const json& full, const std::string& text) {
  EXPECT_EQ(value.type(), full.type()) << text;
  EXPECT_EQ(value, full) << text;
  if (!value.is_number_float()) return;
  const double a = value, b = full;
  EXPECT_EQ(std::memcmp(&a, &b, sizeof a), 0) << text;
}

TEST(PlainJson, UnderstandsWhatOurWritersWrite) {
  for (const std::string text : {"{}",
                                 "[]",
                                 "null",
                                 "true",
                                 "false",
                                 "\"\"",
                                 "\"a b/c\"",
                                 "0",
                                 "-1",
                                 "1.5",
                                 "1e5",
                                 "-2.5E-3",
                                 "18446744073709551615",
                                 "-9223372036854775808",
                                 "5e-324",
                                 "1.7976931348623157e308",
                                 "0.30000000000000004",
                                 "-0",
                                 "-0.0",
                                 " [ 1 , {\"a\" : [ ] , \"b\":null}\t,\r\n\"x\" ] "}) {
    const auto value = plain(text);
    ASSERT_TRUE(value) << text;
    expect_the_same(*value, json::parse(text), text);
  }
}

TEST(PlainJson, LeavesTheRestToTheFullParser) {
  for (const std::string text : {"",
                                 " ",
                                 "nul",
                                 "nulll",
                                 "tru",
                                 "01",
                                 "-01",
                                 "1.",
                                 ".5",
                                 "+1",
                                 "-",
                                 "--1",
                                 "1e",
                                 "1e+",
                                 "1.e5",
                                 "0x1",
                                 "inf",
                                 "NaN",
                                 "1e999",
                                 "1e-999",
                                 "18446744073709551616",
                                 "-9223372036854775809",
                                 "\"",
                                 "\"a",
                                 "\"a\\n\"",
                                 "\"\\u00e9\"",
                                 "\"\xc3\xa9\"",
                                 "\"\xff\"",
                                 "\"a\tb\"",
                                 "\"\x7f\"",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "[",
                                 "]",
                                 "{\"a\":1,}",
                                 "{\"a\"}",
                                 "{a:1}",
                                 "{\"a\":1 \"b\":2}",
                                 "{",
                                 "1 2",
                                 "[1]]",
                                 "// a comment\n1",
                                 "\xef\xbb\xbf"
                                 "1"})
    EXPECT_FALSE(plain(text)) << text;
  EXPECT_FALSE(plain(std::string("1\0", 2)));
  EXPECT_FALSE(plain(std::string("\"a\0b\"", 5)));
}

TEST(PlainJson, ReadsEveryNumberToTheLastBit) {
  std::mt19937_64 random(20261126);
  for (int i = 0; i < 20'000; ++i) {
    double value = 0;
    const std::uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = json(i % 2 == 0 ? value : static_cast<double>(static_cast<float>(value / 1e270))).dump();
    if (const auto found = plain(text)) expect_the_same(*found, json::parse(text), text);
  }
}

// One character of a valid text changed, left out or put in: refused, or the same as the full parser has.
TEST(PlainJson, NeverUnderstandsOtherwise) {
  const std::string valid = R"({"a": [1, -2.5e3, true, null, "x y"], "b": {"c": 0.1, "d": [[], {}]}, "e": 12})";
  const std::string characters = "0123456789eE+-.,:[]{}\" \\truefalsn\t\x01\x7f\xc3";
  std::mt19937_64 random(7);
  int understood = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = valid;
    for (std::uint64_t changes = 1 + random() % 2; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char one = characters[random() % characters.size()];
      switch (random() % 3) {
        case 0: text[at] = one; break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, one);
      }
    }
    const auto value = plain(text);
    if (!value) continue;
    ++understood;
    const json full = json::parse(text, nullptr, false);
    ASSERT_FALSE(full.is_discarded()) << text;
    ASSERT_EQ(value->dump(), full.dump()) << text;
  }
  EXPECT_GT(understood, 10'000);
}

}  // namespace
}  // namespace petaproof

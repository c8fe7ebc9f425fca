#include "harness/project/csv.hpp"

#include <gmock/gmock.h>

#include <random>

#include "harness/project/projection.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/project/table.hpp"

namespace petaproof::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string parse_error(const std::string& text) {
  return error_of(Domain::config, [&] { parse_csv(text, "x.csv"); });
}

TEST(Csv, FieldsAndLines) {
  const auto records = parse_csv("a,b\r\n1,\n\"x, \"\"y\"\"\nz\",2\n,,", "x.csv");
  ASSERT_EQ(records.size(), 4u);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(records[1].fields, ElementsAre("1", ""));
  EXPECT_THAT(records[2].fields, ElementsAre("x, \"y\"\nz", "2"));
  EXPECT_THAT(records[3].fields, ElementsAre("", "", ""));
  EXPECT_EQ(records[2].line, 3);
  EXPECT_EQ(records[3].line, 5);  // the quoted field went on for two lines
}

TEST(Csv, ByteOrderMarkAndEmptyLinesAtTheEnd) {
  const auto records = parse_csv(
      "\xEF\xBB\xBF"
      "a\n\n\n",
      "x.csv");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].fields, ElementsAre("a"));
}

TEST(Csv, WhatIsNotWellFormed) {
  EXPECT_THAT(parse_error(""), HasSubstr("x.csv: line 1: nothing"));
  EXPECT_THAT(parse_error("\n\n"), HasSubstr("nothing"));
  EXPECT_THAT(parse_error("a\n\nb\n"), HasSubstr("line 2: an empty line"));
  EXPECT_THAT(parse_error("a\nb\"c\n"), HasSubstr("line 2: a quote inside"));
  EXPECT_THAT(parse_error("a\n\"b\"c\n"), HasSubstr("line 2: text after the quote"));
  EXPECT_THAT(parse_error("a\n\"b\n\n"), HasSubstr("line 2: a quote is opened and never closed"));
  EXPECT_THAT(parse_error("a\rb\n"), HasSubstr("carriage return"));
  EXPECT_THAT(parse_error(std::string("a\nb\0c", 5)), HasSubstr("line 2: a NUL"));
  EXPECT_THAT(parse_error("a\nb,\xff\n"), HasSubstr("line 2: column 2: not UTF-8"));
}

const std::string good = csv_header + "1,s,train_step,weak,m,g,64,8,w,bf16,TP=4,256,4096,,,step_time,3.5,s,,,e,x,\n";

// The first match: names of columns match in the header, values in the row.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = good;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string table_error(const std::string& text) {
  return error_of(Domain::config, [&] { parse_scaling_table(text, "x.csv"); });
}

TEST(ScalingTable, OneRow) {
  const auto rows = parse_scaling_table(good, "x.csv");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].line, 2);
  EXPECT_EQ(rows[0].gpus, 64);
  EXPECT_EQ(rows[0].nodes, 8);
  EXPECT_EQ(rows[0].value, 3.5);
  EXPECT_EQ(rows[0].unit.name, "s");
  EXPECT_FALSE(rows[0].msg_bytes);
}

TEST(ScalingTable, ColumnsInAnyOrder) {
  // the first and the last column change places
  std::string text = good;
  text.replace(text.find("id,"), 3, "note,").replace(text.find(",note\n"), 6, ",id\n");
  EXPECT_EQ(parse_scaling_table(text, "x.csv")[0].note, "1");
}

TEST(ScalingTable, WhatIsRefused) {
  EXPECT_THAT(table_error(csv_header), HasSubstr("no rows"));
  EXPECT_THAT(table_error(changed("msg_bytes", "bytes")),
              HasSubstr("line 1: column 14 is \"bytes\", which is not known"));
  EXPECT_THAT(table_error(changed("msg_bytes,", "")), HasSubstr("column \"msg_bytes\" is missing"));
  EXPECT_THAT(table_error(changed("nodes", "gpus")), HasSubstr("\"gpus\" stands there twice"));
  EXPECT_THAT(table_error(changed(",e,x,", ",e,x")),
              HasSubstr("line 2: 23 fields are expected, as the header has, found 22"));
  for (const char* gpus : {"0", "-8", "8.5", "64 ", " 64", "", "x", "1e2", "99999999999999999999", "200000000"})
    EXPECT_THAT(table_error(changed(",64,", "," + std::string(gpus) + ",")),
                HasSubstr("line 2, column \"gpus\": a whole number from 1 to 100000000 is expected, found \""))
        << gpus;
  EXPECT_THAT(table_error(changed(",8,", ",65,")), HasSubstr("column \"nodes\": a whole number from 1 to 64"));
  for (const char* value : {"0", "-1", "nan", "inf", "1e999", "", "3.5s", "0x1p3", "+3"})
    EXPECT_THAT(table_error(changed(",3.5,", "," + std::string(value) + ",")),
                HasSubstr("column \"value\": a finite number above 0 is expected"))
        << value;
  for (const char* value : {"1e308", "1.1e30", "1e-310", "9e-31"})
    EXPECT_THAT(table_error(changed(",3.5,", "," + std::string(value) + ",")),
                HasSubstr("column \"value\": a number from 1e-30 to 1e+30 is expected"))
        << value;
  EXPECT_THAT(table_error(changed(",s,,,", ",furlongs,,,")), HasSubstr("column \"unit\": one of us, ms, s"));
  EXPECT_THAT(table_error(changed(",s,train_step", ",,train_step")), HasSubstr("column \"series\": a text"));
}

// Whatever stands in the file: it is projected, or refused as a mistake of the file's. The seed is fixed, so that a
// failure can be repeated.
TEST(ScalingTable, MutatedBytes) {
  std::string base = csv_header;
  int id = 0;
  for (const int nodes : {4, 8, 16, 32})
    for (const int mib : {16, 1024})
      base += std::to_string(++id) + ",s,collective,,m,g," + std::to_string(8 * nodes) + "," + std::to_string(nodes) +
              ",all_reduce,,,,," + std::to_string(mib << 20) + ",tree,busbw,100,GB/s,,,e,\"x, y\",\n";
  for (const int gpus : {32, 64, 256})
    base += std::to_string(++id) + ",t,train_step,weak,m,g," + std::to_string(gpus) + "," + std::to_string(gpus / 8) +
            ",w,bf16,TP=4,,,,,step_time,3.5,s,,,e,x,\n";
  using namespace std::string_literals;
  const std::string bytes = "\",\n\r0-9.eE+\xff\0 xGB/s\xEF\xBB\xBF"s;  // the zero within counts
  std::mt19937_64 random(20261122);
  int understood = 0;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = base;
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = bytes[random() % bytes.size()]; break;
        case 1: text.insert(at, 1, bytes[random() % bytes.size()]); break;
        case 2: text.erase(at, 1 + random() % 8); break;
        case 3: text.resize(std::max<std::size_t>(1, at)); break;
      }
    }
    try {
      const auto projection = project(parse_scaling_table(text, "x.csv"), {.fit_max_gpus = 128});
      for (const Prediction& one : projection.predictions) {
        EXPECT_TRUE(std::isfinite(one.predicted) && one.lower < one.predicted && one.predicted < one.upper) << text;
      }
      ++understood;
    } catch (const Error& error) {
      EXPECT_EQ(error.domain(), Domain::config) << error.describe() << "\n" << text;
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(understood, 50);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace petaproof::project

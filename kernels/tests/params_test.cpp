#include "kernels/params.hpp"

#include <gtest/gtest.h>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

using Given = std::map<std::string, Value>;

const std::vector<ParamSpec> specs = {
    ParamSpec::choice("precision", "of everything", {"fp64", "fp32"}),
    ParamSpec::integer("m", "rows", 1024, 1, 65536),
    ParamSpec::bytes("size", "of a buffer", 1 << 20, 64, 1 << 30),
    ParamSpec::flag("transpose", "A", true),
};

// The message of the Error(config) that `action` throws.
template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::config) << error.what();
    return error.what();
  }
  return "accepted";
}

std::string refusal_of(Given given) {
  return refusal([&] { Params::complete(specs, given, "gemm/test"); });
}

std::string refusal_of_size(std::string_view text) {
  return refusal([&] { parse_bytes(text); });
}

TEST(Bytes, UnitsArePowersOfTheirBase) {
  EXPECT_EQ(parse_bytes("65536"), 65536);
  EXPECT_EQ(parse_bytes("1"), 1);
  EXPECT_EQ(parse_bytes("7 B"), 7);
  EXPECT_EQ(parse_bytes("2 KB"), 2000);
  EXPECT_EQ(parse_bytes("2 MB"), 2'000'000);
  EXPECT_EQ(parse_bytes("3 GB"), 3'000'000'000);
  EXPECT_EQ(parse_bytes("64 KiB"), 65'536);
  EXPECT_EQ(parse_bytes("16 MiB"), 16'777'216);
  EXPECT_EQ(parse_bytes("1 GiB"), 1'073'741'824);
  EXPECT_EQ(parse_bytes("16MiB"), 16'777'216);  // with or without the space
  EXPECT_EQ(parse_bytes("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_bytes("8589934591 GiB"), INT64_MAX - ((1 << 30) - 1));  // the last that fits
}

TEST(Bytes, WhatIsNotASizeIsRefusedWithTheReason) {
  const std::string hint = " (write 65536, \"64 KiB\", \"16 MiB\" or \"1 GB\")";
  EXPECT_EQ(refusal_of_size(""), "\"\" is not a size: it does not begin with a whole number" + hint);
  EXPECT_EQ(refusal_of_size("big"), "\"big\" is not a size: it does not begin with a whole number" + hint);
  EXPECT_EQ(refusal_of_size(" 64"), "\" 64\" is not a size: it does not begin with a whole number" + hint);
  EXPECT_EQ(refusal_of_size("64 XiB"), "\"64 XiB\" is not a size: unknown unit \"XiB\"" + hint);
  EXPECT_EQ(refusal_of_size("64 kib"), "\"64 kib\" is not a size: unknown unit \"kib\"" + hint);
  EXPECT_EQ(refusal_of_size("1.5 GiB"), "\"1.5 GiB\" is not a size: unknown unit \".5 GiB\"" + hint);
  EXPECT_EQ(refusal_of_size("0"), "\"0\" is not a size: it must be above 0" + hint);
  EXPECT_EQ(refusal_of_size("-1 MiB"), "\"-1 MiB\" is not a size: it must be above 0" + hint);
  EXPECT_EQ(refusal_of_size("8589934592 GiB"), "\"8589934592 GiB\" is not a size: too large" + hint);
  EXPECT_EQ(refusal_of_size("9223372036854775808"), "\"9223372036854775808\" is not a size: too large" + hint);
}

TEST(Params, DefaultsFillWhatIsAbsentAndTheOrderIsByName) {
  const Params params = Params::complete(specs, {}, "gemm/test");
  EXPECT_EQ(params.to_string(), "m=1024 precision=fp64 size=1048576 transpose=true");
  EXPECT_EQ(params.integer("m"), 1024);
  EXPECT_EQ(params.text("precision"), "fp64");  // the first choice
  EXPECT_EQ(params.integer("size"), 1 << 20);
  EXPECT_TRUE(params.flag("transpose"));
}

// Equal cases must render equally, or one case would have two ids.
TEST(Params, ASizeIsTheSameHoweverItIsWritten) {
  const auto rendered = [](Value size) { return Params::complete(specs, {{"size", size}}, "w").to_string(); };
  EXPECT_EQ(rendered("64 KiB"), rendered(std::int64_t{65536}));
  EXPECT_EQ(rendered("64 KiB"), rendered("65536"));
  EXPECT_EQ(rendered("64 KiB"), "m=1024 precision=fp64 size=65536 transpose=true");
}

TEST(Params, GivenValuesWin) {
  const Params params =
      Params::complete(specs, {{"transpose", false}, {"precision", "fp32"}, {"m", std::int64_t{7}}}, "gemm/test");
  EXPECT_EQ(params.to_string(), "m=7 precision=fp32 size=1048576 transpose=false");
}

TEST(Params, LimitsAreAllowed) {
  EXPECT_EQ(refusal_of({{"m", std::int64_t{1}}}), "accepted");
  EXPECT_EQ(refusal_of({{"m", std::int64_t{65536}}}), "accepted");
  EXPECT_EQ(refusal_of({{"size", std::int64_t{64}}}), "accepted");
}

TEST(Params, AnUnknownNameIsRefusedWithThoseThereAre) {
  EXPECT_EQ(refusal_of({{"rows", std::int64_t{3}}}),
            "gemm/test has no parameter \"rows\"; it takes precision, m, size, transpose");
}

TEST(Params, AValueThatIsNotAllowedIsRefusedWithWhatIs) {
  EXPECT_EQ(refusal_of({{"m", std::int64_t{0}}}), "m: a whole number from 1 to 65536 is expected, found 0");
  EXPECT_EQ(refusal_of({{"m", std::int64_t{65537}}}), "m: a whole number from 1 to 65536 is expected, found 65537");
  EXPECT_EQ(refusal_of({{"m", "512"}}), "m: a whole number from 1 to 65536 is expected, found \"512\"");
  EXPECT_EQ(refusal_of({{"m", true}}), "m: a whole number from 1 to 65536 is expected, found true");
  EXPECT_EQ(refusal_of({{"precision", "fp128"}}), "precision: one of fp64, fp32 is expected, found \"fp128\"");
  EXPECT_EQ(refusal_of({{"precision", std::int64_t{64}}}), "precision: one of fp64, fp32 is expected, found 64");
  EXPECT_EQ(refusal_of({{"transpose", "yes"}}), "transpose: true or false is expected, found \"yes\"");
  EXPECT_EQ(refusal_of({{"size", std::int64_t{63}}}),
            "size: a size from 64 to 1073741824 bytes, such as 65536 or \"64 KiB\" is expected, found 63");
  EXPECT_EQ(refusal_of({{"size", "2 GiB"}}),
            "size: a size from 64 to 1073741824 bytes, such as 65536 or \"64 KiB\" is expected, found \"2 GiB\"");
  EXPECT_EQ(refusal_of({{"size", false}}),
            "size: a size from 64 to 1073741824 bytes, such as 65536 or \"64 KiB\" is expected, found false");
  EXPECT_EQ(refusal_of({{"size", "2 XiB"}}),
            "size: \"2 XiB\" is not a size: unknown unit \"XiB\" (write 65536, \"64 KiB\", \"16 MiB\" or \"1 "
            "GB\")");
}

TEST(Params, ReadingWhatWasNotDeclaredIsAnErrorOfTheWorkload) {
  const Params params = Params::complete(specs, {}, "gemm/test");
  try {
    params.integer("n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::internal);
    EXPECT_STREQ(error.what(), "a workload reads the parameter \"n\" that it did not declare");
  }
}

// A parameter of some values of a choice only: absent, and so no part of the case, with the others.
TEST(Params, OnlyWithAChoice) {
  const std::vector<ParamSpec> conditional = {
      ParamSpec::choice("precision", "", {"fp64", "fp8"}),
      ParamSpec::flag("fast", "", false).only_with("precision", {"fp8"}),
  };
  EXPECT_EQ(Params::complete(conditional, {}, "w").to_string(), "precision=fp64");
  EXPECT_EQ(Params::complete(conditional, {{"precision", std::string("fp8")}}, "w").to_string(),
            "fast=false precision=fp8");
  EXPECT_TRUE(Params::complete(conditional, {{"precision", std::string("fp8")}, {"fast", true}}, "w").flag("fast"));
  EXPECT_EQ(refusal([&] { Params::complete(conditional, {{"fast", false}}, "w"); }),
            "fast is only for precision fp8, and this is fp64");
}

// A parameter that came later: cases that do not use it are what they were.
TEST(Params, LeftOutByDefault) {
  const std::vector<ParamSpec> later = {
      ParamSpec::choice("precision", "", {"fp64", "fp8"}),
      ParamSpec::choice("layout", "", {"nn", "tn"}).otherwise("precision", {"fp8"}, std::string("tn")).left_out(),
  };
  const auto rendered = [&](Given given) { return Params::complete(later, given, "w").to_string(); };
  EXPECT_EQ(rendered({}), "precision=fp64");
  EXPECT_EQ(rendered({{"layout", "nn"}}), "precision=fp64");
  EXPECT_EQ(rendered({{"layout", "tn"}}), "layout=tn precision=fp64");
  EXPECT_EQ(rendered({{"precision", "fp8"}}), "precision=fp8");
  EXPECT_EQ(rendered({{"precision", "fp8"}, {"layout", "tn"}}), "precision=fp8");
  EXPECT_EQ(rendered({{"precision", "fp8"}, {"layout", "nn"}}), "layout=nn precision=fp8");
  EXPECT_EQ(Params::complete(later, {}, "w").text_or("layout", "nn"), "nn");
  EXPECT_EQ(Params::complete(later, {{"layout", "tn"}}, "w").text_or("layout", "nn"), "tn");
}

TEST(Params, ADivisorDivides) {
  const std::vector<ParamSpec> heads = {ParamSpec::integer("heads", "", 8, 1, 64),
                                        ParamSpec::integer("kv_heads", "", 4, 1, 64).dividing("heads")};
  EXPECT_EQ(Params::complete(heads, {}, "w").to_string(), "heads=8 kv_heads=4");
  EXPECT_EQ(Params::complete(heads, {{"kv_heads", std::int64_t{1}}}, "w").to_string(), "heads=8 kv_heads=1");
  EXPECT_EQ(refusal([&] { Params::complete(heads, {{"kv_heads", std::int64_t{3}}}, "w"); }),
            "kv_heads: 3 does not divide heads, which is 8");
  // the default does not fit either
  EXPECT_EQ(refusal([&] { Params::complete(heads, {{"heads", std::int64_t{6}}}, "w"); }),
            "kv_heads: 4 does not divide heads, which is 6");
  EXPECT_EQ(refusal([&] { Params::complete(heads, {{"kv_heads", std::int64_t{65}}}, "w"); }),
            "kv_heads: a whole number from 1 to 64 that divides heads is expected, found 65");
}

TEST(Params, AnotherDefaultWithAChoice) {
  const std::vector<ParamSpec> both = {
      ParamSpec::choice("precision", "", {"fp64", "fp8"}),
      ParamSpec::integer("k", "", 1, 1, 100).otherwise("precision", {"fp8"}, std::int64_t{16}),
  };
  EXPECT_EQ(Params::complete(both, {}, "w").integer("k"), 1);
  EXPECT_EQ(Params::complete(both, {{"precision", "fp8"}}, "w").integer("k"), 16);
  EXPECT_EQ(Params::complete(both, {{"precision", "fp8"}, {"k", std::int64_t{1}}}, "w").integer("k"), 1);
}

TEST(ParamSpec, NumberedChoicesBeyondASweepAreToldByTheirFirstAndLast) {
  std::vector<std::string> names{"searched"};
  for (int i = 1; i <= 256; ++i) names.push_back("number-" + std::to_string(i));
  ParamSpec spec = ParamSpec::choice("algorithm", "", names);
  spec.swept = 2;
  EXPECT_EQ(spec.allowed(), "one of searched, number-1, number-2, number-3, ... number-256");
  EXPECT_EQ(spec.checked(std::string("number-200")), Value(std::string("number-200")));
  EXPECT_THROW(spec.checked(std::string("number-257")), Error);
  spec.choices.resize(5);
  EXPECT_EQ(spec.allowed(), "one of searched, number-1, number-2, number-3, number-4");
}

}  // namespace
}  // namespace petaproof

#include "kernels/verify/stored.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "kernels/verify/fill.hpp"

namespace petaproof {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(Stored, EveryFp16AndBf16IsReadAndWrittenBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto all = static_cast<std::uint16_t>(bits);
    const float half = from_fp16(all), brain = from_bf16(all);
    if (std::isnan(half)) {
      EXPECT_TRUE(std::isnan(from_fp16(fp16_bits(half))));
    } else {
      EXPECT_EQ(fp16_bits(half), all);
    }
    if (std::isnan(brain)) {
      EXPECT_TRUE(std::isnan(from_bf16(bf16_bits(brain))));
    } else {
      EXPECT_EQ(bf16_bits(brain), all);
    }
  }
}

TEST(Stored, EveryE4m3IsReadAndWrittenBackAndSaturates) {
  for (std::uint32_t bits = 0; bits < 0x100; ++bits) {
    const auto one = static_cast<std::uint8_t>(bits);
    const float x = from_e4m3(one);
    if ((bits & 0x7F) == 0x7F) {
      EXPECT_TRUE(std::isnan(x));
      EXPECT_TRUE(std::isnan(from_e4m3(e4m3_bits(x))));
    } else {
      EXPECT_EQ(e4m3_bits(x), one);
    }
  }
  EXPECT_EQ(from_e4m3(0x38), 1);
  EXPECT_EQ(from_e4m3(0x01), 0x1p-9f);
  EXPECT_EQ(from_e4m3(0xFE), -448);
  EXPECT_EQ(from_e4m3(e4m3_bits(1e30f)), 448);
  EXPECT_EQ(from_e4m3(e4m3_bits(-infinity)), -448);
  // in units of unit_of()
  EXPECT_EQ(rounded_to(Element::e4m3, 8), 7);
  EXPECT_EQ(rounded_to(Element::e4m3, 1.06f), 1);
  EXPECT_EQ(rounded_to(Element::e4m3, 0x1p-17f), 0);  // half of the least step goes to the even one
}

TEST(Stored, KnownNumbers) {
  EXPECT_EQ(from_fp16(0x3C00), 1);
  EXPECT_EQ(from_fp16(0x7BFF), 65504);
  EXPECT_EQ(from_fp16(0x0001), 0x1p-24f);
  EXPECT_EQ(from_fp16(0xC000), -2);
  EXPECT_EQ(from_fp16(0xFC00), -infinity);
  EXPECT_EQ(from_bf16(0x3F80), 1);
  EXPECT_EQ(from_bf16(0xFF80), -infinity);
}

// Between each two neighbours: below the middle to the lower, above it to the upper, and the middle to the even one.
TEST(Stored, RoundsToNearestEven) {
  const auto between = [](Element element, auto from, std::uint16_t bits) {
    const float low = from(bits), high = from(static_cast<std::uint16_t>(bits + 1));
    const float middle = low + (high - low) / 2;
    EXPECT_EQ(rounded_to(element, middle), bits % 2 == 0 ? low : high) << middle;
    EXPECT_EQ(rounded_to(element, std::nextafter(middle, low)), low) << middle;
    EXPECT_EQ(rounded_to(element, std::nextafter(middle, high)), high) << middle;
    EXPECT_EQ(rounded_to(element, -middle), bits % 2 == 0 ? -low : -high) << middle;
  };
  const auto e4m3 = [](std::uint16_t bits) { return e4m3_unit * from_e4m3(static_cast<std::uint8_t>(bits)); };
  for (std::uint16_t bits = 0; bits < 0x7E; ++bits) between(Element::e4m3, e4m3, bits);
  for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) between(Element::fp16, from_fp16, bits);
  for (std::uint16_t bits = 0x100; bits < 0x7F7F; ++bits) between(Element::bf16, from_bf16, bits);
  EXPECT_EQ(rounded_to(Element::fp16, 65519.9f), 65504);
  EXPECT_EQ(rounded_to(Element::fp16, 65520), infinity);
  EXPECT_EQ(rounded_to(Element::fp16, -1e30f), -infinity);
  EXPECT_EQ(rounded_to(Element::bf16, std::numeric_limits<float>::max()), infinity);
  EXPECT_EQ(rounded_to(Element::fp32, 0.1f), 0.1f);
}

TEST(Stored, AFillIsThatOfFp32Rounded) {
  std::vector<float> plain(37), read(37);
  fill_host(std::span(plain), Fill::normal, 5, 9);
  for (const Element element : {Element::fp32, Element::bf16, Element::fp16}) {
    std::vector<std::uint16_t> memory(2 * 37 + 1, 0xABCD);
    fill_stored(element, memory.data(), 37, Fill::normal, 5, 9);
    for (std::size_t i = 0; i < plain.size(); ++i)
      EXPECT_EQ(load(element, memory.data(), static_cast<std::int64_t>(i)), rounded_to(element, plain[i]));
    EXPECT_EQ(memory.back(), 0xABCD);
  }
}

}  // namespace
}  // namespace petaproof

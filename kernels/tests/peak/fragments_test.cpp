// Against what the PTX ISA says of each shape and type, formula by formula as it is written there.
#include "kernels/peak/fragments.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>

namespace petaproof::peak {
namespace {

struct Figure {
  std::string name;
  MmaShape shape;
  // (groupID, threadID_in_group, index of the element in the fragment) -> row and column
  std::function<Place(int g, int t, int i)> a, b;
};

int low(int i) {
  return i & 1;
}
int low2(int i) {
  return i & 3;
}

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all{
      {"m8n8k4 f64",
       {8, 8, 4, 1},
       [](int g, int t, int) { return Place{g, t}; },
       [](int g, int t, int) { return Place{t, g}; }},
      {"m16n8k4 f64",
       {16, 8, 4, 1},
       [](int g, int t, int i) { return Place{i == 0 ? g : g + 8, t}; },
       [](int g, int t, int) { return Place{t, g}; }},
      {"m16n8k8 f64",
       {16, 8, 8, 1},
       [](int g, int t, int i) { return Place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4}; },
       [](int g, int t, int i) { return Place{i == 0 ? t : t + 4, g}; }},
      {"m16n8k16 f64",
       {16, 8, 16, 1},
       [](int g, int t, int i) { return Place{i % 2 == 0 ? g : g + 8, i % 2 == 0 ? i * 2 + t : i * 2 - 2 + t}; },
       [](int g, int t, int i) { return Place{t + i * 4, g}; }},
      {"m16n8k4 tf32",
       {16, 8, 4, 1},
       [](int g, int t, int i) { return Place{i == 0 ? g : g + 8, t}; },
       [](int g, int t, int) { return Place{t, g}; }},
      {"m16n8k8 tf32",
       {16, 8, 8, 1},
       [](int g, int t, int i) { return Place{i == 0 || i == 2 ? g : g + 8, i == 0 || i == 1 ? t : t + 4}; },
       [](int g, int t, int i) { return Place{i == 0 ? t : t + 4, g}; }},
      {"m16n8k8 f16",
       {16, 8, 8, 2},
       [](int g, int t, int i) { return Place{i < 2 ? g : g + 8, t * 2 + low(i)}; },
       [](int g, int t, int i) { return Place{t * 2 + i, g}; }},
      {"m16n8k16 f16",
       {16, 8, 16, 2},
       [](int g, int t, int i) {
         return Place{i < 2 || (i >= 4 && i < 6) ? g : g + 8, i < 4 ? t * 2 + low(i) : t * 2 + low(i) + 8};
       },
       [](int g, int t, int i) { return Place{i < 2 ? t * 2 + low(i) : t * 2 + low(i) + 8, g}; }},
      {"m8n8k16 s8",
       {8, 8, 16, 4},
       [](int g, int t, int i) { return Place{g, t * 4 + i}; },
       [](int g, int t, int i) { return Place{t * 4 + i, g}; }},
      {"m16n8k16 s8",
       {16, 8, 16, 4},
       [](int g, int t, int i) { return Place{i < 4 ? g : g + 8, t * 4 + low2(i)}; },
       [](int g, int t, int i) { return Place{t * 4 + i, g}; }},
      {"m16n8k32 s8",
       {16, 8, 32, 4},
       [](int g, int t, int i) {
         return Place{i < 4 || (i >= 8 && i < 12) ? g : g + 8, i < 8 ? t * 4 + low2(i) : t * 4 + low2(i) + 16};
       },
       [](int g, int t, int i) { return Place{i < 4 ? t * 4 + low2(i) : t * 4 + low2(i) + 16, g}; }},
  };
  return all;
}

TEST(Fragments, AreTheFiguresAndCoverEveryElementOnce) {
  for (const Figure& figure : figures()) {
    const MmaShape& shape = figure.shape;
    std::set<std::pair<int, int>> a, b, sums;
    for (int lane = 0; lane < 32; ++lane) {
      const int group = lane >> 2, in_group = lane % 4;
      for (int r = 0; r < shape.a_registers(); ++r)
        for (int part = 0; part < shape.packed; ++part) {
          const Place place = a_place(shape, lane, r, part);
          EXPECT_EQ(place, figure.a(group, in_group, r * shape.packed + part)) << figure.name << " lane " << lane;
          a.emplace(place.row, place.column);
        }
      for (int r = 0; r < shape.b_registers(); ++r)
        for (int part = 0; part < shape.packed; ++part) {
          const Place place = b_place(shape, lane, r, part);
          EXPECT_EQ(place, figure.b(group, in_group, r * shape.packed + part)) << figure.name << " lane " << lane;
          b.emplace(place.row, place.column);
        }
      for (int r = 0; r < shape.sums(); ++r) {
        const Place place = sum_place(lane, r);
        EXPECT_EQ(place, (Place{r < 2 ? group : group + 8, in_group * 2 + low(r)}));
        sums.emplace(place.row, place.column);
      }
    }
    EXPECT_EQ(static_cast<int>(a.size()), shape.m * shape.k) << figure.name;
    EXPECT_EQ(static_cast<int>(b.size()), shape.k * shape.n) << figure.name;
    EXPECT_EQ(static_cast<int>(sums.size()), shape.m * shape.n) << figure.name;
  }
}

// Warp w of the warpgroup has rows 16 w to 16 w + 15 of A and D, and within them lies what m16n8 has.
TEST(WgmmaFragments, AreThoseOfFourWarpsBelowEachOther) {
  const MmaShape bytes{16, 8, 32, 4};
  std::set<std::pair<int, int>> a, sums;
  for (int thread = 0; thread < 128; ++thread) {
    const int warp = thread / 32, lane = thread % 32;
    for (int r = 0; r < 4; ++r) {
      const BytePlace place = wgmma_a_place(thread, r);
      const Place expected = a_place(bytes, lane, r, 0);
      EXPECT_EQ(place.row, 16 * warp + expected.row);
      EXPECT_EQ(place.byte, expected.column);
      for (int byte = 0; byte < 4; ++byte) a.emplace(place.row, place.byte + byte);
    }
    for (int r = 0; r < 128; ++r) {
      const Place place = wgmma_sum_place(thread, r), expected = sum_place(lane, r % 4);
      EXPECT_EQ(place, (Place{16 * warp + expected.row, 8 * (r / 4) + expected.column}));
      sums.emplace(place.row, place.column);
    }
  }
  EXPECT_EQ(a.size(), 64u * 32u);
  EXPECT_EQ(sums.size(), 64u * 256u);
}

TEST(Swizzle, PermutesTheChunksOfEachRow) {
  for (int row = 0; row < 64; ++row) {
    std::set<int> offsets;
    for (int chunk = 0; chunk < 8; ++chunk) {
      const int offset = swizzled(row, chunk);
      EXPECT_EQ(offset / 128, row);
      EXPECT_EQ(offset % 16, 0);
      // the PTX ISA's other way to say it: bits 4 to 6 of the address, XOR bits 7 to 9
      const int plain = 128 * row + 16 * chunk;
      EXPECT_EQ(offset, plain ^ (plain >> 7 & 7) << 4);
      offsets.insert(offset);
    }
    EXPECT_EQ(offsets.size(), 8u);
  }
  // eight rows of one chunk, which are read at once: every bank once
  std::set<int> banks;
  for (int row = 0; row < 8; ++row) banks.insert(swizzled(row, 3) % 128);
  EXPECT_EQ(banks.size(), 8u);
}

TEST(WgmmaDescriptor, HasItsFieldsWhereThePtxIsaHasThem) {
  const std::uint64_t d = wgmma::k_major_descriptor(0x12400);
  EXPECT_EQ(d & 0x3FFF, 0x12400u >> 4);
  EXPECT_EQ(d >> 16 & 0x3FFF, 1u);
  EXPECT_EQ(d >> 32 & 0x3FFF, 1024u >> 4);
  EXPECT_EQ(d >> 49 & 7, 0u) << "atoms begin at multiples of 1024";
  EXPECT_EQ(d >> 62, 1u);
  EXPECT_EQ(d & ~(0x3FFFull | 0x3FFFull << 16 | 0x3FFFull << 32 | 3ull << 62), 0u);
}

}  // namespace
}  // namespace petaproof::peak

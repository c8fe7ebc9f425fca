// Masks and counts of pairs against loops, and where elements lie.
#include "kernels/attention/shape.hpp"

#include <gtest/gtest.h>

#include <set>

namespace petaproof {
namespace {

AttentionShape sized(std::int64_t sq, std::int64_t sk, AttentionMask mask) {
  return {.sq = sq, .sk = sk, .mask = mask};
}

// What the definition says of one pair, with no use of what is tested: the last query sees the last key.
bool sees(const AttentionShape& s, std::int64_t query, std::int64_t key) {
  return s.mask == AttentionMask::full || s.sk - key >= s.sq - query;
}

TEST(AttentionShape, MaskAndPairsAreWhatALoopCounts) {
  for (const AttentionMask mask : {AttentionMask::full, AttentionMask::causal})
    for (std::int64_t sq = 1; sq <= 13; ++sq)
      for (std::int64_t sk = 1; sk <= 13; ++sk) {
        const AttentionShape s = sized(sq, sk, mask);
        std::int64_t pairs = 0;
        for (std::int64_t query = 0; query < sq; ++query)
          for (std::int64_t key = 0; key < sk; ++key) {
            pairs += sees(s, query, key) ? 1 : 0;
            EXPECT_EQ(key < s.visible_keys(query), sees(s, query, key)) << sq << " " << sk;
            EXPECT_EQ(query >= s.first_query(key), sees(s, query, key)) << sq << " " << sk;
          }
        EXPECT_EQ(s.pairs(), pairs) << sq << " " << sk;
      }
}

TEST(AttentionShape, CausalIsAlignedAtTheBottomRight) {
  constexpr AttentionMask causal = AttentionMask::causal;
  static_assert(AttentionShape{.sq = 5, .sk = 5, .mask = causal}.visible_keys(0) == 1);
  static_assert(AttentionShape{.sq = 1, .sk = 5, .mask = causal}.visible_keys(0) == 5);  // decoding
  static_assert(AttentionShape{.sq = 5, .sk = 2, .mask = causal}.visible_keys(2) == 0);  // fully masked
  static_assert(AttentionShape{.sq = 5, .sk = 2, .mask = causal}.visible_keys(3) == 1);
  static_assert(AttentionShape{.sq = 5, .sk = 2, .mask = causal}.pairs() == 3);
}

TEST(AttentionShape, CustomaryPairsAreHalfOfAllUnderACausalMask) {
  EXPECT_EQ(sized(8192, 8192, AttentionMask::causal).customary_pairs(), 8192.0 * 8192 / 2);
  EXPECT_EQ(sized(3, 5, AttentionMask::causal).customary_pairs(), 7.5);
  EXPECT_EQ(sized(3, 5, AttentionMask::full).customary_pairs(), 15);
  // exact has half a diagonal more
  EXPECT_EQ(sized(8192, 8192, AttentionMask::causal).pairs(), 8192 * 8193 / 2);
  // the longest of the suites, and no overflow on the way
  EXPECT_EQ(sized(131072, 131072, AttentionMask::causal).pairs(), std::int64_t{131072} * 131073 / 2);
}

TEST(AttentionShape, EveryElementHasItsOwnPlace) {
  constexpr AttentionShape s{.batch = 2, .heads = 6, .kv_heads = 3, .sq = 5, .sk = 7, .dqk = 4, .dv = 3};
  std::set<std::int64_t> q, k, v, o, lse;
  for (std::int64_t b = 0; b < s.batch; ++b) {
    for (std::int64_t h = 0; h < s.heads; ++h)
      for (std::int64_t row = 0; row < s.sq; ++row) {
        q.insert(s.q_at(b, row, h));
        o.insert(s.o_at(b, row, h));
        lse.insert(s.lse_at(b, h, row));
      }
    for (std::int64_t h = 0; h < s.kv_heads; ++h)
      for (std::int64_t key = 0; key < s.sk; ++key) {
        k.insert(s.k_at(b, key, h));
        v.insert(s.v_at(b, key, h));
      }
  }
  const auto expect_dense = [](const std::set<std::int64_t>& at, std::int64_t count, std::int64_t length) {
    EXPECT_EQ(static_cast<std::int64_t>(at.size()) * length, count);
    EXPECT_EQ(*at.begin(), 0);
    EXPECT_EQ(*at.rbegin(), count - length);
    for (const std::int64_t one : at) EXPECT_EQ(one % length, 0);
  };
  expect_dense(q, s.q_count(), s.dqk);
  expect_dense(k, s.k_count(), s.dqk);
  expect_dense(v, s.v_count(), s.dv);
  expect_dense(o, s.o_count(), s.dv);
  expect_dense(lse, s.lse_count(), 1);
  EXPECT_EQ(s.group(), 2);
}

}  // namespace
}  // namespace petaproof

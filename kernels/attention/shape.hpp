// What attention computes, whoever computes it: the sizes, which query sees which key, and how the tensors lie.
//
//   S = scale Q K',  P = softmax(S) over the keys that a query sees,  O = P V          scale = 1 / sqrt(dqk)
//
// Heads of queries share heads of keys and values (grouped-query attention): query head h reads head h / group.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace petaproof {

/// causal: aligned at the bottom right, as FlashAttention and cuDNN have it: the last query sees every key, each
/// query before it one key less. With more queries than keys the first see none; their output is zero and their
/// log-sum-exp minus infinity.
enum class AttentionMask { full, causal };
enum class AttentionPass { forward, backward };

struct AttentionShape {
  std::int64_t batch = 1;
  std::int64_t heads = 1, kv_heads = 1;
  std::int64_t sq = 1, sk = 1;   // queries and keys of one sequence
  std::int64_t dqk = 1, dv = 1;  // of one head: elements of a query and a key, and of a value
  AttentionMask mask = AttentionMask::full;

  constexpr std::int64_t group() const { return heads / kv_heads; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(dqk)); }

  /// Query `row` sees keys 0 to visible_keys(row) - 1.
  constexpr std::int64_t visible_keys(std::int64_t row) const {
    if (mask == AttentionMask::full) return sk;
    return std::clamp<std::int64_t>(row + 1 + sk - sq, 0, sk);
  }
  /// Key `key` is seen by queries first_query(key) to sq - 1.
  constexpr std::int64_t first_query(std::int64_t key) const {
    if (mask == AttentionMask::full) return 0;
    return std::max<std::int64_t>(key - (sk - sq), 0);
  }

  /// Pairs of a query and a key that it sees, of one head of one sequence.
  constexpr std::int64_t pairs() const {
    if (mask == AttentionMask::full) return sq * sk;
    const std::int64_t seeing = std::min(sq, sk);  // queries that see any key; the last sees sk, the first of them:
    const std::int64_t fewest = sk - seeing + 1;
    return seeing * (fewest + sk) / 2;
  }
  /// What others count of a causal mask, whatever is on the diagonal: half of all.
  constexpr double customary_pairs() const {
    const double all = static_cast<double>(sq) * static_cast<double>(sk);
    return mask == AttentionMask::full ? all : all / 2;
  }

  // Elements of the tensors, and where one is: [batch, sequence, heads, d], as the projections before and after
  // attention write and read them. The log-sum-exp is [batch, heads, sq].
  constexpr std::int64_t q_count() const { return batch * sq * heads * dqk; }
  constexpr std::int64_t k_count() const { return batch * sk * kv_heads * dqk; }
  constexpr std::int64_t v_count() const { return batch * sk * kv_heads * dv; }
  constexpr std::int64_t o_count() const { return batch * sq * heads * dv; }
  constexpr std::int64_t lse_count() const { return batch * heads * sq; }

  constexpr std::int64_t q_at(std::int64_t b, std::int64_t row, std::int64_t h) const {
    return ((b * sq + row) * heads + h) * dqk;
  }
  constexpr std::int64_t k_at(std::int64_t b, std::int64_t key, std::int64_t kv) const {
    return ((b * sk + key) * kv_heads + kv) * dqk;
  }
  constexpr std::int64_t v_at(std::int64_t b, std::int64_t key, std::int64_t kv) const {
    return ((b * sk + key) * kv_heads + kv) * dv;
  }
  constexpr std::int64_t o_at(std::int64_t b, std::int64_t row, std::int64_t h) const {
    return ((b * sq + row) * heads + h) * dv;
  }
  constexpr std::int64_t lse_at(std::int64_t b, std::int64_t h, std::int64_t row) const {
    return (b * heads + h) * sq + row;
  }
};

}  // namespace petaproof

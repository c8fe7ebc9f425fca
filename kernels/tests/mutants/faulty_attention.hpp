// A plain attention in double precision, stored as the case says, and everything that may be wrong with one: what
// verification must reject.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/verify/attention_check.hpp"
#include "kernels/verify/stored.hpp"

namespace petaproof::testing {

enum class AttentionFault {
  none,
  scale_left_out,      // scores as they are
  scale_two_percent,   // off by so much
  mask_left_out,       // every query sees every key
  mask_one_more,       // a query sees its successor
  mask_one_fewer,      // a query does not see itself
  mask_at_top_left,    // aligned at the first query instead of the last
  wrong_kv_head,       // heads of keys dealt out in turn instead of in groups
  last_row_dropped,    // the last query of every head is left as it was: zero
  nan_element,         // one element is NaN
  coarse_p,            // softmax rounded to three bits, as FP8 would
  lse_in_base_two,     // the log-sum-exp in the unit that kernels work in
  lse_without_scores,  // the sum's logarithm alone, without the largest score
  delta_left_out,      // gradient of the scores p dp
  gradient_unscaled,   // dQ and dK without the scale
  group_cut_short,     // dK and dV without the last head of the group
  aligned_scores,      // their sums are cut off to 13 bits, as Hopper's of FP8 are
  tf32_operands,       // Q, K, V and the gradient of O are read with ten bits
  swapped_heads,       // two heads of queries in each other's place
  p_saturates,         // softmax in a unit that ends at 1/16
  unit_of_v_doubled,   // V's scale is another's
};

/// Each must be rejected where it shows, and be told where it is wrong.
struct AttentionMutant {
  const char* name;
  AttentionFault fault;
  bool forward, backward;  // where it shows
  const char* where;       // a regular expression
};

inline constexpr const char* anywhere = "of sequence [01], head [0-5], (query|key) [0-9]+";
inline constexpr AttentionMutant attention_mutants[] = {
    {"scale_left_out", AttentionFault::scale_left_out, true, true, anywhere},
    {"scale_two_percent", AttentionFault::scale_two_percent, true, false, "log-sum-exp of sequence"},
    {"mask_left_out", AttentionFault::mask_left_out, true, true, anywhere},
    {"mask_one_more", AttentionFault::mask_one_more, true, true, anywhere},
    {"mask_one_fewer", AttentionFault::mask_one_fewer, true, true, anywhere},
    {"mask_at_top_left", AttentionFault::mask_at_top_left, true, true, anywhere},
    {"wrong_kv_head", AttentionFault::wrong_kv_head, true, true, anywhere},
    {"last_row_dropped", AttentionFault::last_row_dropped, true, true, "query 36"},
    {"nan_element", AttentionFault::nan_element, true, true, "element [0-9]+ of (O|dV) is -?nan"},
    {"coarse_p", AttentionFault::coarse_p, true, true, "(O|d[QKV]) of sequence"},
    {"lse_in_base_two", AttentionFault::lse_in_base_two, true, false, "log-sum-exp of sequence"},
    {"lse_without_scores", AttentionFault::lse_without_scores, true, false, "log-sum-exp of sequence"},
    {"delta_left_out", AttentionFault::delta_left_out, false, true, "d[QK] of sequence"},
    {"gradient_unscaled", AttentionFault::gradient_unscaled, false, true, "d[QK] of sequence"},
    {"group_cut_short", AttentionFault::group_cut_short, false, true, "d[KV] of sequence"},
    {"swapped_heads", AttentionFault::swapped_heads, true, true, "head [01]"},
    {"p_saturates", AttentionFault::p_saturates, true, true, anywhere},
    {"unit_of_v_doubled", AttentionFault::unit_of_v_doubled, true, true, "(O|d[QK]) of sequence"},
};

/// What attention reads and writes, each as `element` stores it.
class FaultyAttention {
 public:
  FaultyAttention(const AttentionShape& shape, AttentionPass pass, Element element, std::uint64_t seed)
      : s_(shape), pass_(pass), element_(element) {
    const auto filled = [&](std::int64_t count, std::uint64_t stream) {
      std::vector<std::byte> data(bytes(count));
      fill_stored(element, data.data(), count, Fill::normal, seed, stream);
      return data;
    };
    q_ = filled(s_.q_count(), 0);
    k_ = filled(s_.k_count(), 1);
    v_ = filled(s_.v_count(), 2);
    d_o_ = filled(s_.o_count(), 3);
    for (auto [to, count] :
         {std::pair{&o_, s_.o_count()}, {&d_q_, s_.q_count()}, {&d_k_, s_.k_count()}, {&d_v_, s_.v_count()}})
      to->resize(bytes(count));
    lse_.resize(static_cast<std::size_t>(s_.lse_count()));
  }

  AttentionInputs inputs() const { return {element_, q_.data(), k_.data(), v_.data(), d_o_.data()}; }
  AttentionOutputs outputs() const {
    if (pass_ == AttentionPass::forward) return {.o = o_.data(), .lse = lse_.data()};
    return {.d_q = d_q_.data(), .d_k = d_k_.data(), .d_v = d_v_.data()};
  }

  void compute(AttentionFault fault) {
    fault_ = fault;
    std::vector<double> d_k(static_cast<std::size_t>(s_.k_count())), d_v(static_cast<std::size_t>(s_.v_count()));
    for (std::int64_t b = 0; b < s_.batch; ++b)
      for (std::int64_t h = 0; h < s_.heads; ++h)
        for (std::int64_t row = 0; row < s_.sq; ++row) compute_row(b, h, row, d_k, d_v);
    for (std::size_t i = 0; i < d_k.size(); ++i) put(d_k_, static_cast<std::int64_t>(i), d_k[i]);
    for (std::size_t i = 0; i < d_v.size(); ++i) put(d_v_, static_cast<std::int64_t>(i), d_v[i]);
    if (fault == AttentionFault::nan_element) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      put(o_, s_.o_count() / 3, nan);
      put(d_v_, s_.v_count() / 3, nan);
    }
  }

 private:
  using Fault = AttentionFault;
  std::size_t bytes(std::int64_t count) const { return static_cast<std::size_t>(bytes_of(element_, count)); }
  double get(const std::vector<std::byte>& from, std::int64_t i) const {
    const double x = load(element_, from.data(), i);
    return fault_ == Fault::tf32_operands ? with_bits(x, 10) : x;
  }
  void put(std::vector<std::byte>& to, std::int64_t i, double x) {
    const AttentionUnits units = attention_units(s_, element_);
    const float unit = &to == &o_ ? units.o : &to == &d_q_ ? units.d_q : units.d_kv;
    store(element_, to.data(), i, static_cast<float>(x) / unit);
  }
  double value(std::int64_t i) const { return (fault_ == Fault::unit_of_v_doubled ? 2 : 1) * get(v_, i); }

  double scale() const {
    if (fault_ == Fault::scale_left_out) return 1;
    return fault_ == Fault::scale_two_percent ? 1.02 * s_.scale() : s_.scale();
  }
  std::int64_t seen(std::int64_t row) const {
    if (s_.mask == AttentionMask::full) return s_.sk;
    switch (fault_) {
      case Fault::mask_left_out: return s_.sk;
      case Fault::mask_one_more: return std::min(s_.visible_keys(row) + 1, s_.sk);
      case Fault::mask_one_fewer: return std::max<std::int64_t>(s_.visible_keys(row) - 1, 0);
      case Fault::mask_at_top_left: return std::min(row + 1, s_.sk);
      default: return s_.visible_keys(row);
    }
  }
  std::int64_t kv_of(std::int64_t h) const {
    return fault_ == Fault::wrong_kv_head ? h % s_.kv_heads : h / s_.group();
  }
  static double with_bits(double x, int bits) {
    if (x == 0) return 0;
    const double unit = std::ldexp(1.0, std::ilogb(x) - bits);
    return unit * std::nearbyint(x / unit);
  }

  void compute_row(std::int64_t b, std::int64_t h, std::int64_t row, std::vector<double>& d_k,
                   std::vector<double>& d_v) {
    if (fault_ == Fault::last_row_dropped && row == s_.sq - 1) return;
    const std::int64_t kv = kv_of(h), count = seen(row);
    const std::int64_t to = fault_ == Fault::swapped_heads && s_.heads > 1 && h < 2 ? 1 - h : h;
    std::vector<double> p(static_cast<std::size_t>(count)), dp(p.size());
    double largest = -std::numeric_limits<double>::infinity(), sum = 0, delta = 0;
    for (std::int64_t key = 0; key < count; ++key) {
      for (std::int64_t i = 0; i < s_.dqk; ++i)
        p[key] += get(q_, s_.q_at(b, row, h) + i) * get(k_, s_.k_at(b, key, kv) + i);
      if (fault_ == Fault::aligned_scores) p[key] = with_bits(p[key], 13);
      largest = std::max(largest, p[key] *= scale());
    }
    for (double& x : p) sum += x = std::exp(x - largest);
    for (double& x : p) x = fault_ == Fault::coarse_p ? with_bits(x / sum, 3) : x / sum;
    if (fault_ == Fault::p_saturates)
      for (double& x : p) x = std::min(x, 0x1p-4);
    for (std::int64_t i = 0; i < s_.dv; ++i) {
      double o = 0;
      for (std::int64_t key = 0; key < count; ++key) o += p[key] * value(s_.v_at(b, key, kv) + i);
      put(o_, s_.o_at(b, row, to) + i, o);
    }
    double lse = count == 0 ? largest : largest + std::log(sum);
    if (fault_ == Fault::lse_in_base_two) lse /= std::log(2.0);
    if (fault_ == Fault::lse_without_scores && count > 0) lse -= largest;
    lse_[static_cast<std::size_t>(s_.lse_at(b, to, row))] = static_cast<float>(lse);
    if (pass_ == AttentionPass::forward) return;

    for (std::int64_t key = 0; key < count; ++key) {
      for (std::int64_t i = 0; i < s_.dv; ++i)
        dp[key] += get(d_o_, s_.o_at(b, row, h) + i) * value(s_.v_at(b, key, kv) + i);
      if (fault_ != Fault::delta_left_out) delta += p[key] * dp[key];
    }
    std::vector<double> d_q(static_cast<std::size_t>(s_.dqk));
    const double by = fault_ == Fault::gradient_unscaled ? 1 : scale();
    const bool cut = fault_ == Fault::group_cut_short && h % s_.group() == s_.group() - 1;
    for (std::int64_t key = 0; key < count; ++key) {
      const double ds = by * p[key] * (dp[key] - delta);
      for (std::int64_t i = 0; i < s_.dqk; ++i) {
        d_q[i] += ds * get(k_, s_.k_at(b, key, kv) + i);
        if (!cut) d_k[s_.k_at(b, key, kv) + i] += ds * get(q_, s_.q_at(b, row, h) + i);
      }
      for (std::int64_t i = 0; i < s_.dv && !cut; ++i)
        d_v[s_.v_at(b, key, kv) + i] += p[key] * get(d_o_, s_.o_at(b, row, h) + i);
    }
    for (std::int64_t i = 0; i < s_.dqk; ++i) put(d_q_, s_.q_at(b, row, to) + i, d_q[i]);
  }

  AttentionShape s_;
  AttentionPass pass_;
  Element element_;
  AttentionFault fault_ = AttentionFault::none;
  std::vector<std::byte> q_, k_, v_, d_o_, o_, d_q_, d_k_, d_v_;
  std::vector<float> lse_;
};

}  // namespace petaproof::testing

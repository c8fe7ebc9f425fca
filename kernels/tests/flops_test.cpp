// The formulas against loops that count what they do.
#include "kernels/flops.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace petaproof {
namespace {

// A number that counts the multiplications and additions it takes part in.
struct Counted {
  double value = 0;
  static inline std::int64_t multiplications = 0;
  static inline std::int64_t additions = 0;
};
Counted operator*(Counted a, Counted b) {
  ++Counted::multiplications;
  return {a.value * b.value};
}
Counted& operator+=(Counted& a, Counted b) {
  ++Counted::additions;
  a.value += b.value;
  return a;
}

double counted_gemm(std::int64_t m, std::int64_t n, std::int64_t k) {
  Counted::multiplications = Counted::additions = 0;
  const std::vector<Counted> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
  std::vector<Counted> c(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t p = 0; p < k; ++p)
        c[static_cast<std::size_t>(i * n + j)] +=
            a[static_cast<std::size_t>(i * k + p)] * b[static_cast<std::size_t>(p * n + j)];
  EXPECT_EQ(Counted::multiplications, Counted::additions);
  return static_cast<double>(Counted::multiplications + Counted::additions);
}

TEST(Flops, GemmIsWhatANaiveLoopDoes) {
  // all different, so that no two dimensions can stand for each other
  EXPECT_EQ(counted_gemm(3, 5, 7), gemm_flops(3, 5, 7));
  EXPECT_EQ(counted_gemm(1, 1, 1), gemm_flops(1, 1, 1));
  EXPECT_EQ(counted_gemm(16, 1, 9), gemm_flops(16, 1, 9));
  EXPECT_EQ(gemm_flops(3, 5, 7), 210);
}

// 2 * 65536^3 is above 2^32 and below 2^53: exact, and no overflow on the way.
TEST(Flops, GemmOfTheLargestDimensionsIsExact) {
  EXPECT_EQ(gemm_flops(65536, 65536, 65536), 0x1p49);
}

TEST(Flops, FmaChainsAreWhatTheirLoopsDo) {
  Counted::multiplications = Counted::additions = 0;
  for (int thread = 0; thread < 3; ++thread)
    for (int chain = 0; chain < 5; ++chain) {
      Counted x{0.5};
      for (int step = 0; step < 7; ++step) {
        Counted next{-1.9};
        next += x * x;
        x = next;
      }
    }
  EXPECT_EQ(fma_chain_flops(3, 5, 7), static_cast<double>(Counted::multiplications + Counted::additions));
}

TEST(Flops, MatrixInstructionsAreMatrixProducts) {
  EXPECT_EQ(mma_flops(11, 3, 5, 7), 11 * counted_gemm(3, 5, 7));
  EXPECT_EQ(mma_flops(1, 64, 256, 16), 524288);
}

// One head without a mask: two matrix products forward, five backward.
TEST(Flops, AttentionIsItsMatrixProducts) {
  const double s = counted_gemm(3, 5, 7), o = counted_gemm(3, 11, 5);  // 3 queries, 5 keys, dqk 7, dv 11
  EXPECT_EQ(attention_forward_flops(15, 7, 11), s + o);
  const double dp = counted_gemm(3, 5, 11), dv = counted_gemm(5, 11, 3), dq = counted_gemm(3, 7, 5),
               dk = counted_gemm(5, 7, 3);
  EXPECT_EQ(attention_backward_flops(15, 7, 11), s + dp + dv + dq + dk);
}

// An array whose every read and write is counted.
struct CountedArray {
  explicit CountedArray(std::size_t count) : values(count) {}
  double read(std::size_t i) {
    bytes += sizeof(double);
    return values[i];
  }
  void write(std::size_t i, double value) {
    bytes += sizeof(double);
    values[i] = value;
  }
  std::vector<double> values;
  std::int64_t bytes = 0;
};

// An array in memory behind a cache that keeps everything: an element is moved when it is first read, and once
// when all is done if it was written.
struct CachedArray {
  CachedArray(std::int64_t count, std::int64_t bytes_each)
      : was_read(static_cast<std::size_t>(count)), was_written(was_read), each(bytes_each) {}
  void read(std::int64_t i) { was_read[static_cast<std::size_t>(i)] = true; }
  void write(std::int64_t i) { was_written[static_cast<std::size_t>(i)] = true; }
  std::int64_t moved() const {
    return each * (std::ranges::count(was_read, true) + std::ranges::count(was_written, true));
  }
  std::vector<bool> was_read, was_written;
  std::int64_t each;
};

TEST(Flops, GemmMovesEachOperandAndItsResultOnce) {
  const std::int64_t m = 3, n = 5, k = 7;
  CachedArray a(m * k, 1), b(k * n, 2), c(m * n, 4);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t p = 0; p < k; ++p) {
        a.read(i * k + p);
        b.read(p * n + j);
      }
      c.write(i * n + j);
    }
  EXPECT_EQ(gemm_bytes(m, n, k, 8, 16, 32), static_cast<double>(a.moved() + b.moved() + c.moved()));
  EXPECT_EQ(gemm_bytes(2, 4, 6, 4, 4, 16), 6 + 12 + 16);  // of half a byte
  EXPECT_EQ(gemm_bytes(1, 65536, 65536, 16, 16, 16), 2.0 * (65536 + 65536.0 * 65536 + 65536));
}

// Six heads of queries, which share three of keys and values, of two sequences under a causal mask.
TEST(Flops, AttentionMovesEachTensorOnceHoweverManyHeadsShareIt) {
  const std::int64_t batch = 2, heads = 6, kv_heads = 3, sq = 4, sk = 5, dqk = 7, dv = 3, each = 2;
  const std::int64_t q_count = batch * heads * sq * dqk, k_count = batch * kv_heads * sk * dqk,
                     v_count = batch * kv_heads * sk * dv, o_count = batch * heads * sq * dv,
                     lse_count = batch * heads * sq;
  for (const bool backward : {false, true}) {
    CachedArray q(q_count, each), k(k_count, each), v(v_count, each), o(o_count, each), lse(lse_count, 4),
        d_o(o_count, each), d_q(q_count, each), d_k(k_count, each), d_v(v_count, each);
    for (std::int64_t head = 0; head < batch * heads; ++head)
      for (std::int64_t row = 0; row < sq; ++row) {
        const std::int64_t query = head * sq + row, kv = head / (heads / kv_heads);
        for (std::int64_t key = kv * sk; key < kv * sk + row + 1 + sk - sq; ++key) {
          for (std::int64_t i = 0; i < dqk; ++i) {
            q.read(query * dqk + i);
            k.read(key * dqk + i);
            if (backward) d_q.write(query * dqk + i), d_k.write(key * dqk + i);
          }
          for (std::int64_t i = 0; i < dv; ++i) {
            v.read(key * dv + i);
            if (backward) d_v.write(key * dv + i);
          }
        }
        for (std::int64_t i = 0; i < dv; ++i)
          if (backward)
            o.read(query * dv + i), d_o.read(query * dv + i);
          else
            o.write(query * dv + i);
        backward ? lse.read(query) : lse.write(query);
      }
    double moved = 0;
    for (const CachedArray* array : {&q, &k, &v, &o, &lse, &d_o, &d_q, &d_k, &d_v})
      moved += static_cast<double>(array->moved());
    const std::int64_t q_k_v = each * (q_count + k_count + v_count);
    EXPECT_EQ(backward ? attention_backward_bytes(q_k_v, each * o_count, 4 * lse_count)
                       : attention_forward_bytes(q_k_v, each * o_count, 4 * lse_count),
              moved);
  }
}

TEST(Flops, SweepsAreTheBytesThatTheirLoopsName) {
  constexpr std::size_t count = 37;
  CountedArray r(count), w(count);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += r.read(i);
  for (std::size_t i = 0; i < count; ++i) w.write(i, sum);
  EXPECT_EQ(read_bytes(count * sizeof(double)), static_cast<double>(r.bytes));
  EXPECT_EQ(write_bytes(count * sizeof(double)), static_cast<double>(w.bytes));

  CountedArray a(count), b(count);
  for (std::size_t i = 0; i < count; ++i) a.write(i, b.read(i));
  EXPECT_EQ(copy_bytes(count * sizeof(double)), static_cast<double>(a.bytes + b.bytes));

  CountedArray x(count), y(count), z(count);
  for (std::size_t i = 0; i < count; ++i) x.write(i, y.read(i) + 3.0 * z.read(i));
  EXPECT_EQ(triad_bytes(count * sizeof(double)), static_cast<double>(x.bytes + y.bytes + z.bytes));
  EXPECT_EQ(triad_bytes(1000), 3000);
  EXPECT_EQ(copy_bytes(1000), 2000);
}

TEST(Flops, TransfersCountWhatCrossesTheLink) {
  constexpr std::size_t count = 37;
  CountedArray host(count), device(count), back(count);
  std::int64_t crossed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    device.write(i, host.read(i));
    crossed += sizeof(double);
  }
  EXPECT_EQ(transfer_bytes(count * sizeof(double), 1), static_cast<double>(crossed));
  for (std::size_t i = 0; i < count; ++i) {
    back.write(i, device.read(i));
    crossed += sizeof(double);
  }
  EXPECT_EQ(transfer_bytes(count * sizeof(double), 2), static_cast<double>(crossed));
}

}  // namespace
}  // namespace petaproof

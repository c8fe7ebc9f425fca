// Every formula for the work of a kernel, each with its derivation. Rates divide these by time, so they are the
// one place where a benchmark could flatter itself.
#pragma once

#include <cstdint>

namespace petaproof {

/// C(m x n) = A(m x k) * B(k x n): each of the m*n results is k multiplications and k additions. Exactly 2mnk:
/// not (2k-1)mn, not +2mn for alpha and beta, no credit for sparsity or recomputation.
constexpr double gemm_flops(std::int64_t m, std::int64_t n, std::int64_t k) {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

/// The least that any kernel moves between memory and its cache for it: A and B read once, C written once, and not
/// read before, since beta is 0. `bits_*` are of one element, since some have half a byte.
constexpr double gemm_bytes(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t bits_a, std::int64_t bits_b,
                            std::int64_t bits_c) {
  const double a = static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(bits_a);
  const double b = static_cast<double>(k) * static_cast<double>(n) * static_cast<double>(bits_b);
  const double c = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(bits_c);
  return (a + b + c) / 8;
}

/// Chains of fused multiply-adds x = x * x + c: `threads` threads with `chains` chains each, `steps` multiply-adds a
/// chain, of one multiplication and one addition.
constexpr double fma_chain_flops(std::int64_t threads, std::int64_t chains, std::int64_t steps) {
  return 2.0 * static_cast<double>(threads) * static_cast<double>(chains) * static_cast<double>(steps);
}

/// Matrix instructions D = A * B + D of shape m x n x k: a matrix product each, whose every term is added to
/// something.
constexpr double mma_flops(std::int64_t instructions, std::int64_t m, std::int64_t n, std::int64_t k) {
  return static_cast<double>(instructions) * gemm_flops(m, n, k);
}

/// Attention, one query head of one sequence, over the `pairs` of a query and a key that the mask leaves. Forward:
/// S = Q K' and O = P V, a dot product of dqk terms and dv multiply-adds for each pair. The scale, the softmax and
/// what a kernel computes of masked pairs count nothing.
constexpr double attention_forward_flops(double pairs, std::int64_t dqk, std::int64_t dv) {
  return 2 * pairs * static_cast<double>(dqk + dv);
}

/// Backward: dP = dO V' and dV = P' dO of dv each, dQ = dS K and dK = dS' Q of dqk, and S = Q K' once more, since no
/// training keeps P: it is recomputed from Q, K and the log-sum-exp. Five products, 2.5 times forward where
/// dqk = dv, as is customary (FlashAttention, cuDNN).
constexpr double attention_backward_flops(double pairs, std::int64_t dqk, std::int64_t dv) {
  return 2 * pairs * static_cast<double>(3 * dqk + 2 * dv);
}

/// The least that any kernel of attention moves, of `q_k_v` bytes of Q, K and V together, of `o` of the output and of
/// `log_sum_exp`. Forward: Q, K and V read once, O and the log-sum-exp written. K and V count once for each of their
/// own heads, however many heads of queries share one; scores never leave the chip. With a causal mask every element
/// is still needed by some query if there are no fewer keys than queries. (With fewer the first queries see none, and
/// a kernel may move less than this.)
constexpr double attention_forward_bytes(std::int64_t q_k_v, std::int64_t o, std::int64_t log_sum_exp) {
  return static_cast<double>(q_k_v + o + log_sum_exp);
}

/// Backward: Q, K and V read and as much of gradients written, O, dO and the log-sum-exp read. No credit for sums of
/// dQ that pass through memory, in FP32 or in several parts.
constexpr double attention_backward_bytes(std::int64_t q_k_v, std::int64_t o, std::int64_t log_sum_exp) {
  return static_cast<double>(2 * q_k_v + 2 * o + log_sum_exp);
}

/// STREAM's count: the bytes that the loop names. copy a[i] = b[i] reads one array and writes one; triad
/// a[i] = b[i] + s * c[i] reads two and writes one. A write that first fetches its cache line moves more; STREAM
/// does not count that either (McCalpin). read sum += b[i] and write a[i] = v touch one array.
constexpr double copy_bytes(std::int64_t array_bytes) {
  return 2.0 * static_cast<double>(array_bytes);
}
constexpr double read_bytes(std::int64_t array_bytes) {
  return static_cast<double>(array_bytes);
}
constexpr double write_bytes(std::int64_t array_bytes) {
  return static_cast<double>(array_bytes);
}
constexpr double triad_bytes(std::int64_t array_bytes) {
  return 3.0 * static_cast<double>(array_bytes);
}

/// Copies between two memories count what crosses the link between them, once each, and not the reading and the
/// writing as two: `directions` is 2 where one copy goes each way.
constexpr double transfer_bytes(std::int64_t copied_bytes, int directions) {
  return static_cast<double>(directions) * static_cast<double>(copied_bytes);
}

}  // namespace petaproof

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

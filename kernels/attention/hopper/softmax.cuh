// The softmax of attention/hopper, block of keys by block of keys: what a thread knows of its two rows of a
// warpgroup's
// 64. Each thread sums its own columns; the four threads of a row agree on the maximum at each block, and add up
// their sums at the end.
//
// exp(scale (s - max)) is exp2(s c - max c), c = scale log2(e): one fused multiply-add and one exp2 a score.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/attention/hopper/tiles.hpp"

namespace petaproof::hopper_attention {

namespace ptx = cuda::ptx;

inline constexpr int rows_per_thread = 2;  // row lane / 4 of its warp's 16, and 8 further down

/// Of which of a thread's two rows sum `i` is.
constexpr int row_of(int i) {
  return i / 2 % 2;
}

struct Softmax {
  static constexpr float nothing = -std::numeric_limits<float>::infinity();

  float scale_log2;  // scale log2(e)
  float maximum[rows_per_thread] = {nothing, nothing};
  float sum[rows_per_thread] = {};

  __device__ explicit Softmax(float scale) : scale_log2(scale * std::numbers::log2e_v<float>) {}

  /// Scores become exp2(...) of them, and `correction` what earlier sums must be multiplied with: of the
  /// exponentials, and of the output that was summed with them.
  __device__ void take(float (&scores)[scores_per_thread], float (&correction)[rows_per_thread]) {
    float subtracted[rows_per_thread];
    PETAPROOF_UNROLL
    for (int row = 0; row < rows_per_thread; ++row) {
      const float before = maximum[row];
      PETAPROOF_UNROLL
      for (int i = 2 * row; i < scores_per_thread; i += 4)
        maximum[row] = std::fmax(maximum[row], std::fmax(scores[i], scores[i + 1]));
      maximum[row] = std::fmax(maximum[row], ptx::exchange(maximum[row], 1));
      maximum[row] = std::fmax(maximum[row], ptx::exchange(maximum[row], 2));
      // a row that has seen no key yet: exp2 of minus infinity, not of infinity less infinity
      subtracted[row] = maximum[row] == nothing ? 0 : maximum[row] * scale_log2;
      correction[row] = ptx::exp2(before * scale_log2 - subtracted[row]);
      sum[row] *= correction[row];
    }
    PETAPROOF_UNROLL
    for (int i = 0; i < scores_per_thread; ++i) {
      scores[i] = ptx::exp2(scores[i] * scale_log2 - subtracted[row_of(i)]);
      sum[row_of(i)] += scores[i];
    }
  }

  /// After the last block: what the output is multiplied with, and the log-sum-exp, natural. A row that saw no key
  /// has zero and minus infinity.
  __device__ void finish(float (&factor)[rows_per_thread], float (&lse)[rows_per_thread]) {
    PETAPROOF_UNROLL
    for (int row = 0; row < rows_per_thread; ++row) {
      sum[row] += ptx::exchange(sum[row], 1);
      sum[row] += ptx::exchange(sum[row], 2);
      factor[row] = sum[row] == 0 ? 0 : 1 / sum[row];
      lse[row] =
          sum[row] == 0 ? nothing : maximum[row] * scale_log2 * std::numbers::ln2_v<float> + std::log(sum[row]);
    }
  }
};

}  // namespace petaproof::hopper_attention

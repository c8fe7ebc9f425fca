// Checks attention and its gradients, independently of whoever computed them.
//
//   sampled rows   every element of sampled rows of the output and of the gradient of Q (one of every head, and of a
//   few
//                  heads the first, the last and some between), and of the gradients of K and V (the first key, the
//                  last and some between, of a few heads), against the formulas in double precision
//   log-sum-exp    of the same rows, within what FP32 sums may err: the sharpest check of mask and scale
//   everything     is finite, the log-sum-exp of fully masked rows apart; loop and ranks compare digests besides
//
// How far an element may be off. No bound from theory is sharp here: a kernel for tensor cores must round P and the
// gradient of the scores to the operands' type, and may round more. So the rule is that of FlashAttention's tests:
// the largest error may be at most twice that of a plain implementation, FP32 sums and every tensor rounded as it is
// stored (attention_rows.hpp), of the same rows against the same reference. Errors count relative to the size of what
// is summed, the root mean square of the row's terms: with a causal mask the first rows are large and the last are
// small, and an error of the first must not hide one of the last.
//
// With few keys the plain implementation may err by nothing at all (one key: P is 1). So one rounding of a term is
// allowed on top, and what sums in FP32 err: lambda u |a||b| each (bounds.hpp) in the scores and in the gradient of
// P, sqrt(d) of the size of their terms; twice that, since the exponential passes both on, and as much again for the
// exponential itself. Plain BF16 attention of normal data errs by 1.2 to 1.9 % of a term, in the output and in each
// gradient (512 x 512, d = 64, causal and full), and what is allowed on top is 0.4 %; of FP16 0.16 to 0.25 %, and
// 0.05 %. Of FP32 the sums are what counts: 1.7e-5, where plain attention errs by 1 to 4e-6; TF32 exceeds it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/attention/shape.hpp"
#include "kernels/verify/attention_rows.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// What a kernel wrote, in host memory, as `AttentionInputs` has what it read: forward the output and the
/// log-sum-exp (natural), backward the gradients.
struct AttentionOutputs {
  const void* o = nullptr;
  const float* lse = nullptr;
  const void* d_q = nullptr;
  const void* d_k = nullptr;
  const void* d_v = nullptr;
};

class AttentionCheck {
 public:
  /// Reads the inputs, and keeps none of them: before the first launch, since an oracle must not look at operands
  /// that the kernel has had in its hands.
  AttentionCheck(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs, std::uint64_t seed);

  Verification check(const AttentionOutputs& outputs) const;

  /// Largest error that is allowed, relative to the size of a row's terms: of the output and the gradients of Q, K,
  /// V.
  const std::array<double, 4>& limits() const { return limits_; }

 private:
  enum Tensor { output, gradient_q, gradient_k, gradient_v };

  // A row that was computed: where it is, what it should be, and how large its terms are.
  struct Row {
    std::int64_t b = 0, h = 0, row = 0;
    std::vector<double> expected;
    double size = 0;
  };
  struct LogSumExp {
    std::int64_t b = 0, h = 0, row = 0;
    double expected = 0, bound = 0;
  };
  struct Errors {
    std::int64_t elements = 0, rows = 0;
    double worst_over_bound = 0;
  };

  void sample_rows(const AttentionInputs& inputs, std::uint64_t seed);
  void sample_keys(const AttentionInputs& inputs, std::uint64_t seed);
  void add(Tensor tensor, Row row, const std::vector<float>& plain);

  std::int64_t place_of(Tensor tensor, const Row& row) const;
  std::string check_finite(const AttentionOutputs& outputs) const;
  std::string check_log_sum_exp(const AttentionOutputs& outputs, Errors& errors) const;
  std::string check_rows(const AttentionOutputs& outputs, Errors& errors) const;

  AttentionShape shape_;
  AttentionPass pass_;
  Element element_;
  double lambda_;
  std::array<std::vector<Row>, 4> rows_;  // by tensor
  std::array<double, 4> limits_{};        // while they are sampled: what plain attention errs
  std::vector<LogSumExp> log_sum_exps_;
};

}  // namespace petaproof

// Checks attention and its gradients, independently of whoever computed them.
//
//   sampled rows   every element of sampled rows of the output and of the gradient of Q (one of every head, and of
//                  four heads the first, the last and some between), and of the gradients of K and V (the first key,
//                  the last and some between, of two heads), against the formulas in double precision
//   log-sum-exp    of the same rows, within what FP32 sums may err, or the GPU's of FP8 where they are narrower: the
//                  sharpest check of mask and scale
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
// 0.05 %. Of FP8, P and the gradient of the scores are rounded to e4m3 as their scale leaves them; the result's own
// rounding is allowed apart, since under one scale for a tensor its smallest elements have few bits. Of FP32 the sums
// are what counts: 1.7e-5, where plain attention errs by 1 to 4e-6; TF32 exceeds it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/attention/shape.hpp"
#include "kernels/verify/attention_engine.hpp"
#include "kernels/verify/stored.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

class AttentionCheck {
 public:
  /// Uses the engine, and does not keep it: before the first launch, since an oracle must not look at operands that
  /// the kernel has had in its hands. `scores`: unit roundoff of their sums, as the log-sum-exp shows it.
  AttentionCheck(const AttentionShape& shape, AttentionPass pass, Element element, AttentionEngine& engine,
                 std::uint64_t seed, double scores = roundoff_of(Element::fp32));
  /// Of operands in host memory.
  AttentionCheck(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs, std::uint64_t seed,
                 double scores = roundoff_of(Element::fp32));

  Verification check(AttentionReader& reader) const;
  /// Of results in host memory.
  Verification check(const AttentionOutputs& outputs) const;

  /// Largest error that is allowed, relative to the size of a row's terms: of the output and the gradients of Q, K,
  /// V.
  const std::array<double, 4>& limits() const { return limits_; }

 private:
  using Tensor = AttentionReader::Tensor;

  // A row that was computed: where it is, what it should be, and how large its terms are.
  struct Row {
    AttentionQuery at;  // of the gradients of K and V the head and the row of a key
    std::vector<double> expected;
    double size = 0;
  };
  struct LogSumExp {
    AttentionQuery at;
    double expected = 0, bound = 0;
  };
  struct Errors {
    std::int64_t elements = 0, rows = 0;
    double worst_over_bound = 0;
  };

  void sample(AttentionEngine& engine, std::uint64_t seed);
  void sample_rows(AttentionEngine& engine, std::uint64_t seed);
  void sample_keys(AttentionEngine& engine, std::uint64_t seed);
  void add(Tensor tensor, const AttentionQuery& at, AttentionLine line);
  double& limit_of(Tensor tensor) { return limits_[static_cast<std::size_t>(tensor)]; }

  std::int64_t place_of(Tensor tensor, const AttentionQuery& at) const;
  double stored_error(Tensor tensor, double expected, double allowed) const;
  std::string check_finite(AttentionReader& reader) const;
  std::string check_log_sum_exp(AttentionReader& reader, Errors& errors) const;
  std::string check_rows(Tensor tensor, AttentionReader& reader, Errors& errors) const;

  AttentionShape shape_;
  AttentionPass pass_;
  Element element_;
  double lambda_;
  double scores_;
  std::array<std::vector<Row>, 4> rows_;  // by tensor
  std::array<double, 4> limits_{};        // while they are sampled: what plain attention errs
  std::vector<LogSumExp> log_sum_exps_;
};

}  // namespace petaproof

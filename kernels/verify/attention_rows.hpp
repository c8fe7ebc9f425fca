// Rows of attention and of its gradients, one head at a time: the formulas as they are written, in double precision
// as the reference, and in FP32 with every tensor rounded as it is stored, as the plain implementation that a
// kernel's errors are measured by. Shares no code with any kernel.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention/fp8.hpp"
#include "kernels/attention/shape.hpp"
#include "kernels/verify/attention_engine.hpp"

namespace petaproof {

/// One head of queries of one sequence, and the head of keys and values that it reads. Real: double, where nothing is
/// rounded, or float.
template <typename Real>
class AttentionHead {
 public:
  AttentionHead(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs, std::int64_t b,
                std::int64_t h);

  /// What a query sees, by key.
  struct Row {
    Real lse = 0;
    std::vector<Real> p;   // softmax
    std::vector<Real> dp;  // gradient of p; backward alone, as what follows
    std::vector<Real> ds;  // gradient of the scores, without the scale
    Real delta = 0;        // sum of p dp
  };
  Row row(std::int64_t query) const;

  // Before they are stored.
  std::vector<Real> output(const Row& row) const;      // dv elements
  std::vector<Real> gradient_q(const Row& row) const;  // dqk

  /// Adds this query's part to the gradients of key and value `key`, of which rounding is the caller's affair: other
  /// queries and heads follow.
  void add_to_gradient_k(std::vector<Real>& sum, std::int64_t query, const Row& row, std::int64_t key) const;
  void add_to_gradient_v(std::vector<Real>& sum, std::int64_t query, const Row& row, std::int64_t key) const;

  Real scale() const { return scale_; }
  // Squared norms, as sizes of what sums are made of.
  double q_square(std::int64_t query) const { return q_squares_[static_cast<std::size_t>(query)]; }
  double k_square(std::int64_t key) const { return k_squares_[static_cast<std::size_t>(key)]; }
  double v_square(std::int64_t key) const { return v_squares_[static_cast<std::size_t>(key)]; }
  double d_o_square(std::int64_t query) const { return d_o_squares_[static_cast<std::size_t>(query)]; }

 private:
  /// As a tensor in memory keeps it, in units of what its scale makes of 1.
  Real kept(Real x, Real unit) const;
  Real kept_product(Real x) const;

  AttentionShape shape_;
  AttentionPass pass_;
  Element element_;
  AttentionUnits units_;
  Real scale_;
  std::vector<Real> q_, k_, v_, d_o_;  // of this head alone, row after row
  std::vector<double> q_squares_, k_squares_, v_squares_, d_o_squares_;
};

}  // namespace petaproof

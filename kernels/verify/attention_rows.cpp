#include "kernels/verify/attention_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "kernels/verify/stored.hpp"

namespace petaproof {
namespace {

// In eight sums side by side: no slower than a compiler that may reorder, and the same everywhere.
template <typename Real>
Real dot(const Real* x, const Real* y, std::int64_t count) {
  constexpr std::int64_t lanes = 8;
  std::array<Real, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[lane] += x[i + lane] * y[i + lane];
  Real total = 0;
  for (; i < count; ++i) total += x[i] * y[i];
  for (const Real sum : sums) total += sum;
  return total;
}

template <typename Real>
void add_multiple(std::vector<Real>& sum, Real factor, const Real* x) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += factor * x[i];
}

// Rows of one head, which lie apart in memory, one after the other.
template <typename Real, typename At>
std::vector<Real> gathered(Element element, const void* data, std::int64_t rows, std::int64_t length, At at) {
  std::vector<Real> result;
  result.reserve(static_cast<std::size_t>(rows * length));
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t i = 0; i < length; ++i) result.push_back(load(element, data, at(row) + i));
  return result;
}

template <typename Real>
std::vector<double> squares_of(const std::vector<Real>& rows, std::int64_t length) {
  std::vector<double> result;
  for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(length)) {
    double sum = 0;
    for (std::int64_t i = 0; i < length; ++i) sum += static_cast<double>(rows[at + i]) * rows[at + i];
    result.push_back(sum);
  }
  return result;
}

}  // namespace

template <typename Real>
AttentionHead<Real>::AttentionHead(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs,
                                   std::int64_t b, std::int64_t h)
    : shape_(shape),
      pass_(pass),
      element_(inputs.element),
      units_(attention_units(shape, inputs.element)),
      scale_(static_cast<Real>(shape.scale())) {
  const std::int64_t kv = h / shape.group();
  const auto gather = [&](const void* data, std::int64_t rows, std::int64_t length, auto at) {
    return gathered<Real>(inputs.element, data, rows, length, at);
  };
  q_ = gather(inputs.q, shape.sq, shape.dqk, [&](std::int64_t row) { return shape.q_at(b, row, h); });
  k_ = gather(inputs.k, shape.sk, shape.dqk, [&](std::int64_t key) { return shape.k_at(b, key, kv); });
  v_ = gather(inputs.v, shape.sk, shape.dv, [&](std::int64_t key) { return shape.v_at(b, key, kv); });
  q_squares_ = squares_of(q_, shape.dqk);
  k_squares_ = squares_of(k_, shape.dqk);
  v_squares_ = squares_of(v_, shape.dv);
  if (pass == AttentionPass::forward) return;
  d_o_ = gather(inputs.d_o, shape.sq, shape.dv, [&](std::int64_t row) { return shape.o_at(b, row, h); });
  d_o_squares_ = squares_of(d_o_, shape.dv);
}

template <typename Real>
Real AttentionHead<Real>::kept(Real x, Real unit) const {
  if constexpr (std::is_same_v<Real, float>) return unit * rounded_to(element_, x / unit);
  return x;
}

// With FP8 scores and gradients of P are never tensors in memory, not even of plain attention: no scale would do.
template <typename Real>
Real AttentionHead<Real>::kept_product(Real x) const {
  return element_ == Element::e4m3 ? x : kept(x, 1);
}

template <typename Real>
typename AttentionHead<Real>::Row AttentionHead<Real>::row(std::int64_t query) const {
  const std::int64_t seen = shape_.visible_keys(query);
  Row row;
  row.lse = -std::numeric_limits<Real>::infinity();
  if (seen == 0) return row;
  const Real* q = &q_[query * shape_.dqk];
  for (std::int64_t key = 0; key < seen; ++key)
    row.p.push_back(kept_product(scale_ * dot(q, &k_[key * shape_.dqk], shape_.dqk)));
  const Real largest = *std::ranges::max_element(row.p);
  Real sum = 0;
  for (Real& p : row.p) sum += p = std::exp(p - largest);
  for (Real& p : row.p) p = kept(p / sum, units_.p);
  row.lse = largest + std::log(sum);
  if (pass_ == AttentionPass::forward) return row;

  const Real* d_o = &d_o_[query * shape_.dv];
  for (std::int64_t key = 0; key < seen; ++key) {
    row.dp.push_back(kept_product(dot(d_o, &v_[key * shape_.dv], shape_.dv)));
    row.delta += row.p[key] * row.dp[key];
  }
  for (std::int64_t key = 0; key < seen; ++key)
    row.ds.push_back(kept(row.p[key] * (row.dp[key] - row.delta), units_.ds / scale_));
  return row;
}

template <typename Real>
std::vector<Real> AttentionHead<Real>::output(const Row& row) const {
  std::vector<Real> result(static_cast<std::size_t>(shape_.dv));
  for (std::size_t key = 0; key < row.p.size(); ++key) add_multiple(result, row.p[key], &v_[key * shape_.dv]);
  return result;
}

template <typename Real>
std::vector<Real> AttentionHead<Real>::gradient_q(const Row& row) const {
  std::vector<Real> result(static_cast<std::size_t>(shape_.dqk));
  for (std::size_t key = 0; key < row.ds.size(); ++key) add_multiple(result, row.ds[key], &k_[key * shape_.dqk]);
  for (Real& x : result) x *= scale_;
  return result;
}

template <typename Real>
void AttentionHead<Real>::add_to_gradient_k(std::vector<Real>& sum, std::int64_t query, const Row& row,
                                            std::int64_t key) const {
  add_multiple(sum, scale_ * row.ds[key], &q_[query * shape_.dqk]);
}

template <typename Real>
void AttentionHead<Real>::add_to_gradient_v(std::vector<Real>& sum, std::int64_t query, const Row& row,
                                            std::int64_t key) const {
  add_multiple(sum, row.p[key], &d_o_[query * shape_.dv]);
}

template class AttentionHead<float>;
template class AttentionHead<double>;

}  // namespace petaproof

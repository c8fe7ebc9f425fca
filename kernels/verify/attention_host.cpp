#include "kernels/verify/attention_host.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/verify/stored.hpp"

namespace petaproof {
namespace {

using Exact = AttentionHead<double>;
using Plain = AttentionHead<float>;

// What the gradient of a score is made of: p (dp - delta), of which either may vanish while rounding errors do not,
// so that dp's own terms, of size |dO| |v| / sqrt(dv), count too.
double score_gradient_square(const AttentionShape& shape, const Exact& head, const Exact::Row& row,
                             std::int64_t query, std::int64_t key) {
  const double terms = head.d_o_square(query) * head.v_square(key) / static_cast<double>(shape.dv);
  return row.p[key] * row.p[key] * (row.dp[key] * row.dp[key] + row.delta * row.delta + terms);
}

double output_size(const AttentionShape& shape, const Exact& head, const Exact::Row& row) {
  double sum = 0;
  for (std::size_t key = 0; key < row.p.size(); ++key) sum += row.p[key] * row.p[key] * head.v_square(key);
  return std::sqrt(sum / static_cast<double>(shape.dv));
}

double gradient_q_size(const AttentionShape& shape, const Exact& head, const Exact::Row& row, std::int64_t query) {
  double sum = 0;
  for (std::size_t key = 0; key < row.p.size(); ++key)
    sum += score_gradient_square(shape, head, row, query, key) * head.k_square(key);
  return shape.scale() * std::sqrt(sum / static_cast<double>(shape.dqk));
}

// The heads of a list of queries, each made once as long as its queries follow each other.
class Heads {
 public:
  Heads(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs)
      : shape_(shape), pass_(pass), inputs_(inputs) {}

  void find(const AttentionQuery& query) {
    if (exact && b_ == query.b && h_ == query.h) return;
    b_ = query.b;
    h_ = query.h;
    exact.emplace(shape_, pass_, inputs_, b_, h_);
    plain.emplace(shape_, pass_, inputs_, b_, h_);
  }

  std::optional<Exact> exact;
  std::optional<Plain> plain;

 private:
  AttentionShape shape_;
  AttentionPass pass_;
  AttentionInputs inputs_;
  std::int64_t b_ = 0, h_ = 0;
};

AttentionLine empty_line(std::int64_t length) {
  return {std::vector<double>(static_cast<std::size_t>(length)), std::vector<float>(static_cast<std::size_t>(length)),
          0};
}

}  // namespace

std::vector<AttentionOutputLine> HostAttentionEngine::outputs(const std::vector<AttentionQuery>& queries) {
  std::vector<AttentionOutputLine> result;
  Heads heads(shape_, pass_, inputs_);
  for (const AttentionQuery& query : queries) {
    heads.find(query);
    const Exact& exact = *heads.exact;
    const auto e = exact.row(query.row);
    double longest = 0;
    for (std::size_t key = 0; key < e.p.size(); ++key) longest = std::max(longest, exact.k_square(key));
    AttentionOutputLine line;
    line.exact = exact.output(e);
    line.plain = heads.plain->output(heads.plain->row(query.row));
    line.size = output_size(shape_, exact, e);
    line.lse = e.lse;
    line.scores_size = shape_.scale() * std::sqrt(exact.q_square(query.row) * longest);
    result.push_back(std::move(line));
  }
  return result;
}

std::vector<AttentionLine> HostAttentionEngine::query_gradients(const std::vector<AttentionQuery>& queries) {
  std::vector<AttentionLine> result;
  Heads heads(shape_, pass_, inputs_);
  for (const AttentionQuery& query : queries) {
    heads.find(query);
    const auto e = heads.exact->row(query.row);
    result.push_back({heads.exact->gradient_q(e), heads.plain->gradient_q(heads.plain->row(query.row)),
                      gradient_q_size(shape_, *heads.exact, e, query.row)});
  }
  return result;
}

AttentionEngine::KeyGradients HostAttentionEngine::key_gradients(std::int64_t b, std::int64_t kv,
                                                                 const std::vector<std::int64_t>& keys) {
  KeyGradients result{std::vector<AttentionLine>(keys.size(), empty_line(shape_.dqk)),
                      std::vector<AttentionLine>(keys.size(), empty_line(shape_.dv))};
  for (std::int64_t h = kv * shape_.group(); h < (kv + 1) * shape_.group(); ++h) {
    const Exact exact(shape_, pass_, inputs_, b, h);
    const Plain plain(shape_, pass_, inputs_, b, h);
    for (std::int64_t query = 0; query < shape_.sq; ++query) {
      const auto e = exact.row(query);
      const auto p = plain.row(query);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::int64_t key = keys[i];
        if (key >= shape_.visible_keys(query)) continue;
        AttentionLine &k = result.k[i], &v = result.v[i];
        exact.add_to_gradient_k(k.exact, query, e, key);
        exact.add_to_gradient_v(v.exact, query, e, key);
        plain.add_to_gradient_k(k.plain, query, p, key);
        plain.add_to_gradient_v(v.plain, query, p, key);
        k.size += score_gradient_square(shape_, exact, e, query, key) * exact.q_square(query);
        v.size += e.p[key] * e.p[key] * exact.d_o_square(query);
      }
    }
  }
  for (AttentionLine& k : result.k) k.size = shape_.scale() * std::sqrt(k.size / static_cast<double>(shape_.dqk));
  for (AttentionLine& v : result.v) v.size = std::sqrt(v.size / static_cast<double>(shape_.dv));
  return result;
}

std::vector<float> HostAttentionReader::elements(Tensor tensor, std::int64_t at, std::int64_t count) {
  std::vector<float> result;
  for (std::int64_t i = at; i < at + count; ++i)
    result.push_back(unit_of(shape_, element_, tensor) * load(element_, tensor_of(outputs_, tensor), i));
  return result;
}

std::optional<std::int64_t> HostAttentionReader::first_not_finite(Tensor tensor) {
  const void* data = tensor_of(outputs_, tensor);
  for (std::int64_t i = 0; i < count_of(shape_, tensor); ++i)
    if (!std::isfinite(load(element_, data, i))) return i;
  return std::nullopt;
}

std::optional<std::int64_t> HostAttentionReader::first_wrong_log_sum_exp() {
  for (std::int64_t i = 0; i < shape_.lse_count(); ++i)
    if (!may_be_log_sum_exp(shape_, i, outputs_.lse[i])) return i;
  return std::nullopt;
}

}  // namespace petaproof

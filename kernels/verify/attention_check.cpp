#include "kernels/verify/attention_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernels/verify/bounds.hpp"
#include "kernels/verify/random.hpp"
#include "kernels/verify/stored.hpp"

namespace petaproof {
namespace {

// Streams of the generator, apart from those of the operands.
constexpr std::uint64_t stream_rows = 0x6174726f, stream_heads = 0x61746864, stream_more = 0x61746d6f,
                        stream_groups = 0x61746772, stream_keys = 0x61746b65;

constexpr std::int64_t most_heads = 1024;  // of which a row is sampled
constexpr std::int64_t heads_in_depth = 4;
constexpr std::int64_t groups_in_depth = 2;  // heads of keys whose gradients are: each takes all queries of its group
constexpr std::int64_t lines_in_depth = 8;

// In part `i` of `count` equal parts of 0 to extent - 1, one at random.
std::int64_t in_part(std::int64_t extent, std::int64_t count, std::int64_t i, std::uint64_t seed,
                     std::uint64_t stream) {
  const std::int64_t begin = extent * i / count, length = extent * (i + 1) / count - begin;
  const auto random = philox(seed, stream, static_cast<std::uint64_t>(i))[0];
  return begin + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(length));
}

// The first, the last, and one of each of eight parts.
std::set<std::int64_t> lines(std::int64_t extent, std::uint64_t seed, std::uint64_t stream) {
  std::set<std::int64_t> result{0, extent - 1};
  const std::int64_t parts = std::min(lines_in_depth, extent);
  for (std::int64_t i = 0; i < parts; ++i) result.insert(in_part(extent, parts, i, seed, stream));
  return result;
}

// Of all heads of all sequences; each with its rows.
std::vector<std::set<std::int64_t>> rows_by_head(const AttentionShape& shape, std::uint64_t seed) {
  const std::int64_t all = shape.batch * shape.heads;
  std::vector<std::set<std::int64_t>> result(static_cast<std::size_t>(all));
  const std::int64_t some = std::min(all, most_heads), deep = std::min(all, heads_in_depth);
  for (std::int64_t i = 0; i < some; ++i) {
    const std::int64_t head = in_part(all, some, i, seed, stream_heads);
    result[static_cast<std::size_t>(head)] = {
        in_part(shape.sq, 1, 0, seed + static_cast<std::uint64_t>(i), stream_rows)};
  }
  for (std::int64_t i = 0; i < deep; ++i) {
    const std::int64_t head = in_part(all, deep, i, seed, stream_more);
    result[static_cast<std::size_t>(head)].merge(lines(shape.sq, seed + static_cast<std::uint64_t>(i), stream_more));
  }
  return result;
}

// An error as a multiple of the size of a row's terms; where these are all zero none is allowed.
double relative(double error, double size) {
  if (size > 0) return error / size;
  return error == 0 ? 0 : std::numeric_limits<double>::infinity();
}

const char* name_of(Element element) {
  if (element == Element::fp32) return "fp32";
  return element == Element::bf16 ? "bf16" : "fp16";
}

using Exact = AttentionHead<double>;

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

}  // namespace

AttentionCheck::AttentionCheck(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs,
                               std::uint64_t seed)
    : shape_(shape),
      pass_(pass),
      element_(inputs.element),
      lambda_(rounding_lambda(std::max(shape.q_count(), shape.o_count()))) {
  sample_rows(inputs, seed);
  if (pass == AttentionPass::backward) sample_keys(inputs, seed);
  const double sums = 4 * lambda_ * roundoff_of(Element::fp32) * std::sqrt(std::max(shape.dqk, shape.dv));
  for (double& limit : limits_) limit = 2 * limit + roundoff_of(element_) + sums;
}

void AttentionCheck::add(Tensor tensor, Row row, const std::vector<float>& plain) {
  for (std::size_t i = 0; i < plain.size(); ++i)
    limits_[tensor] = std::max(limits_[tensor], relative(std::abs(plain[i] - row.expected[i]), row.size));
  rows_[tensor].push_back(std::move(row));
}

void AttentionCheck::sample_rows(const AttentionInputs& inputs, std::uint64_t seed) {
  const auto by_head = rows_by_head(shape_, seed);
  for (std::int64_t at = 0; at < shape_.batch * shape_.heads; ++at) {
    const auto& rows = by_head[static_cast<std::size_t>(at)];
    if (rows.empty()) continue;
    const std::int64_t b = at / shape_.heads, h = at % shape_.heads;
    const Exact exact(shape_, pass_, inputs, b, h);
    const AttentionHead<float> plain(shape_, pass_, inputs, b, h);
    for (const std::int64_t query : rows) {
      const auto e = exact.row(query);
      const auto p = plain.row(query);
      if (pass_ == AttentionPass::backward) {
        add(gradient_q, {b, h, query, exact.gradient_q(e), gradient_q_size(shape_, exact, e, query)},
            plain.gradient_q(p));
        continue;
      }
      add(output, {b, h, query, exact.output(e), output_size(shape_, exact, e)}, plain.output(p));
      // the scores' errors, largest first, and those of the logarithm and of a sum of that many exponentials
      double longest = 0;
      for (std::size_t key = 0; key < e.p.size(); ++key) longest = std::max(longest, exact.k_square(key));
      const double scores = shape_.scale() * std::sqrt(exact.q_square(query) * longest);
      const double others = e.p.empty() ? 0 : std::abs(e.lse) + std::sqrt(static_cast<double>(e.p.size()));
      log_sum_exps_.push_back({b, h, query, e.lse, lambda_ * roundoff_of(Element::fp32) * (scores + others)});
    }
  }
}

void AttentionCheck::sample_keys(const AttentionInputs& inputs, std::uint64_t seed) {
  const std::int64_t all = shape_.batch * shape_.kv_heads, deep = std::min(all, groups_in_depth);
  for (std::int64_t i = 0; i < deep; ++i) {
    const std::int64_t at = in_part(all, deep, i, seed, stream_groups);
    const std::int64_t b = at / shape_.kv_heads, kv = at % shape_.kv_heads;
    struct Sums {
      std::vector<double> k, v;
      std::vector<float> plain_k, plain_v;
      double k_size = 0, v_size = 0;
    };
    std::vector<std::pair<std::int64_t, Sums>> keys;
    for (const std::int64_t key : lines(shape_.sk, seed + static_cast<std::uint64_t>(i), stream_keys)) {
      const auto dqk = static_cast<std::size_t>(shape_.dqk), dv = static_cast<std::size_t>(shape_.dv);
      keys.emplace_back(key, Sums{std::vector<double>(dqk), std::vector<double>(dv), std::vector<float>(dqk),
                                  std::vector<float>(dv)});
    }
    for (std::int64_t h = kv * shape_.group(); h < (kv + 1) * shape_.group(); ++h) {
      const Exact exact(shape_, pass_, inputs, b, h);
      const AttentionHead<float> plain(shape_, pass_, inputs, b, h);
      for (std::int64_t query = 0; query < shape_.sq; ++query) {
        const auto e = exact.row(query);
        const auto p = plain.row(query);
        for (auto& [key, sums] : keys) {
          if (key >= shape_.visible_keys(query)) continue;
          exact.add_to_gradient_k(sums.k, query, e, key);
          exact.add_to_gradient_v(sums.v, query, e, key);
          plain.add_to_gradient_k(sums.plain_k, query, p, key);
          plain.add_to_gradient_v(sums.plain_v, query, p, key);
          sums.k_size += score_gradient_square(shape_, exact, e, query, key) * exact.q_square(query);
          sums.v_size += e.p[key] * e.p[key] * exact.d_o_square(query);
        }
      }
    }
    for (auto& [key, sums] : keys) {
      for (float& x : sums.plain_k) x = rounded_to(element_, x);
      for (float& x : sums.plain_v) x = rounded_to(element_, x);
      const double k_size = shape_.scale() * std::sqrt(sums.k_size / static_cast<double>(shape_.dqk));
      const double v_size = std::sqrt(sums.v_size / static_cast<double>(shape_.dv));
      add(gradient_k, {b, kv, key, std::move(sums.k), k_size}, sums.plain_k);
      add(gradient_v, {b, kv, key, std::move(sums.v), v_size}, sums.plain_v);
    }
  }
}

std::int64_t AttentionCheck::place_of(Tensor tensor, const Row& row) const {
  switch (tensor) {
    case output: return shape_.o_at(row.b, row.row, row.h);
    case gradient_q: return shape_.q_at(row.b, row.row, row.h);
    case gradient_k: return shape_.k_at(row.b, row.row, row.h);
    case gradient_v: return shape_.v_at(row.b, row.row, row.h);
  }
  return 0;
}

// Empty if all is well, as of the others.
std::string AttentionCheck::check_finite(const AttentionOutputs& outputs) const {
  const auto look = [&](const char* name, const void* data, std::int64_t count) -> std::string {
    for (std::int64_t i = 0; data && i < count; ++i)
      if (const float x = load(element_, data, i); !std::isfinite(x))
        return fmt::format("element {} of {} is {}", i, name, x);
    return {};
  };
  std::string wrong = look("O", outputs.o, shape_.o_count());
  if (wrong.empty()) wrong = look("dQ", outputs.d_q, shape_.q_count());
  if (wrong.empty()) wrong = look("dK", outputs.d_k, shape_.k_count());
  if (wrong.empty()) wrong = look("dV", outputs.d_v, shape_.v_count());
  for (std::int64_t i = 0; outputs.lse && wrong.empty() && i < shape_.lse_count(); ++i) {
    const bool masked = shape_.visible_keys(i % shape_.sq) == 0;
    const float x = outputs.lse[i];
    if (masked ? x == -std::numeric_limits<float>::infinity() : std::isfinite(x)) continue;
    wrong = fmt::format("the log-sum-exp of row {} is {}, and the row sees {} keys", i, x,
                        shape_.visible_keys(i % shape_.sq));
  }
  return wrong;
}

std::string AttentionCheck::check_log_sum_exp(const AttentionOutputs& outputs, Errors& errors) const {
  for (const LogSumExp& one : log_sum_exps_) {
    const double got = outputs.lse[shape_.lse_at(one.b, one.h, one.row)];
    if (got == one.expected) continue;  // minus infinity too
    const double error = std::abs(got - one.expected);
    if (!(error <= one.bound))
      return fmt::format(
          "log-sum-exp of sequence {}, head {}, query {}: expected {:.9g}, got {:.9g}, off by {:.3g} where "
          "{:.3g} is allowed",
          one.b, one.h, one.row, one.expected, got, error, one.bound);
    errors.worst_over_bound = std::max(errors.worst_over_bound, error / one.bound);
  }
  errors.elements += static_cast<std::int64_t>(log_sum_exps_.size());
  return {};
}

std::string AttentionCheck::check_rows(const AttentionOutputs& outputs, Errors& errors) const {
  struct Written {
    Tensor tensor;
    const char* name;
    const char* line;
    const void* data;
  };
  const Written all[] = {{output, "O", "query", outputs.o},
                         {gradient_q, "dQ", "query", outputs.d_q},
                         {gradient_k, "dK", "key", outputs.d_k},
                         {gradient_v, "dV", "key", outputs.d_v}};
  for (const Written& one : all)
    for (const Row& row : rows_[one.tensor]) {
      for (std::size_t i = 0; i < row.expected.size(); ++i) {
        const double got = load(element_, one.data, place_of(one.tensor, row) + static_cast<std::int64_t>(i));
        const double error = std::abs(got - row.expected[i]), limit = limits_[one.tensor];
        const double share = relative(error, row.size) / limit;
        if (!(share <= 1))
          return fmt::format(
              "{} of sequence {}, head {}, {} {}, element {}: expected {:.6g}, got {:.6g}, off by {:.3g} where "
              "{:.3g} is allowed (twice the largest error of plain {} attention)",
              one.name, row.b, row.h, one.line, row.row, i, row.expected[i], got, error, limit * row.size,
              name_of(element_));
        errors.worst_over_bound = std::max(errors.worst_over_bound, share);
        ++errors.elements;
      }
      ++errors.rows;
    }
  return {};
}

Verification AttentionCheck::check(const AttentionOutputs& outputs) const {
  Errors errors;
  std::string wrong = check_finite(outputs);
  if (wrong.empty()) wrong = check_log_sum_exp(outputs, errors);
  if (wrong.empty()) wrong = check_rows(outputs, errors);
  if (!wrong.empty()) return Verification::failed(wrong);
  return {
      .pass = true,
      .detail = fmt::format("{} elements of {} rows against FP64; errors at most {:.2f} of twice those of plain {} "
                            "attention; all elements are finite",
                            errors.elements, errors.rows, errors.worst_over_bound, name_of(element_)),
      .elements_checked = errors.elements,
      .worst_error_over_bound = errors.worst_over_bound};
}

}  // namespace petaproof

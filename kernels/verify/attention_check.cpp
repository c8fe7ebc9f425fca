#include "kernels/verify/attention_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "kernels/verify/attention_host.hpp"
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
// One alone where a group has more pairs than that: 8 heads of 92,000 queries by as many keys, seconds on a GPU.
constexpr double many_pairs = 0x1p36;
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
  if (element == Element::e4m3) return "fp8";
  return element == Element::bf16 ? "bf16" : "fp16";
}

using Tensor = AttentionReader::Tensor;

std::vector<Tensor> written_by(AttentionPass pass) {
  if (pass == AttentionPass::forward) return {Tensor::o};
  return {Tensor::d_q, Tensor::d_k, Tensor::d_v};
}

const char* name_of(Tensor tensor) {
  switch (tensor) {
    case Tensor::o: return "O";
    case Tensor::d_q: return "dQ";
    case Tensor::d_k: return "dK";
    case Tensor::d_v: return "dV";
  }
  return "";
}

// What a line of it belongs to.
const char* line_of(Tensor tensor) {
  return tensor == Tensor::o || tensor == Tensor::d_q ? "query" : "key";
}

}  // namespace

AttentionCheck::AttentionCheck(const AttentionShape& shape, AttentionPass pass, Element element,
                               AttentionEngine& engine, std::uint64_t seed, double scores)
    : shape_(shape),
      pass_(pass),
      element_(element),
      lambda_(rounding_lambda(std::max(shape.q_count(), shape.o_count()))),
      scores_(scores) {
  sample(engine, seed);
}

AttentionCheck::AttentionCheck(const AttentionShape& shape, AttentionPass pass, const AttentionInputs& inputs,
                               std::uint64_t seed, double scores)
    : shape_(shape),
      pass_(pass),
      element_(inputs.element),
      lambda_(rounding_lambda(std::max(shape.q_count(), shape.o_count()))),
      scores_(scores) {
  HostAttentionEngine engine(shape, pass, inputs);
  sample(engine, seed);
}

void AttentionCheck::sample(AttentionEngine& engine, std::uint64_t seed) {
  sample_rows(engine, seed);
  if (pass_ == AttentionPass::backward) sample_keys(engine, seed);
  const double sums = 4 * lambda_ * roundoff_of(Element::fp32) * std::sqrt(std::max(shape_.dqk, shape_.dv));
  for (double& limit : limits_) limit = 2 * limit + roundoff_of(element_) + sums;
}

void AttentionCheck::add(Tensor tensor, const AttentionQuery& at, AttentionLine line) {
  for (std::size_t i = 0; i < line.plain.size(); ++i) {
    const float plain = element_ == Element::e4m3 ? line.plain[i] : rounded_to(element_, line.plain[i]);
    const double error = std::abs(plain - line.exact[i]);
    limit_of(tensor) = std::max(limit_of(tensor), relative(error, line.size));
  }
  rows_[static_cast<std::size_t>(tensor)].push_back({at, std::move(line.exact), line.size});
}

void AttentionCheck::sample_rows(AttentionEngine& engine, std::uint64_t seed) {
  const auto by_head = rows_by_head(shape_, seed);
  std::vector<AttentionQuery> queries;
  for (std::int64_t head = 0; head < shape_.batch * shape_.heads; ++head)
    for (const std::int64_t row : by_head[static_cast<std::size_t>(head)])
      queries.push_back({head / shape_.heads, head % shape_.heads, row});
  if (pass_ == AttentionPass::backward) {
    auto lines = engine.query_gradients(queries);
    for (std::size_t i = 0; i < queries.size(); ++i) add(Tensor::d_q, queries[i], std::move(lines[i]));
    return;
  }
  auto lines = engine.outputs(queries);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const AttentionOutputLine& line = lines[i];
    // the scores' errors, largest first, and those of the logarithm and of a sum of that many exponentials
    const std::int64_t keys = shape_.visible_keys(queries[i].row);
    const double others = keys == 0 ? 0 : std::abs(line.lse) + std::sqrt(static_cast<double>(keys));
    log_sum_exps_.push_back(
        {queries[i], line.lse, lambda_ * (scores_ * line.scores_size + roundoff_of(Element::fp32) * others)});
    add(Tensor::o, queries[i], std::move(lines[i]));
  }
}

void AttentionCheck::sample_keys(AttentionEngine& engine, std::uint64_t seed) {
  const std::int64_t all = shape_.batch * shape_.kv_heads;
  const bool is_long = static_cast<double>(shape_.pairs()) * static_cast<double>(shape_.group()) > many_pairs;
  const std::int64_t deep = std::min(all, is_long ? 1 : groups_in_depth);
  for (std::int64_t i = 0; i < deep; ++i) {
    const std::int64_t at = in_part(all, deep, i, seed, stream_groups);
    const std::int64_t b = at / shape_.kv_heads, kv = at % shape_.kv_heads;
    const auto sampled = lines(shape_.sk, seed + static_cast<std::uint64_t>(i), stream_keys);
    const std::vector<std::int64_t> keys(sampled.begin(), sampled.end());
    auto gradients = engine.key_gradients(b, kv, keys);
    for (std::size_t key = 0; key < keys.size(); ++key) {
      add(Tensor::d_k, {b, kv, keys[key]}, std::move(gradients.k[key]));
      add(Tensor::d_v, {b, kv, keys[key]}, std::move(gradients.v[key]));
    }
  }
}

std::int64_t AttentionCheck::place_of(Tensor tensor, const AttentionQuery& at) const {
  switch (tensor) {
    case Tensor::o: return shape_.o_at(at.b, at.row, at.h);
    case Tensor::d_q: return shape_.q_at(at.b, at.row, at.h);
    case Tensor::d_k: return shape_.k_at(at.b, at.row, at.h);
    case Tensor::d_v: return shape_.v_at(at.b, at.row, at.h);
  }
  return 0;
}

// Empty if all is well, as of the others.
std::string AttentionCheck::check_finite(AttentionReader& reader) const {
  for (const Tensor tensor : written_by(pass_))
    if (const auto at = reader.first_not_finite(tensor))
      return fmt::format("element {} of {} is {}", *at, name_of(tensor), reader.elements(tensor, *at, 1)[0]);
  if (pass_ == AttentionPass::backward) return {};
  if (const auto at = reader.first_wrong_log_sum_exp())
    return fmt::format("the log-sum-exp of row {} is {}, and the row sees {} keys", *at, reader.log_sum_exp(*at),
                       shape_.visible_keys(*at % shape_.sq));
  return {};
}

std::string AttentionCheck::check_log_sum_exp(AttentionReader& reader, Errors& errors) const {
  for (const LogSumExp& one : log_sum_exps_) {
    const auto& [b, h, row] = one.at;
    const double got = reader.log_sum_exp(shape_.lse_at(b, h, row));
    if (got == one.expected) continue;  // minus infinity too
    const double error = std::abs(got - one.expected);
    if (!(error <= one.bound))
      return fmt::format(
          "log-sum-exp of sequence {}, head {}, query {}: expected {:.9g}, got {:.9g}, off by {:.3g} where "
          "{:.3g} is allowed",
          b, h, row, one.expected, got, error, one.bound);
    errors.worst_over_bound = std::max(errors.worst_over_bound, error / one.bound);
  }
  errors.elements += static_cast<std::int64_t>(log_sum_exps_.size());
  return {};
}

// FP8 results: by how much one may be off for having been stored, half a place of itself or of the least number. They
// are of all sizes under one scale, and the smallest have few bits: that is no error of the kernel, and plain
// attention's, taken before it stores, has no part of it.
double AttentionCheck::stored_error(Tensor tensor, double expected, double allowed) const {
  if (element_ != Element::e4m3) return 0;
  const double unit = e4m3_unit * unit_of(shape_, element_, tensor);
  return std::max(roundoff_of(element_) * (std::abs(expected) + allowed), unit * 0x1p-10);
}

std::string AttentionCheck::check_rows(Tensor tensor, AttentionReader& reader, Errors& errors) const {
  const double limit = limits_[static_cast<std::size_t>(tensor)];
  for (const Row& row : rows_[static_cast<std::size_t>(tensor)]) {
    const auto all =
        reader.elements(tensor, place_of(tensor, row.at), static_cast<std::int64_t>(row.expected.size()));
    for (std::size_t i = 0; i < row.expected.size(); ++i) {
      const double got = all[i], error = std::abs(got - row.expected[i]);
      const double beyond = error - stored_error(tensor, row.expected[i], limit * row.size);
      const double share = relative(beyond < 0 ? 0 : beyond, row.size) / limit;
      if (!(share <= 1))
        return fmt::format(
            "{} of sequence {}, head {}, {} {}, element {}: expected {:.6g}, got {:.6g}, off by {:.3g} where "
            "{:.3g} is allowed (twice the largest error of plain {} attention)",
            name_of(tensor), row.at.b, row.at.h, line_of(tensor), row.at.row, i, row.expected[i], got, error,
            limit * row.size, name_of(element_));
      errors.worst_over_bound = std::max(errors.worst_over_bound, share);
      ++errors.elements;
    }
    ++errors.rows;
  }
  return {};
}

Verification AttentionCheck::check(const AttentionOutputs& outputs) const {
  HostAttentionReader reader(shape_, element_, outputs);
  return check(reader);
}

Verification AttentionCheck::check(AttentionReader& reader) const {
  Errors errors;
  std::string wrong = check_finite(reader);
  if (wrong.empty() && pass_ == AttentionPass::forward) wrong = check_log_sum_exp(reader, errors);
  for (const Tensor tensor : written_by(pass_))
    if (wrong.empty()) wrong = check_rows(tensor, reader, errors);
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

// What the check of attention asks of the kernels of attention_sums.cuh, and what becomes of their sums. How a kernel
// is launched is the affair of `Launch`: on a stream, or by the unit tests on CPU threads. It has
//
//   rows<E, Real>(blocks, ...)   query_lines<E, Real>(blocks, ...)   key_lines<E, Real>(blocks, ...)
//   not_finite<E>(blocks, ...)   wrong_log_sum_exps(blocks, ...)
//
// each with the arguments of the kernel.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "kernels/device/device.hpp"
#include "kernels/device/error.hpp"
#include "kernels/verify/cuda/attention_sums.cuh"

namespace petaproof::cuda {

/// Calls function(std::integral_constant<Element, ...>) for the type in which elements are stored.
template <typename Function>
auto with_attention_element(Element element, Function function) {
  switch (element) {
    case Element::fp32: return function(std::integral_constant<Element, Element::fp32>{});
    case Element::e4m3: return function(std::integral_constant<Element, Element::e4m3>{});
    case Element::fp16: return function(std::integral_constant<Element, Element::fp16>{});
    default: PETAPROOF_INVARIANT(element == Element::bf16);
  }
  return function(std::integral_constant<Element, Element::bf16>{});
}

template <typename Launch>
class DeviceAttentionEngine : public AttentionEngine {
 public:
  DeviceAttentionEngine(Device& device, const AttentionShape& shape, AttentionPass pass,
                        const AttentionInputs& inputs, Launch launch)
      : device_(device),
        view_{shape, inputs, attention_units(shape, inputs.element), shape.scale(), pass == AttentionPass::backward},
        launch_(std::move(launch)) {}

  std::vector<AttentionOutputLine> outputs(const std::vector<AttentionQuery>& queries) override {
    const Lists lists(queries);
    const auto exact = query_lines<double>(lists);
    const auto plain = query_lines<float>(lists);
    std::vector<AttentionOutputLine> result(queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const std::size_t at = lists.place[i];
      const RowSums<double>& sums = exact.sums[at];
      const LineSquares& squares = exact.squares[at];
      fill_line(result[i], exact, plain, at);
      result[i].size = std::sqrt(squares.terms / static_cast<double>(view_.shape.dv));
      result[i].lse = sums.largest + std::log(sums.sum);
      result[i].scores_size = view_.scale * std::sqrt(squares.query * squares.longest_key);
    }
    return result;
  }

  std::vector<AttentionLine> query_gradients(const std::vector<AttentionQuery>& queries) override {
    const Lists lists(queries);
    const auto exact = query_lines<double>(lists);
    const auto plain = query_lines<float>(lists);
    std::vector<AttentionLine> result(queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i) {
      fill_line(result[i], exact, plain, lists.place[i]);
      const double terms = exact.squares[lists.place[i]].terms;
      result[i].size = view_.scale * std::sqrt(terms / static_cast<double>(view_.shape.dqk));
    }
    return result;
  }

  KeyGradients key_gradients(std::int64_t b, std::int64_t kv, const std::vector<std::int64_t>& keys) override {
    const AttentionShape& s = view_.shape;
    KeyGradients result;
    result.k.assign(keys.size(), empty_line(s.dqk));
    result.v.assign(keys.size(), empty_line(s.dv));
    for (std::int64_t h = kv * s.group(); h < (kv + 1) * s.group(); ++h) {
      std::vector<AttentionQuery> queries;
      for (std::int64_t row = 0; row < s.sq; ++row) queries.push_back({b, h, row});
      const Lists lists(queries);
      add_key_lines<double>(lists, keys, result);
      add_key_lines<float>(lists, keys, result);
    }
    for (AttentionLine& k : result.k) k.size = view_.scale * std::sqrt(k.size / static_cast<double>(s.dqk));
    for (AttentionLine& v : result.v) v.size = std::sqrt(v.size / static_cast<double>(s.dv));
    return result;
  }

 private:
  // Queries in tiles of one head each, filled up with none; and where in there each query is.
  struct Lists {
    explicit Lists(const std::vector<AttentionQuery>& queries) {
      for (const AttentionQuery& query : queries) {
        const bool other_head = !tiled.empty() && (tiled.back().b != query.b || tiled.back().h != query.h);
        if (other_head) fill_up();
        place.push_back(tiled.size());
        tiled.push_back(query);
      }
      fill_up();
    }
    void fill_up() {
      while (tiled.size() % tile_queries != 0) tiled.push_back({tiled.back().b, tiled.back().h, no_row});
    }
    std::int64_t count() const { return static_cast<std::int64_t>(tiled.size()); }

    std::vector<AttentionQuery> tiled;
    std::vector<std::size_t> place;
  };

  template <typename Real>
  struct QueryLines {
    std::int64_t length = 0;
    std::vector<RowSums<Real>> sums;
    std::vector<Real> lines;
    std::vector<LineSquares> squares;  // of the reference
  };

  static AttentionLine empty_line(std::int64_t length) {
    const auto size = static_cast<std::size_t>(length);
    return {std::vector<double>(size), std::vector<float>(size), 0};
  }
  static void fill_line(AttentionLine& line, const QueryLines<double>& exact, const QueryLines<float>& plain,
                        std::size_t at) {
    const auto from = static_cast<std::ptrdiff_t>(at) * exact.length;
    line.exact.assign(exact.lines.begin() + from, exact.lines.begin() + from + exact.length);
    line.plain.assign(plain.lines.begin() + from, plain.lines.begin() + from + plain.length);
  }

  template <typename T>
  Buffer uploaded(const std::vector<T>& data) {
    Buffer buffer = device_.allocate(data.size() * sizeof(T));
    device_.copy_from_host(buffer.data(), data.data(), buffer.bytes());
    return buffer;
  }
  template <typename T>
  std::vector<T> downloaded(const Buffer& buffer) {
    std::vector<T> data(buffer.bytes() / sizeof(T));
    device_.copy_to_host(data.data(), buffer.data(), buffer.bytes());
    return data;
  }
  template <typename T>
  Buffer room_for(std::int64_t count) {
    return device_.allocate(static_cast<std::size_t>(count) * sizeof(T));
  }
  static unsigned blocks(std::int64_t wanted) {
    return static_cast<unsigned>(std::min<std::int64_t>(wanted, std::int64_t{1} << 20));
  }

  template <typename Real>
  Buffer row_sums(const Buffer& queries, std::int64_t count) {
    Buffer sums = room_for<RowSums<Real>>(count);
    with_attention_element(view_.inputs.element, [&](auto element) {
      launch_.template rows<element(), Real>(blocks(count / tile_queries), view_, queries.as<AttentionQuery>(), count,
                                             sums.as<RowSums<Real>>());
    });
    return sums;
  }

  template <typename Real>
  QueryLines<Real> query_lines(const Lists& lists) {
    const std::int64_t count = lists.count(), length = view_.backward ? view_.shape.dqk : view_.shape.dv;
    const Buffer queries = uploaded(lists.tiled), sums = row_sums<Real>(queries, count);
    const Buffer lines = room_for<Real>(count * length), squares = room_for<LineSquares>(count);
    with_attention_element(view_.inputs.element, [&](auto element) {
      launch_.template query_lines<element(), Real>(blocks(count), view_, queries.as<AttentionQuery>(), count,
                                                    sums.as<RowSums<Real>>(), lines.as<Real>(),
                                                    squares.as<LineSquares>());
    });
    return {length, downloaded<RowSums<Real>>(sums), downloaded<Real>(lines), downloaded<LineSquares>(squares)};
  }

  template <typename Real>
  void add_key_lines(const Lists& lists, const std::vector<std::int64_t>& keys, KeyGradients& result) {
    const std::int64_t dqk = view_.shape.dqk, dv = view_.shape.dv;
    const auto count = static_cast<std::int64_t>(keys.size());
    const Buffer queries = uploaded(lists.tiled), sums = row_sums<Real>(queries, lists.count());
    const Buffer sampled = uploaded(keys), lines = room_for<Real>(count * (dqk + dv)),
                 squares = room_for<double>(2 * count);
    with_attention_element(view_.inputs.element, [&](auto element) {
      launch_.template key_lines<element(), Real>(blocks(count), view_, sampled.as<std::int64_t>(),
                                                  queries.as<AttentionQuery>(), sums.as<RowSums<Real>>(),
                                                  lines.as<Real>(), squares.as<double>());
    });
    const auto got = downloaded<Real>(lines);
    const auto terms = downloaded<double>(squares);
    for (std::size_t key = 0; key < keys.size(); ++key) {
      const Real* line = &got[key * static_cast<std::size_t>(dqk + dv)];
      AttentionLine &k = result.k[key], &v = result.v[key];
      if constexpr (sizeof(Real) == sizeof(double)) {
        for (std::int64_t i = 0; i < dqk; ++i) k.exact[i] += line[i];
        for (std::int64_t i = 0; i < dv; ++i) v.exact[i] += line[dqk + i];
        k.size += terms[2 * key];
        v.size += terms[2 * key + 1];
      } else {
        for (std::int64_t i = 0; i < dqk; ++i) k.plain[i] += line[i];
        for (std::int64_t i = 0; i < dv; ++i) v.plain[i] += line[dqk + i];
      }
    }
  }

  Device& device_;
  AttentionView view_;
  Launch launch_;
};

template <typename Launch>
class DeviceAttentionReader : public AttentionReader {
 public:
  DeviceAttentionReader(Device& device, const AttentionShape& shape, Element element, const AttentionOutputs& outputs,
                        Launch launch)
      : device_(device), shape_(shape), element_(element), outputs_(outputs), launch_(std::move(launch)) {}

  std::vector<float> elements(Tensor tensor, std::int64_t at, std::int64_t count) override {
    std::vector<std::byte> stored(static_cast<std::size_t>(bytes_of(element_, count)));
    const auto* from = static_cast<const std::byte*>(tensor_of(outputs_, tensor)) + bytes_of(element_, at);
    device_.copy_to_host(stored.data(), from, stored.size());
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i)
      result.push_back(unit_of(shape_, element_, tensor) * load(element_, stored.data(), i));
    return result;
  }

  float log_sum_exp(std::int64_t at) override {
    float x = 0;
    device_.copy_to_host(&x, outputs_.lse + at, sizeof x);
    return x;
  }

  std::optional<std::int64_t> first_not_finite(Tensor tensor) override {
    const void* data = tensor_of(outputs_, tensor);
    const std::int64_t count = count_of(shape_, tensor);
    return first_of([&](Mismatch* found) {
      with_attention_element(element_, [&](auto element) {
        launch_.template not_finite<element()>(blocks_for(static_cast<std::size_t>(count)), data, count, found);
      });
    });
  }

  std::optional<std::int64_t> first_wrong_log_sum_exp() override {
    return first_of([&](Mismatch* found) {
      launch_.wrong_log_sum_exps(blocks_for(static_cast<std::size_t>(shape_.lse_count())), shape_, outputs_.lse,
                                 found);
    });
  }

 private:
  template <typename Look>
  std::optional<std::int64_t> first_of(const Look& look) {
    const Mismatch found = find_mismatches(device_, scratch_, look);
    return found.count == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(found.first));
  }

  Device& device_;
  AttentionShape shape_;
  Element element_;
  AttentionOutputs outputs_;
  Launch launch_;
  Buffer scratch_;
};

}  // namespace petaproof::cuda

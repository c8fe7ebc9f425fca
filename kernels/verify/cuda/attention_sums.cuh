// The kernels behind the check of attention on a GPU, apart from it so that the unit tests can run their bodies on
// CPU threads: plain sums by the formulas, in FP64 as the reference and in FP32 as plain attention, with no tensor
// core and nothing shared with what is checked.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/device/cuda/grid_stride.cuh"
#include "kernels/verify/attention_engine.hpp"
#include "kernels/verify/cuda/mismatch.hpp"
#include "kernels/verify/stored.hpp"

namespace petaproof::cuda {

inline constexpr int attention_threads = 128;
// Scores come 16 queries by 32 keys at a time, from 32 elements of each in shared memory: a thread has four queries
// of one key. What a block reads of a key serves 16 queries, so that arithmetic is the limit and not the cache.
inline constexpr int tile_queries = 16;
inline constexpr int tile_keys = 32;
inline constexpr int tile_depth = 32;
inline constexpr int thread_queries = tile_queries * tile_keys / attention_threads;
inline constexpr int longest_line = 1024;  // elements of a head: attention_params() allows no more

struct AttentionView {
  AttentionShape shape;
  AttentionInputs inputs;
  AttentionUnits units;
  double scale;
  bool backward;
};

/// What makes a softmax of scores: the largest, the sum of exponentials, and the sum of p dp.
template <typename Real>
struct RowSums {
  Real largest, sum, delta;
};

/// Of a line, in squares: that of its terms, of the longest key that is seen, of the query.
struct LineSquares {
  double terms, longest_key, query;
};

template <Element E>
__device__ float stored_at(const void* data, std::int64_t i) {
  if constexpr (E == Element::fp32) {
    return static_cast<const float*>(data)[i];
  } else if constexpr (E == Element::e4m3) {
    return e4m3_unit * from_e4m3(static_cast<const std::uint8_t*>(data)[i]);
  } else {
    const std::uint16_t bits = static_cast<const std::uint16_t*>(data)[i];
    return E == Element::bf16 ? from_bf16(bits) : from_fp16(bits);
  }
}

/// As a tensor in memory keeps it, by plain attention; the reference rounds nothing.
template <Element E, typename Real>
__device__ Real kept(Real x, Real unit) {
  if constexpr (sizeof(Real) == sizeof(float)) return unit * rounded_to(E, x / unit);
  return x;
}
/// attention_rows.cpp says why not with FP8.
template <Element E, typename Real>
__device__ Real kept_product(Real x) {
  if constexpr (E == Element::e4m3) return x;
  return kept<E>(x, Real{1});
}

// Of no query: a tile's queries are of one head, and lists are filled up with these.
inline constexpr std::int64_t no_row = -1;

template <typename Real>
struct AttentionTile {
  Real queries[tile_queries][tile_depth + 1];  // one more, so that a column lies in as many banks
  Real keys[tile_keys][tile_depth + 1];
  std::int64_t q_at[tile_queries], o_at[tile_queries], visible[tile_queries];
  Real largest[tile_queries], sum[tile_queries];
};

/// Products of the tile's 16 lines at `at` with the keys' lines, `depth` elements each: a thread's four.
template <Element E, typename Real>
__device__ void multiply(AttentionTile<Real>& tile, const void* lines, const std::int64_t* at, const void* keys,
                         std::int64_t first_key, std::int64_t key_stride, std::int64_t key_count, std::int64_t depth,
                         Real (&product)[thread_queries]) {
  const int me = static_cast<int>(threadIdx.x), column = me % tile_keys, first = me / tile_keys * thread_queries;
  for (Real& x : product) x = 0;
  for (std::int64_t from = 0; from < depth; from += tile_depth) {
    __syncthreads();  // those before are no longer read
    for (int i = me; i < tile_queries * tile_depth; i += attention_threads) {
      const int line = i / tile_depth, element = i % tile_depth;
      const bool is_there = at[line] >= 0 && from + element < depth;
      tile.queries[line][element] = is_there ? stored_at<E>(lines, at[line] + from + element) : 0.0f;
    }
    for (int i = me; i < tile_keys * tile_depth; i += attention_threads) {
      const int key = i / tile_depth, element = i % tile_depth;
      const bool is_there = key < key_count && from + element < depth;
      tile.keys[key][element] = is_there ? stored_at<E>(keys, first_key + key * key_stride + from + element) : 0.0f;
    }
    __syncthreads();
    for (int element = 0; element < tile_depth; ++element) {
      const Real key = tile.keys[column][element];
      for (int i = 0; i < thread_queries; ++i) product[i] += tile.queries[first + i][element] * key;
    }
  }
}

/// The tile's scores of keys `key` to `key + 31`, and the products of the gradient of the output with their values.
template <Element E, typename Real>
__device__ void scores(const AttentionView& view, AttentionTile<Real>& tile, std::int64_t b, std::int64_t kv,
                       std::int64_t key, Real (&product)[thread_queries]) {
  const AttentionShape& s = view.shape;
  multiply<E>(tile, view.inputs.q, tile.q_at, view.inputs.k, s.k_at(b, key, kv), s.kv_heads * s.dqk, s.sk - key,
              s.dqk, product);
  for (Real& x : product) x = kept_product<E>(static_cast<Real>(view.scale) * x);
}
template <Element E, typename Real>
__device__ void p_gradients(const AttentionView& view, AttentionTile<Real>& tile, std::int64_t b, std::int64_t kv,
                            std::int64_t key, Real (&product)[thread_queries]) {
  const AttentionShape& s = view.shape;
  multiply<E>(tile, view.inputs.d_o, tile.o_at, view.inputs.v, s.v_at(b, key, kv), s.kv_heads * s.dv, s.sk - key,
              s.dv, product);
  for (Real& x : product) x = kept_product<E>(x);
}

/// Of every query of a list: a block takes 16 of one head.
template <Element E, typename Real>
__global__ void sum_attention_rows(AttentionView view, const AttentionQuery* queries, std::int64_t count,
                                   RowSums<Real>* out) {
  __shared__ AttentionTile<Real> tile;
  const AttentionShape& s = view.shape;
  const int me = static_cast<int>(threadIdx.x), column = me % tile_keys, first = me / tile_keys * thread_queries;
  constexpr Real nothing = -std::numeric_limits<Real>::infinity();
  for (std::int64_t begin = std::int64_t{blockIdx.x} * tile_queries; begin < count;
       begin += std::int64_t{gridDim.x} * tile_queries) {
    const std::int64_t b = queries[begin].b, kv = queries[begin].h / s.group();
    if (me < tile_queries) {
      const AttentionQuery one = queries[begin + me];
      const bool is_there = one.row != no_row;
      tile.q_at[me] = is_there ? s.q_at(one.b, one.row, one.h) : -1;
      tile.o_at[me] = is_there ? s.o_at(one.b, one.row, one.h) : -1;
      tile.visible[me] = is_there ? s.visible_keys(one.row) : 0;
    }
    __syncthreads();
    std::int64_t last = 0;
    for (const std::int64_t visible : tile.visible) last = visible > last ? visible : last;

    Real largest[thread_queries], sum[thread_queries], product[thread_queries];
    for (int i = 0; i < thread_queries; ++i) {
      largest[i] = nothing;
      sum[i] = 0;
    }
    for (std::int64_t key = 0; key < last; key += tile_keys) {
      scores<E>(view, tile, b, kv, key, product);
      for (int i = 0; i < thread_queries; ++i) {
        if (key + column >= tile.visible[first + i]) continue;
        const Real score = product[i];
        if (score > largest[i]) {
          sum[i] = sum[i] * std::exp(largest[i] - score) + 1;
          largest[i] = score;
        } else {
          sum[i] += std::exp(score - largest[i]);
        }
      }
    }
    __syncthreads();
    for (int i = 0; i < thread_queries; ++i) {
      tile.queries[first + i][column] = largest[i];
      tile.keys[first + i][column] = sum[i];
    }
    __syncthreads();
    if (me < tile_queries) {
      Real most = nothing, total = 0;
      for (int i = 0; i < tile_keys; ++i) most = tile.queries[me][i] > most ? tile.queries[me][i] : most;
      for (int i = 0; i < tile_keys; ++i)
        if (tile.keys[me][i] > 0) total += tile.keys[me][i] * std::exp(tile.queries[me][i] - most);
      tile.largest[me] = most;
      tile.sum[me] = total;
    }
    __syncthreads();

    Real delta[thread_queries] = {}, gradients[thread_queries];
    for (std::int64_t key = 0; view.backward && key < last; key += tile_keys) {
      scores<E>(view, tile, b, kv, key, product);
      p_gradients<E>(view, tile, b, kv, key, gradients);
      for (int i = 0; i < thread_queries; ++i) {
        const int query = first + i;
        if (key + column >= tile.visible[query]) continue;
        delta[i] +=
            kept<E>(std::exp(product[i] - tile.largest[query]) / tile.sum[query], static_cast<Real>(view.units.p)) *
            gradients[i];
      }
    }
    __syncthreads();
    for (int i = 0; i < thread_queries; ++i) tile.queries[first + i][column] = delta[i];
    __syncthreads();
    if (me < tile_queries) {
      Real total = 0;
      for (int i = 0; i < tile_keys; ++i) total += tile.queries[me][i];
      out[begin + me] = {tile.largest[me], tile.sum[me], total};
    }
    __syncthreads();
  }
}

template <Element E, typename Real>
__device__ Real dot(const void* x, std::int64_t at_x, const void* y, std::int64_t at_y, std::int64_t count) {
  Real sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    sum += static_cast<Real>(stored_at<E>(x, at_x + i)) * static_cast<Real>(stored_at<E>(y, at_y + i));
  return sum;
}
template <Element E>
__device__ double square(const void* x, std::int64_t at, std::int64_t count) {
  return dot<E, double>(x, at, x, at, count);
}

/// Of a query and a key that it sees: softmax, its gradient, and that of the score without the scale.
template <typename Real>
struct AttentionPair {
  Real p, dp, ds;
};

template <Element E, typename Real>
__device__ AttentionPair<Real> pair_of(const AttentionView& view, const AttentionQuery& query, std::int64_t key,
                                       const RowSums<Real>& sums) {
  const AttentionShape& s = view.shape;
  const AttentionInputs& in = view.inputs;
  const std::int64_t kv = query.h / s.group(), q_at = s.q_at(query.b, query.row, query.h);
  const Real score = kept_product<E>(static_cast<Real>(view.scale) *
                                     dot<E, Real>(in.q, q_at, in.k, s.k_at(query.b, key, kv), s.dqk));
  const Real p = kept<E>(std::exp(score - sums.largest) / sums.sum, static_cast<Real>(view.units.p));
  if (!view.backward) return {p, 0, 0};
  const std::int64_t o_at = s.o_at(query.b, query.row, query.h);
  const Real dp = kept_product<E>(dot<E, Real>(in.d_o, o_at, in.v, s.v_at(query.b, key, kv), s.dv));
  return {p, dp, kept<E>(p * (dp - sums.delta), static_cast<Real>(view.units.ds) / static_cast<Real>(view.scale))};
}

/// The square of what the gradient of a score is made of: attention_host.cpp says why dp's terms count.
template <Element E>
__device__ double score_gradient_square(const AttentionView& view, const AttentionQuery& query, std::int64_t key,
                                        const AttentionPair<double>& pair, double delta) {
  const AttentionShape& s = view.shape;
  const std::int64_t v_at = s.v_at(query.b, key, query.h / s.group());
  const double terms = square<E>(view.inputs.d_o, s.o_at(query.b, query.row, query.h), s.dv) *
                       square<E>(view.inputs.v, v_at, s.dv) / static_cast<double>(s.dv);
  return pair.p * pair.p * (pair.dp * pair.dp + delta * delta + terms);
}

// The sum, or the largest, over the block's threads, for thread 0.
__device__ inline double sum_of_block(double* scratch, double mine) {
  __syncthreads();
  scratch[threadIdx.x] = mine;
  __syncthreads();
  double total = 0;
  for (int i = 0; threadIdx.x == 0 && i < attention_threads; ++i) total += scratch[i];
  return total;
}
__device__ inline double largest_of_block(double* scratch, double mine) {
  __syncthreads();
  scratch[threadIdx.x] = mine;
  __syncthreads();
  double largest = 0;
  for (int i = 0; threadIdx.x == 0 && i < attention_threads; ++i)
    largest = scratch[i] > largest ? scratch[i] : largest;
  return largest;
}

/// line += sum of the threads' weights times their lines, which are `stride` apart from `at` on.
template <Element E, typename Real>
__device__ void add_lines(Real* line, std::int64_t length, const Real* weights, const void* data, std::int64_t at,
                          std::int64_t stride, std::int64_t count) {
  for (std::int64_t i = threadIdx.x; i < length; i += attention_threads) {
    Real sum = line[i];
    for (std::int64_t j = 0; j < count; ++j)
      sum += weights[j] * static_cast<Real>(stored_at<E>(data, at + j * stride + i));
    line[i] = sum;
  }
}

/// A block makes the line of the output, or of the gradient of Q, of one query: [query][length]. `squares`: of the
/// reference alone.
template <Element E, typename Real>
__global__ void sum_query_lines(AttentionView view, const AttentionQuery* queries, std::int64_t count,
                                const RowSums<Real>* sums, Real* lines, LineSquares* squares) {
  __shared__ Real line[longest_line];
  __shared__ Real weights[attention_threads];
  __shared__ double scratch[attention_threads];
  const AttentionShape& s = view.shape;
  const AttentionInputs& in = view.inputs;
  const int me = static_cast<int>(threadIdx.x);
  const std::int64_t length = view.backward ? s.dqk : s.dv;
  for (std::int64_t at = blockIdx.x; at < count; at += gridDim.x) {
    const AttentionQuery query = queries[at];
    if (query.row == no_row) continue;
    const std::int64_t kv = query.h / s.group(), visible = s.visible_keys(query.row);
    for (std::int64_t i = me; i < length; i += attention_threads) line[i] = 0;
    double terms = 0, longest = 0;
    for (std::int64_t begin = 0; begin < visible; begin += attention_threads) {
      const std::int64_t key = begin + me;
      Real weight = 0;
      if (key < visible) {
        const AttentionPair<Real> pair = pair_of<E, Real>(view, query, key, sums[at]);
        weight = view.backward ? pair.ds : pair.p;
        if constexpr (sizeof(Real) == sizeof(double)) {
          const double k_square = square<E>(in.k, s.k_at(query.b, key, kv), s.dqk);
          longest = k_square > longest ? k_square : longest;
          terms += view.backward ? score_gradient_square<E>(view, query, key, pair, sums[at].delta) * k_square
                                 : pair.p * pair.p * square<E>(in.v, s.v_at(query.b, key, kv), s.dv);
        }
      }
      __syncthreads();  // the weights before are no longer read
      weights[me] = weight;
      __syncthreads();
      const std::int64_t keys = visible - begin < attention_threads ? visible - begin : attention_threads;
      if (view.backward)
        add_lines<E>(line, length, weights, in.k, s.k_at(query.b, begin, kv), s.kv_heads * s.dqk, keys);
      else
        add_lines<E>(line, length, weights, in.v, s.v_at(query.b, begin, kv), s.kv_heads * s.dv, keys);
    }
    const Real factor = view.backward ? static_cast<Real>(view.scale) : Real{1};
    for (std::int64_t i = me; i < length; i += attention_threads) lines[at * length + i] = factor * line[i];
    if constexpr (sizeof(Real) == sizeof(double)) {
      const double all_terms = sum_of_block(scratch, terms), longest_key = largest_of_block(scratch, longest);
      if (me == 0)
        squares[at] = {all_terms, longest_key, square<E>(in.q, s.q_at(query.b, query.row, query.h), s.dqk)};
    }
    __syncthreads();
  }
}

/// A block makes the part that head `h` has in the gradients of key and value `keys[block]`: [key][dqk + dv].
/// `queries` and `sums` are of all of the head's queries. `squares`, of the reference alone: [key][2], of the terms
/// of either.
template <Element E, typename Real>
__global__ void sum_key_lines(AttentionView view, const std::int64_t* keys, const AttentionQuery* queries,
                              const RowSums<Real>* sums, Real* lines, double* squares) {
  __shared__ Real k_line[longest_line];
  __shared__ Real v_line[longest_line];
  __shared__ Real k_weights[attention_threads];
  __shared__ Real v_weights[attention_threads];
  __shared__ double scratch[attention_threads];
  const AttentionShape& s = view.shape;
  const AttentionInputs& in = view.inputs;
  const int me = static_cast<int>(threadIdx.x);
  const std::int64_t key = keys[blockIdx.x], b = queries[0].b, h = queries[0].h;
  for (std::int64_t i = me; i < s.dqk; i += attention_threads) k_line[i] = 0;
  for (std::int64_t i = me; i < s.dv; i += attention_threads) v_line[i] = 0;
  double k_terms = 0, v_terms = 0;
  for (std::int64_t begin = s.first_query(key); begin < s.sq; begin += attention_threads) {
    const std::int64_t row = begin + me;
    Real k_weight = 0, v_weight = 0;
    if (row < s.sq) {
      const AttentionPair<Real> pair = pair_of<E, Real>(view, queries[row], key, sums[row]);
      k_weight = static_cast<Real>(view.scale) * pair.ds;
      v_weight = pair.p;
      if constexpr (sizeof(Real) == sizeof(double)) {
        k_terms += score_gradient_square<E>(view, queries[row], key, pair, sums[row].delta) *
                   square<E>(in.q, s.q_at(b, row, h), s.dqk);
        v_terms += pair.p * pair.p * square<E>(in.d_o, s.o_at(b, row, h), s.dv);
      }
    }
    __syncthreads();  // the weights before are no longer read
    k_weights[me] = k_weight;
    v_weights[me] = v_weight;
    __syncthreads();
    const std::int64_t rows = s.sq - begin < attention_threads ? s.sq - begin : attention_threads;
    add_lines<E>(k_line, s.dqk, k_weights, in.q, s.q_at(b, begin, h), s.heads * s.dqk, rows);
    add_lines<E>(v_line, s.dv, v_weights, in.d_o, s.o_at(b, begin, h), s.heads * s.dv, rows);
  }
  __syncthreads();
  Real* const out = lines + blockIdx.x * (s.dqk + s.dv);
  for (std::int64_t i = me; i < s.dqk; i += attention_threads) out[i] = k_line[i];
  for (std::int64_t i = me; i < s.dv; i += attention_threads) out[s.dqk + i] = v_line[i];
  if constexpr (sizeof(Real) == sizeof(double)) {
    const double k_all = sum_of_block(scratch, k_terms), v_all = sum_of_block(scratch, v_terms);
    if (me == 0) {
      squares[2 * blockIdx.x] = k_all;
      squares[2 * blockIdx.x + 1] = v_all;
    }
  }
}

template <Element E>
__global__ void find_not_finite(const void* data, std::int64_t count, Mismatch* found) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (auto i = static_cast<std::int64_t>(first_item()); i < count; i += static_cast<std::int64_t>(stride())) {
    const float x = stored_at<E>(data, i);
    if (!(x > -infinity && x < infinity)) note_mismatch(found, static_cast<unsigned long long>(i));
  }
}

__global__ inline void find_wrong_log_sum_exps(AttentionShape shape, const float* lse, Mismatch* found) {
  for (auto i = static_cast<std::int64_t>(first_item()); i < shape.lse_count();
       i += static_cast<std::int64_t>(stride()))
    if (!may_be_log_sum_exp(shape, i, lse[i])) note_mismatch(found, static_cast<unsigned long long>(i));
}

}  // namespace petaproof::cuda

// The kernel of attention/hopper: forward attention in BF16 by TMA and wgmma, after FlashAttention-3 (Shah et al.,
// 2024). ../README.md draws it.
//
//   one thread loads   Q [128, d], then blocks of K and V [128, d]     ->  two rings in shared memory
//   two warpgroups     S = Q K'      [64, d] x [d, 128]                ->  scores in registers
//                      P = exp2(...) and its sums                      ->  P in registers, as BF16
//                      O = P V       [64, 128] x [128, d]              ->  output in registers
//   and store          O / sum, in boxes of [64, 64]; log-sum-exp      ->  shared memory  ->  O
//
// Two things run while a softmax is computed, of which the tensor cores have no part: the same warpgroup's product of
// the block before with its values, and, as the two take turns at issuing products, the other's products.
//
// Every block is resident from start to end and goes through its tiles; the loader runs ahead into the next. Blocks
// of keys are gone through from the last: those that a mask cuts come first.
//
// The unit tests compile this very text for the CPU. So the instructions come from whoever includes it, before it:
// kernels/device/cuda/ptx.cuh and wgmma.cuh, or kernels/tests/support/hopper_on_cpu.hpp.
#pragma once

#include <cstdint>

#include "kernels/attention/hopper/mask.hpp"
#include "kernels/attention/hopper/schedule.hpp"
#include "kernels/attention/hopper/softmax.cuh"
#include "kernels/attention/hopper/tiles.hpp"

namespace petaproof::hopper_attention {

struct Tensors {            // [batch, rows, heads, d], where the copy engine finds them
  const ptx::TensorMap& q;  // boxes of [128 queries, 64]
  const ptx::TensorMap& k;  // boxes of [128 keys, 64]
  const ptx::TensorMap& v;  // boxes of [128 keys, 64]
  const ptx::TensorMap& o;  // boxes of [64 queries, 64]
  float* lse;               // [batch, heads, queries]
};

// 168 registers each, as many as 384 threads can have of an SM's 65,536, dealt out anew.
inline constexpr int loader_registers = 40, consumer_registers = 232;
static_assert(loader_registers + consumers * consumer_registers <= (consumers + 1) * 168);

// Named barriers: each warpgroup's own, and its turn.
constexpr int own_barrier(int warpgroup) {
  return 1 + warpgroup;
}
constexpr int turn_barrier(int warpgroup) {
  return 1 + consumers + warpgroup;
}

template <int d>
__device__ void set_up_barriers(std::uint32_t shared) {
  using T = Tiles<d>;
  if (threadIdx.x == 0) {
    ptx::init_barrier(shared + T::q_full(), 1);
    ptx::init_barrier(shared + T::q_empty(), consumer_warps);
    for (int stage = 0; stage < T::stages; ++stage) {
      ptx::init_barrier(shared + T::k_full(stage), 1);
      ptx::init_barrier(shared + T::v_full(stage), 1);
      ptx::init_barrier(shared + T::k_empty(stage), consumer_warps);
      ptx::init_barrier(shared + T::v_empty(stage), consumer_warps);
    }
    ptx::publish_barriers();
  }
  ptx::sync_block();
}

// --- who loads

// 128 rows from `at` on, [128, d], once `empty` says that their place was read.
template <int d>
__device__ void load_rows(std::uint32_t to, const ptx::TensorMap& map, ptx::HeadPlace at, std::uint32_t full,
                          std::uint32_t empty, std::uint32_t parity) {
  ptx::wait(empty, parity ^ 1);
  ptx::arrive_expecting(full, Tiles<d>::tile_bytes);
  for (int box = 0; box < Tiles<d>::boxes; ++box) {
    at.column = box * box_columns;
    ptx::load(to + box * box_bytes, map, at, full);  // [128, 64]
  }
}

// One thread: a tile's queries, and its keys and values in the order in which they are multiplied, a block of keys
// ahead of the values; tile after tile.
template <int d>
__device__ void load_tiles(std::uint32_t shared, const Mask& mask, TileSchedule tile, const Tensors& tensors) {
  using T = Tiles<d>;
  RingPosition<1> q;
  RingPosition<T::stages> k, v;
  for (; !tile.done(); tile.next()) {
    const int sequence = tile.sequence(), kv_head = tile.kv_head(), blocks = mask.blocks(tile.row());
    const auto load_keys = [&](int block) {
      load_rows<d>(shared + T::k(k.stage), tensors.k, {0, kv_head, block * block_keys, sequence},
                   shared + T::k_full(k.stage), shared + T::k_empty(k.stage), k.parity);
      k.advance();
    };
    const auto load_values = [&](int block) {
      load_rows<d>(shared + T::v(v.stage), tensors.v, {0, kv_head, block * block_keys, sequence},
                   shared + T::v_full(v.stage), shared + T::v_empty(v.stage), v.parity);
      v.advance();
    };
    if (blocks == 0) continue;  // these queries see no key
    load_keys(blocks - 1);      // before the queries, whose place is in use until the tile before has its last scores
    load_rows<d>(shared + T::q(), tensors.q, {0, tile.head(), tile.row(), sequence}, shared + T::q_full(),
                 shared + T::q_empty(), q.parity);
    q.advance();
    for (int block = blocks - 1; block > 0; --block) {
      load_keys(block - 1);
      load_values(block);
    }
    load_values(0);
  }
}

// --- who multiplies

// Each warp tells the loader that it has read.
__device__ inline void release(std::uint32_t empty) {
  if (threadIdx.x % 32 == 0) ptx::arrive(empty);
}

/// What one thread of a warpgroup keeps in registers. [64 queries, ...] of the warpgroup; where each is:
/// kernels/device/wgmma_layout.hpp.
template <int d>
struct Registers {
  float scores[scores_per_thread];           // [64, 128 keys], and then their exponentials
  std::uint32_t p[block_keys / wgmma_k][4];  // the same of the block before in BF16, as an operand
  float output[Tiles<d>::sums];              // [64, d]

  __device__ void clear() {  // by index: the compiler makes a loop of `= {}`, and registers have no index in one
    PETAPROOF_UNROLL
    for (int i = 0; i < scores_per_thread; ++i) scores[i] = 0;
    PETAPROOF_UNROLL
    for (int i = 0; i < Tiles<d>::sums; ++i) output[i] = 0;
  }
};

/// Where a warpgroup is in the rings.
template <int d>
struct Rings {
  RingPosition<1> q;
  RingPosition<Tiles<d>::stages> k, v;
};

// After the scores of a block, and of block 0 the queries too: the loader may bring the next tile's.
template <int d>
__device__ void release_keys(std::uint32_t shared, int block, Rings<d>& at) {
  using T = Tiles<d>;
  release(shared + T::k_empty(at.k.stage));
  at.k.advance();
  if (block > 0) return;
  release(shared + T::q_empty());
  at.q.advance();
}

// S = Q K', [64, d] x [d, 128 keys]. Asynchronous.
template <int d>
__device__ void multiply_keys(float (&scores)[scores_per_thread], std::uint32_t q, std::uint32_t k) {
  const std::uint64_t a = k_major_descriptor(q), b = k_major_descriptor(k);
  ptx::wgmma_fence();
  PETAPROOF_UNROLL
  for (int step = 0; step < d / wgmma_k; ++step)  // [64, 16] x [16, 128 keys]
    ptx::wgmma_k_major_bf16(scores, a + k_major_step(step), b + k_major_step(step), step != 0);
  ptx::wgmma_commit();
}

// O += P V, [64, 128 keys] x [128 keys, d]. Asynchronous.
template <int d>
__device__ void multiply_values(Registers<d>& r, std::uint32_t v) {
  const std::uint64_t b = v_descriptor(v);
  ptx::wgmma_fence();
  PETAPROOF_UNROLL
  for (int step = 0; step < block_keys / wgmma_k; ++step)  // [64, 16 keys] x [16 keys, d]
    ptx::wgmma_add_mn_major_bf16(r.output, r.p[step], b + step * v_step);
  ptx::wgmma_commit();
}

// Scores of keys that a query does not see. `row`: the warpgroup's first.
__device__ inline void mask_scores(float (&scores)[scores_per_thread], const Mask& mask, int row, int block) {
  const int thread = static_cast<int>(threadIdx.x % warpgroup_threads);
  const auto [first_row, first_column] = wgmma::sum_position(thread, 0);
  int visible[rows_per_thread];  // of the columns from this thread's first on
  PETAPROOF_UNROLL
  for (int i = 0; i < rows_per_thread; ++i)
    visible[i] = mask.visible_keys(row + first_row + 8 * i) - block * block_keys - first_column;
  PETAPROOF_UNROLL
  for (int i = 0; i < scores_per_thread; ++i)
    if (wgmma::sum_position(0, i).column >= visible[row_of(i)]) scores[i] = Softmax::nothing;
}

// As an operand, two neighbouring groups of 8 columns of sums are 16 columns of A: wgmma_layout.hpp, a_position.
template <int d>
__device__ void pack_exponentials(Registers<d>& r) {
  PETAPROOF_UNROLL
  for (int step = 0; step < block_keys / wgmma_k; ++step) {
    PETAPROOF_UNROLL
    for (int i = 0; i < 4; ++i) {
      const float* x = r.scores + 8 * step + 2 * i;
      r.p[step][i] = ptx::pack_bf16(x[0], x[1]);
    }
  }
}

// The first block of a tile, the last of its keys: nothing to add to, and nothing beside it.
template <int d>
__device__ void first_block(std::uint32_t shared, int warpgroup, const Mask& mask, int row, int block,
                            Registers<d>& r, Rings<d>& at, Softmax& softmax) {
  using T = Tiles<d>;
  ptx::wait(shared + T::q_full(), at.q.parity);
  ptx::wait(shared + T::k_full(at.k.stage), at.k.parity);
  multiply_keys<d>(r.scores, shared + T::q() + warpgroup * wgmma_m * row_bytes, shared + T::k(at.k.stage));
  ptx::wgmma_wait<0>();
  ptx::sums_changed(r.scores);
  release_keys<d>(shared, block, at);
  if (block >= mask.unmasked_blocks(row)) mask_scores(r.scores, mask, row, block);
  float correction[rows_per_thread];
  softmax.take(r.scores, correction);
  ptx::wait(shared + T::v_full(at.v.stage), at.v.parity);
  pack_exponentials(r);
}

// A further block: its scores, beside the values of the block before.
template <int d, bool masked>
__device__ void next_block(std::uint32_t shared, int warpgroup, const Mask& mask, int row, int block, Registers<d>& r,
                           Rings<d>& at, Softmax& softmax) {
  using T = Tiles<d>;
  constexpr int both = consumers * warpgroup_threads;
  ptx::wait(shared + T::k_full(at.k.stage), at.k.parity);
  ptx::sync_some(turn_barrier(warpgroup), both);  // my turn to issue products
  multiply_keys<d>(r.scores, shared + T::q() + warpgroup * wgmma_m * row_bytes, shared + T::k(at.k.stage));
  multiply_values<d>(r, shared + T::v(at.v.stage));
  ptx::arrive_some(turn_barrier(1 - warpgroup), both);
  ptx::wgmma_wait<1>();  // the scores are there
  ptx::sums_changed(r.scores);
  release_keys<d>(shared, block, at);
  if constexpr (masked) mask_scores(r.scores, mask, row, block);
  float correction[rows_per_thread];
  softmax.take(r.scores, correction);
  const std::uint32_t v_empty = shared + T::v_empty(at.v.stage);
  at.v.advance();
  // The next values, of which this block is in need next. Here, since the assembler moves all the exponentials behind
  // a wait for products, but not behind this one (cuda.attention_sass): they are what should overlap with the
  // products.
  ptx::wait(shared + T::v_full(at.v.stage), at.v.parity);
  ptx::wgmma_wait<0>();  // the output is there, and P was read
  ptx::sums_changed(r.output);
  ptx::operands_read(r.p);
  release(v_empty);
  PETAPROOF_UNROLL
  for (int i = 0; i < T::sums; ++i) r.output[i] *= correction[row_of(i)];
  pack_exponentials(r);
}

// The values of block 0.
template <int d>
__device__ void last_values(std::uint32_t shared, Registers<d>& r, Rings<d>& at) {
  using T = Tiles<d>;
  multiply_values<d>(r, shared + T::v(at.v.stage));
  ptx::wgmma_wait<0>();
  ptx::sums_changed(r.output);
  ptx::operands_read(r.p);
  release(shared + T::v_empty(at.v.stage));
  at.v.advance();
}

// One warpgroup: its output, rounded, by way of boxes in shared memory. `at`: its first row.
template <int d>
__device__ void store_output(std::uint32_t shared, int warpgroup, const float (&output)[Tiles<d>::sums],
                             const float (&factor)[rows_per_thread], ptx::HeadPlace at, int sq,
                             const ptx::TensorMap& o) {
  using T = Tiles<d>;
  const int thread = static_cast<int>(threadIdx.x % warpgroup_threads);
  if (thread == 0) ptx::wait_until_stores_read<0>();  // those of the tile before are through with the boxes
  ptx::sync_some(own_barrier(warpgroup), warpgroup_threads);
  PETAPROOF_UNROLL
  for (int eight = 0; eight < T::sums; eight += 8) {
    std::uint32_t x[4];
    PETAPROOF_UNROLL
    for (int i = 0; i < 4; ++i) {
      const float f = factor[row_of(2 * i)];
      x[i] = ptx::pack_bf16(output[eight + 2 * i] * f, output[eight + 2 * i + 1] * f);
    }
    const int pair = eight / 8;
    ptx::store_matrices(shared + T::o(warpgroup, pair / wgmma::pairs_per_box) +
                            wgmma::stmatrix_offset(thread, pair % wgmma::pairs_per_box),
                        x[0], x[1], x[2], x[3]);
  }
  ptx::publish_to_async_proxy();
  ptx::sync_some(own_barrier(warpgroup), warpgroup_threads);
  if (thread == 0) {
    for (int box = 0; box < T::boxes && at.row < sq; ++box) {
      at.column = box * box_columns;
      ptx::store(o, at, shared + T::o(warpgroup, box));  // [64, 64]
    }
    ptx::commit_stores();
  }
}

// `lse` is that of row 0 of this head of this sequence, `row` the warpgroup's first.
__device__ inline void store_lse(float* lse, const float (&values)[rows_per_thread], int row, int sq) {
  const int thread = static_cast<int>(threadIdx.x % warpgroup_threads);
  if (thread % 4 != 0) return;  // the four threads of a row have the same
  PETAPROOF_UNROLL
  for (int i = 0; i < rows_per_thread; ++i) {
    const int at = row + wgmma::sum_position(thread, 2 * i).row;
    if (at < sq) lse[at] = values[i];
  }
}

// One of the two warpgroups that multiply.
template <int d>
__device__ void attend_tiles(std::uint32_t shared, int warpgroup, const Mask& mask, const Work& work, float scale,
                             TileSchedule tile, const Tensors& tensors) {
  Rings<d> at;
  Registers<d> r;
  if (warpgroup == 1) ptx::arrive_some(turn_barrier(0), consumers * warpgroup_threads);  // the first turn is 0's
  for (; !tile.done(); tile.next()) {
    const int row = tile.row() + warpgroup * wgmma_m, head = tile.head(), sequence = tile.sequence();
    Softmax softmax(scale);
    r.clear();
    int block = mask.blocks(tile.row()) - 1;
    if (block >= 0) {
      const int unmasked = mask.unmasked_blocks(row);
      first_block<d>(shared, warpgroup, mask, row, block, r, at, softmax);
      for (--block; block >= unmasked; --block)
        next_block<d, true>(shared, warpgroup, mask, row, block, r, at, softmax);
      for (; block >= 0; --block) next_block<d, false>(shared, warpgroup, mask, row, block, r, at, softmax);
      last_values<d>(shared, r, at);
    }
    float factor[rows_per_thread], lse[rows_per_thread];
    softmax.finish(factor, lse);
    store_output<d>(shared, warpgroup, r.output, factor, {0, head, row, sequence}, work.sq, tensors.o);
    store_lse(tensors.lse + (std::int64_t{sequence} * work.heads + head) * work.sq, lse, row, work.sq);
  }
  if (threadIdx.x % warpgroup_threads == 0) ptx::wait_until_stores_written();
}

/// One thread's part. `shared` is aligned.
template <int d>
__device__ void attention(std::uint32_t shared, const Work& work, const Mask& mask, float scale,
                          const Tensors& tensors) {
  const TileSchedule tiles(work, static_cast<int>(blockIdx.x), static_cast<int>(gridDim.x));
  set_up_barriers<d>(shared);
  // uniform: all four warps of a warpgroup take one branch, which setmaxnreg requires
  const int warpgroup = ptx::uniform(static_cast<int>(threadIdx.x) / warpgroup_threads);
  if (warpgroup == consumers) {
    ptx::give_up_registers<loader_registers>();
    if (threadIdx.x == consumers * warpgroup_threads) load_tiles<d>(shared, mask, tiles, tensors);
    ptx::sync_warp();
  } else {
    ptx::claim_registers<consumer_registers>();
    attend_tiles<d>(shared, warpgroup, mask, work, scale, tiles, tensors);
  }
}

}  // namespace petaproof::hopper_attention

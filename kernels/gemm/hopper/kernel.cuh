// The kernel of gemm/hopper: C = A * B in BF16 with FP32 sums, by TMA and wgmma. ../README.md draws it.
//
//   one thread loads         A [128 m, 64 k] and B [64 k, 256 n]  ->  a ring of 4 stages in shared memory
//   two warpgroups multiply  [64 m, 64 k] x [64 k, 256 n] each    ->  sums in registers, [64 m, 256 n]
//   and store                boxes of [64 m, 64 n] as BF16        ->  shared memory  ->  C
//
// Every block is resident from start to end and goes through its tiles of C; the loader runs ahead into the next tile
// while the warpgroups store the last one. With cluster = 2, two blocks compute tiles one above the other: each loads
// its own A, and half of B for both.
//
// The unit tests compile this very text for the CPU. So the instructions come from whoever includes it, before it:
// kernels/device/cuda/ptx.cuh and wgmma.cuh, or kernels/tests/support/hopper_on_cpu.hpp.
#pragma once

#include <cstdint>

#include "kernels/gemm/hopper/checksum.hpp"
#include "kernels/gemm/hopper/layout.hpp"
#include "kernels/gemm/hopper/tiles.hpp"

namespace petaproof::hopper {

namespace ptx = cuda::ptx;

struct Matrices {                          // where the copy engine finds them
  const ptx::TensorMap& a;                 // boxes of [128 m, 64 k]
  const ptx::TensorMap& b;                 // boxes of [64 k, 64 n]
  const ptx::TensorMap& c;                 // boxes of [64 m, 64 n]
  unsigned long long* checksum = nullptr;  // of C, added to; see checksum.hpp
};

// 168 registers each, as many as 384 threads can have of an SM's 65,536, dealt out anew: 128 sums and what goes with
// them for those who multiply, a few for who loads.
inline constexpr int loader_registers = 40, consumer_registers = 232;
static_assert(loader_registers + consumers * consumer_registers <= (consumers + 1) * 168);

template <int cluster>
__device__ void set_up_barriers(std::uint32_t shared) {
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < stages; ++stage) {
      ptx::init_barrier(shared + offset::full(stage), 1);
      ptx::init_barrier(shared + offset::empty(stage), cluster * consumer_warps);
    }
    ptx::publish_barriers();
  }
  if constexpr (cluster > 1)
    ptx::sync_cluster();
  else
    ptx::sync_block();
}

// One thread: fills the ring, slice after slice, tile after tile.
template <int cluster>
__device__ void load_tiles(std::uint32_t shared, GemmDims dims, TileSchedule<cluster> tile,
                           const Matrices& matrices) {
  constexpr int boxes_each = b_boxes / cluster;
  constexpr auto everyone = static_cast<std::uint16_t>((1 << cluster) - 1);
  const int rank = static_cast<int>(blockIdx.x % cluster);
  RingPosition<stages> at;
  for (; !tile.done(); tile.next()) {
    const int row = tile.row(), column = tile.column();
    for (int k = 0; k < dims.k; k += tile_k, at.advance()) {
      const std::uint32_t empty = shared + offset::empty(at.stage);
      const std::uint32_t full = shared + offset::full(at.stage);
      ptx::wait(empty, at.parity ^ 1);  // read by every warp, of both blocks of a pair: my B will overwrite theirs
      ptx::arrive_expecting(full, a_bytes + b_bytes);
      ptx::load(shared + offset::a(at.stage), matrices.a, k, row, full);  // [128 m, 64 k]
      for (int i = 0; i < boxes_each; ++i) {
        const int box = rank * boxes_each + i;
        const std::uint32_t to = shared + offset::b(at.stage) + box * b_box_bytes;
        if constexpr (cluster > 1)
          ptx::load_to_all(to, matrices.b, column + box * box_columns, k, full, everyone);  // [64 k, 64 n]
        else
          ptx::load(to, matrices.b, column + box * box_columns, k, full);  // [64 k, 64 n]
      }
    }
  }
}

// Each warp tells whoever writes into this block's stage that it has read it.
template <int cluster>
__device__ void release(std::uint32_t shared, int stage) {
  const unsigned lane = threadIdx.x % 32;
  const std::uint32_t empty = shared + offset::empty(stage);
  if constexpr (cluster > 1) {
    if (lane < cluster) ptx::arrive_at(empty, lane);
  } else {
    if (lane == 0) ptx::arrive(empty);
  }
}

// One warpgroup: its sums, rounded, by way of two boxes in shared memory. Returns their checksum, if it is asked for.
template <bool checksummed>
__device__ std::uint64_t store_sums(std::uint32_t shared, int warpgroup, const float (&sums)[sums_per_thread],
                                    int row, int column, GemmDims dims, const ptx::TensorMap& c) {
  const int thread = static_cast<int>(threadIdx.x % warpgroup_threads);
  std::uint64_t checksum = 0;
  PETAPROOF_UNROLL
  for (int box = 0; box < c_boxes; ++box) {
    const std::uint32_t buffer = shared + offset::c(warpgroup, box % c_buffers);
    if (thread == 0) ptx::wait_until_stores_read<c_buffers - 1>();  // the store from this buffer is through with it
    ptx::sync_some(1 + warpgroup, warpgroup_threads);
    PETAPROOF_UNROLL
    for (int pair = 0; pair < pairs_per_box; ++pair) {
      const int first = 8 * (box * pairs_per_box + pair);
      std::uint32_t words[4];  // two neighbours of a row each
      PETAPROOF_UNROLL
      for (int i = 0; i < 4; ++i) words[i] = ptx::pack_bf16(sums[first + 2 * i], sums[first + 2 * i + 1]);
      ptx::store_matrices(buffer + stmatrix_offset(thread, pair), words[0], words[1], words[2], words[3]);
      if constexpr (checksummed) {
        PETAPROOF_UNROLL
        for (int i = 0; i < 4; ++i) {
          const auto at = sum_position(thread, first + 2 * i);
          checksum += checksum_of_word(dims, row + at.row, column + at.column, words[i]);
        }
      }
    }
    ptx::publish_to_async_proxy();
    ptx::sync_some(1 + warpgroup, warpgroup_threads);
    if (thread == 0) {
      const int at = column + box * box_columns;
      if (row < dims.m && at < dims.n) ptx::store(c, at, row, buffer);  // [64 m, 64 n]
      ptx::commit_stores();
    }
  }
  return checksum;
}

// One of the two warpgroups that multiply.
template <int cluster, bool checksummed>
__device__ void multiply_tiles(std::uint32_t shared, int warpgroup, GemmDims dims, TileSchedule<cluster> tile,
                               const Matrices& matrices) {
  float sums[sums_per_thread] = {};  // [64 m, 256 n]
  RingPosition<stages> at;
  std::uint64_t checksum = 0;
  for (; !tile.done(); tile.next()) {
    const int row = tile.row() + warpgroup * wgmma_m, column = tile.column();
    int before = 0;
    for (int k = 0; k < dims.k; k += tile_k) {
      ptx::wait(shared + offset::full(at.stage), at.parity);
      const std::uint64_t a = a_descriptor(shared + offset::a(at.stage) + warpgroup * wgmma_m * row_bytes);
      const std::uint64_t b = b_descriptor(shared + offset::b(at.stage));
      ptx::wgmma_fence();
      PETAPROOF_UNROLL
      for (int step = 0; step < tile_k / wgmma_k; ++step)                                       // [64 m, 16 k]
        ptx::wgmma_m64n256k16_bf16(sums, a + step * a_step, b + step * b_step, k + step != 0);  // x [16 k, 256 n]
      ptx::wgmma_commit();
      // one slice's products stay in flight, so that the tensor cores never wait for the next
      ptx::wgmma_wait<1>();
      if (k > 0) release<cluster>(shared, before);
      before = at.stage;
      at.advance();
    }
    ptx::wgmma_wait<0>();
    release<cluster>(shared, before);
    ptx::sums_changed(sums);
    checksum += store_sums<checksummed>(shared, warpgroup, sums, row, column, dims, matrices.c);
  }
  if constexpr (checksummed) {
    checksum = ptx::sum_of_warp(checksum);
    if (threadIdx.x % 32 == 0) atomicAdd(matrices.checksum, static_cast<unsigned long long>(checksum));
  }
  if (threadIdx.x % warpgroup_threads == 0) ptx::wait_until_stores_written();
}

/// One thread's part. `shared` is aligned; the grid is a multiple of `cluster`, which is also the size of clusters.
template <int cluster, bool checksummed = false>
__device__ void gemm(std::uint32_t shared, GemmDims dims, const Matrices& matrices) {
  static_assert(cluster == 1 || cluster == 2);
  const TileSchedule<cluster> tiles(dims, static_cast<int>(blockIdx.x), static_cast<int>(gridDim.x));
  set_up_barriers<cluster>(shared);
  // uniform: all four warps of a warpgroup take one branch, which setmaxnreg requires
  const int warpgroup = ptx::uniform(static_cast<int>(threadIdx.x) / warpgroup_threads);
  if (warpgroup == consumers) {
    ptx::give_up_registers<loader_registers>();
    if (threadIdx.x == consumers * warpgroup_threads) load_tiles<cluster>(shared, dims, tiles, matrices);
    ptx::sync_warp();
  } else {
    ptx::claim_registers<consumer_registers>();
    multiply_tiles<cluster, checksummed>(shared, warpgroup, dims, tiles, matrices);
  }
  // a block that ended could not be arrived at, nor loaded into
  if constexpr (cluster > 1) ptx::sync_cluster();
}

}  // namespace petaproof::hopper

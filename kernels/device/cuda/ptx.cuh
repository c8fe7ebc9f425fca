// Instructions of sm_90a that CUDA C++ has no words for, one function each: mbarriers, the copy engine (TMA),
// clusters, stmatrix, setmaxnreg. wgmma is in wgmma.cuh.
//
// Addresses in shared memory are 32-bit, of the shared::cta window, which is part of shared::cluster. Text of each:
// PTX ISA 8.x, under the name in the asm.
#pragma once

#include <cuda.h>  // CUtensorMap; nothing of the driver is linked

#include <cstdint>

/// Before a loop over registers: a register has no index at run time.
#define PETAPROOF_UNROLL _Pragma("unroll")

namespace petaproof::cuda::ptx {

using TensorMap = CUtensorMap;  // in a kernel's __grid_constant__ parameters

/// `x`, which all 32 threads of a warp have in common, in a form in which the compiler knows it.
__device__ inline int uniform(int x) {
  return __shfl_sync(0xFFFFFFFFu, x, 0);
}

/// The threads of a warp come together again.
__device__ inline void sync_warp() {
  __syncwarp();
}

__device__ inline void sync_block() {
  __syncthreads();
}

/// Waits for `threads` threads at barrier `id` (1 to 15; 0 is the whole block's).
__device__ inline void sync_some(int id, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/// Counts this thread among those `threads`, and does not wait.
__device__ inline void arrive_some(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/// `x` of the lane whose number differs from this one's by the bits of `mask`; all 32 threads of the warp call it.
__device__ inline float exchange(float x, int mask) {
  return __shfl_xor_sync(0xFFFFFFFFu, x, mask);
}

/// The sum over the 32 threads of a warp, in every one of them; all call it.
__device__ inline std::uint64_t sum_of_warp(std::uint64_t x) {
  for (int mask = 16; mask > 0; mask /= 2)
    x += __shfl_xor_sync(0xFFFFFFFFu, static_cast<unsigned long long>(x), mask);
  return x;
}

// --- clusters

/// Waits for every thread of the cluster that has not exited; what each wrote before, all see.
__device__ inline void sync_cluster() {
  asm volatile("barrier.cluster.arrive.release;\n\tbarrier.cluster.wait.acquire;" ::: "memory");
}

// --- mbarriers

__device__ inline void init_barrier(std::uint32_t barrier, std::uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

/// After init_barrier, by the same thread: makes it visible to the copy engine and to the cluster. A sync must
/// follow.
__device__ inline void publish_barriers() {
  asm volatile("fence.mbarrier_init.release.cluster;\n\tfence.proxy.async;" ::: "memory");
}

/// One arrival, and `bytes` more that the copy engine must bring before the phase can complete.
__device__ inline void arrive_expecting(std::uint32_t barrier, std::uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

__device__ inline void arrive(std::uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/// Arrives at the barrier that has this address in block `rank` of the cluster. Says that reads are done: it makes no
/// write of this thread visible there, which would take .release.cluster, a fence of the whole GPU.
__device__ inline void arrive_at(std::uint32_t barrier, std::uint32_t rank) {
  asm volatile(
      "{\n\t"
      ".reg .b32 there;\n\t"
      "mapa.shared::cluster.u32 there, %0, %1;\n\t"
      "mbarrier.arrive.shared::cluster.b64 _, [there];\n\t"
      "}" ::"r"(barrier),
      "r"(rank)
      : "memory");
}

/// Waits until the phase of this parity is complete: the one before the current phase, or the current one.
__device__ inline void wait(std::uint32_t barrier, std::uint32_t parity) {
  std::uint32_t done = 0;
  do {
    asm volatile(
        "{\n\t"
        ".reg .pred p;\n\t"
        "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\t"
        "selp.b32 %0, 1, 0, p;\n\t"
        "}"
        : "=r"(done)
        : "r"(barrier), "r"(parity)
        : "memory");
  } while (done == 0);
}

// --- the copy engine. A box begins at (column, row); what lies outside of the matrix is read as 0 and not written.

/// Tells `barrier` of the bytes as they arrive at `to`.
__device__ inline void load(std::uint32_t to, const TensorMap& map, int column, int row, std::uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], "
      "[%4];" ::"r"(to),
      "l"(reinterpret_cast<std::uint64_t>(&map)), "r"(column), "r"(row), "r"(barrier)
      : "memory");
}

/// The same into every block of the cluster whose bit is set in `ranks`, at the same address, and each one's own
/// barrier is told.
__device__ inline void load_to_all(std::uint32_t to, const TensorMap& map, int column, int row, std::uint32_t barrier,
                                   std::uint16_t ranks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster"
      " [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to),
      "l"(reinterpret_cast<std::uint64_t>(&map)), "r"(column), "r"(row), "r"(barrier), "h"(ranks)
      : "memory");
}

/// A place in a tensor [sequences, rows, heads, columns]. A box is `rows` of one head of one sequence.
struct HeadPlace {
  int column, head, row, sequence;
};

__device__ inline void load(std::uint32_t to, const TensorMap& map, const HeadPlace& at, std::uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], "
      "[%1, {%2, %3, %4, %5}], [%6];" ::"r"(to),
      "l"(reinterpret_cast<std::uint64_t>(&map)), "r"(at.column), "r"(at.head), "r"(at.row), "r"(at.sequence),
      "r"(barrier)
      : "memory");
}

__device__ inline void store(const TensorMap& map, const HeadPlace& at, std::uint32_t from) {
  asm volatile("cp.async.bulk.tensor.4d.global.shared::cta.tile.bulk_group [%0, {%1, %2, %3, %4}], [%5];" ::"l"(
                   reinterpret_cast<std::uint64_t>(&map)),
               "r"(at.column), "r"(at.head), "r"(at.row), "r"(at.sequence), "r"(from)
               : "memory");
}

__device__ inline void store(const TensorMap& map, int column, int row, std::uint32_t from) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" ::"l"(
                   reinterpret_cast<std::uint64_t>(&map)),
               "r"(column), "r"(row), "r"(from)
               : "memory");
}

/// Makes a group of this thread's stores since the last call.
__device__ inline void commit_stores() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/// Waits until all but the latest `pending` groups have read shared memory.
template <int pending>
__device__ inline void wait_until_stores_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(pending) : "memory");
}

/// Waits until all groups are written.
__device__ inline void wait_until_stores_written() {
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

/// What this thread wrote to shared memory by ordinary stores becomes visible to the copy engine and to wgmma, which
/// read by another proxy. A barrier between the writers and the thread that starts these must follow.
__device__ inline void publish_to_async_proxy() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// --- registers

/// Registers per thread from now on, for each of a warpgroup's threads; every warp of it must call this.
template <int count>
__device__ inline void give_up_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count));
}
template <int count>
__device__ inline void claim_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count));
}

/// 2 to the power of x, to 2 units in the last place (PTX ISA, "ex2"); of minus infinity zero.
__device__ inline float exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Two BF16, rounded to nearest: `low` in the lower half.
__device__ inline std::uint32_t pack_bf16(float low, float high) {
  std::uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

/// Four 8 x 8 matrices of 16-bit elements: `address` is where row lane % 8 of matrix lane / 8 goes, x0 to x3 this
/// thread's two elements of each, in row lane / 4 and columns 2 * (lane % 4) and one more.
__device__ inline void store_matrices(std::uint32_t address, std::uint32_t x0, std::uint32_t x1, std::uint32_t x2,
                                      std::uint32_t x3) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared::cta.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(x0),
               "r"(x1), "r"(x2), "r"(x3)
               : "memory");
}

}  // namespace petaproof::cuda::ptx

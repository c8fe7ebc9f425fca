// Hopper's instructions for a kernel that runs on CPU threads: include this before kernels/gemm/hopper/kernel.cuh, in
// place of ptx.cuh and wgmma.cuh. Every function of those two that the kernel calls is here, and does to a CpuCluster
// what the PTX ISA says of the instruction.
#pragma once

#include "support/hopper_machine.hpp"

// The instructions, as ptx.cuh and wgmma.cuh name them.
#define PETAPROOF_UNROLL  // of no use here

namespace petaproof::cuda::ptx {

using TensorMap = testing::MatrixMap;
inline testing::CpuCluster& machine() {
  return testing::CpuCluster::here();
}

inline int uniform(int x) {
  return x;
}
inline void sync_warp() {
  machine().sync_warp();
}
inline void sync_block() {
  machine().sync_block();
}
inline void sync_some(int id, int threads) {
  machine().sync_some(id, threads);
}
inline void sync_cluster() {
  machine().sync_cluster();
}
inline void init_barrier(std::uint32_t barrier, std::uint32_t arrivals) {
  machine().init(barrier, arrivals);
}
inline void publish_barriers() {}
inline void arrive_expecting(std::uint32_t barrier, std::uint32_t bytes) {
  machine().arrive(machine().rank(), barrier, bytes);
}
inline void arrive(std::uint32_t barrier) {
  machine().arrive(machine().rank(), barrier, 0);
}
inline void arrive_at(std::uint32_t barrier, std::uint32_t rank) {
  machine().arrive(static_cast<int>(rank), barrier, 0);
}
inline void wait(std::uint32_t barrier, std::uint32_t parity) {
  machine().wait(barrier, parity);
}
inline void load(std::uint32_t to, const TensorMap& map, int column, int row, std::uint32_t barrier) {
  machine().load(to, map, column, row, barrier, 1U << machine().rank());
}
inline void load_to_all(std::uint32_t to, const TensorMap& map, int column, int row, std::uint32_t barrier,
                        std::uint16_t ranks) {
  machine().load(to, map, column, row, barrier, ranks);
}
inline void store(const TensorMap& map, int column, int row, std::uint32_t from) {
  machine().store(map, column, row, from);
}
inline void commit_stores() {
  machine().commit_stores();
}
template <int pending>
void wait_until_stores_read() {
  machine().wait_stores(pending);
}
inline void wait_until_stores_written() {
  machine().wait_stores(0);
}
inline void publish_to_async_proxy() {
  machine().publish();
}
template <int count>
void give_up_registers() {}
template <int count>
void claim_registers() {}
inline std::uint32_t pack_bf16(float low, float high) {
  return testing::to_bf16(low) | std::uint32_t{testing::to_bf16(high)} << 16;
}
inline void store_matrices(std::uint32_t address, std::uint32_t x0, std::uint32_t x1, std::uint32_t x2,
                           std::uint32_t x3) {
  machine().store_matrices(address, {x0, x1, x2, x3});
}
inline void wgmma_fence() {
  machine().fence();
}
inline void wgmma_commit() {
  machine().commit_products();
}
template <int pending>
void wgmma_wait() {
  machine().wait_products(pending);
}
template <int count>
void sums_changed(float (&)[count]) {
  machine().sums_changed();
}
inline void wgmma_m64n256k16_bf16(float (&sums)[128], std::uint64_t a, std::uint64_t b, bool accumulate) {
  machine().multiply(sums, a, b, accumulate);
}

}  // namespace petaproof::cuda::ptx

// Hopper's instructions for a kernel that runs on CPU threads: include this before a kernel's text, that of
// kernels/gemm/hopper or kernels/attention/hopper, in place of ptx.cuh and wgmma.cuh. Every function of those two
// that the kernels call is here, and does to a CpuCluster what the PTX ISA says of the instruction.
#pragma once

#include <bit>
#include <cmath>

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
inline void arrive_some(int id, int threads) {
  machine().arrive_some(id, threads);
}
inline float exchange(float x, int mask) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(machine().exchange(std::bit_cast<std::uint32_t>(x), mask)));
}
inline std::uint64_t sum_of_warp(std::uint64_t x) {
  for (int mask = 16; mask > 0; mask /= 2) x += machine().exchange(x, mask);
  return x;
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
  machine().load(to, map, {column, 0, row, 0}, barrier, 1U << machine().rank());
}
using HeadPlace = testing::BoxPlace;
inline void load(std::uint32_t to, const TensorMap& map, const HeadPlace& at, std::uint32_t barrier) {
  machine().load(to, map, at, barrier, 1U << machine().rank());
}
inline void load_to_all(std::uint32_t to, const TensorMap& map, int column, int row, std::uint32_t barrier,
                        std::uint16_t ranks) {
  machine().load(to, map, {column, 0, row, 0}, barrier, ranks);
}
inline void store(const TensorMap& map, int column, int row, std::uint32_t from) {
  machine().store(map, {column, 0, row, 0}, from);
}
inline void store(const TensorMap& map, const HeadPlace& at, std::uint32_t from) {
  machine().store(map, at, from);
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
template <int count>
void operands_read(std::uint32_t (&)[count][4]) {}
inline float exp2(float x) {
  return std::exp2(x);
}
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
  machine().multiply(sums, a, b, testing::Major::mn, accumulate);
}
inline void wgmma_k_major_bf16(float (&sums)[64], std::uint64_t a, std::uint64_t b, bool accumulate) {
  machine().multiply(sums, a, b, testing::Major::k, accumulate);
}
template <int registers>
void wgmma_add_mn_major_bf16(float (&sums)[registers], const std::uint32_t (&a)[4], std::uint64_t b) {
  static_assert(registers == 64 || registers == 32);
  machine().multiply(sums, a, b, testing::Major::mn, true);
}

}  // namespace petaproof::cuda::ptx

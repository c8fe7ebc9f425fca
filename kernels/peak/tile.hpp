// The loop that matrix instructions are measured in, as numbers: shared by the kernels, the work formulas and the
// check.
#pragma once

#include <cstdint>

namespace petaproof::peak {

/// peak/mma: a warp multiplies `mma_rows` fragments of A with `mma_columns` of B, a small tile of a matrix product,
/// in turn over `mma_slices` slices of k, so that successive instructions differ in their operands as they do in a
/// GEMM. `mma_steps` times, then an iteration is over and the sums start anew: tensor cores cut off what they add
/// below the last bit of a sum, so the bound on a sum's error grows with the square of its length. They are counted
/// first, all of them: the assembler drops instructions whose sums nobody reads, volatile or not.
///
/// Enough to be bound by issue. Two warps on each of the four schedulers, 8 sums each: 16 instructions in flight. Sun
/// et al. ("Dissecting Tensor Cores via Microbenchmarks", TPDS 2023, arXiv 2206.02874) measured 17 to 33 cycles of
/// latency on A100 and the full rate from 8 warps with 2 independent instructions on; the fastest that is measured
/// here, INT8 m8n8k16, takes a scheduler's tensor core 2 cycles (A100: 4,096 operations a cycle and multiprocessor),
/// so that 9 to 16 in flight hide that latency, and each larger shape needs fewer.
inline constexpr int mma_rows = 2;
inline constexpr int mma_columns = 4;
inline constexpr int mma_slices = 2;
inline constexpr int mma_steps = 32;
inline constexpr int mma_warps = 8;
static_assert(mma_steps % mma_slices == 0);

/// Instructions of a warp in one iteration.
inline constexpr int mma_instructions = mma_rows * mma_columns * mma_steps;

/// peak/wgmma: two warpgroups on a multiprocessor, each with a sum of its own, in turn over `wgmma_slices` slices of
/// k that lie in shared memory from the beginning to the end.
///
/// Enough to be bound by issue: one warpgroup's instructions queue up behind each other without waiting for the sum,
/// and the second one covers the moment in which the first looks at its own, once an iteration. Luo et al.
/// ("Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via Microbenchmarking", arXiv 2402.13499, and
/// 2501.12084) reach the full rate from n = 64 on with A in registers and from n = 128 on with A in shared memory
/// too: of n = 256, the 8 KiB of B and 2 KiB of A that an instruction reads in 128 cycles are 80 of the 128 bytes a
/// cycle that shared memory has.
inline constexpr int wgmma_groups = 2;
inline constexpr int wgmma_slices = 4;
inline constexpr int wgmma_steps = 64;
inline constexpr int wgmma_threads = 128 * wgmma_groups;
/// A sum starts anew more often than it is looked at: FP8 sums have too few bits for 64 steps.
inline constexpr int wgmma_summed = 16;
static_assert(wgmma_steps % wgmma_summed == 0 && wgmma_summed % wgmma_slices == 0);

/// Every so many registers of a thread's sum are counted (iterations.hpp).
inline constexpr int wgmma_count_every = 32;

}  // namespace petaproof::peak

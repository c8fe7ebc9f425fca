// Checks what peak/fma leaves: some chains bit by bit on the CPU, and all of them by what must hold of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "kernels/peak/fma_chain.hpp"
#include "kernels/workload.hpp"

namespace petaproof::peak {

template <typename T>
struct FmaChains {
  std::span<const T> starts, addends;  // [chain][thread]
  int threads = 0;
  std::int64_t iterations = 0;  // of all blocks together
  std::int64_t blocks = 0;
};

namespace detail {

inline std::string fma_place(std::int64_t block, std::int64_t chain, std::int64_t thread) {
  return "block " + std::to_string(block) + ", thread " + std::to_string(thread) + ", chain " + std::to_string(chain);
}

/// One thread's chains, side by side so that a CPU need not wait for each step.
template <typename T>
void run_chains(T (&x)[fma_chains], const T (&c)[fma_chains], std::int64_t iterations) {
  for (std::int64_t step = 0; step < iterations * fma_steps; ++step)
    for (int chain = 0; chain < fma_chains; ++chain) x[chain] = std::fma(x[chain], x[chain], c[chain]);
}

}  // namespace detail

/// `ends`: [block][chain][thread]. Every value lies within chain_bound; blocks with equally many iterations agree in
/// every bit, and are one iteration apart from the others; and of `samples` threads, spread over the warps, the
/// chains are what the CPU gets, in every bit. IEEE 754 leaves a fused multiply-add no choice. Written so that NaN
/// fails.
template <typename T>
Verification check_fma_chains(const FmaChains<T>& of, std::span<const T> ends, int samples) {
  const std::int64_t per_block = std::int64_t{fma_chains} * of.threads;
  const auto fail = [&](std::int64_t i, const std::string& what) {
    const std::int64_t chain = i / of.threads % fma_chains;
    return Verification::failed(detail::fma_place(i / per_block, chain, i % of.threads) + ": " +
                                std::to_string(static_cast<double>(ends[static_cast<std::size_t>(i)])) + " " + what);
  };
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(ends.size()); ++i)
    if (!(std::abs(ends[static_cast<std::size_t>(i)]) <= T{chain_bound}))
      return fail(i, "is no value of such a chain");
  // the first `longer` blocks have one iteration more
  const std::int64_t longer = of.iterations % of.blocks;
  for (std::int64_t i = per_block; i < static_cast<std::int64_t>(ends.size()); ++i) {
    const std::int64_t first = i / per_block < longer ? 0 : longer;
    const std::int64_t same = first * per_block + i % per_block;
    if (std::memcmp(&ends[static_cast<std::size_t>(i)], &ends[static_cast<std::size_t>(same)], sizeof(T)) != 0)
      return fail(i, "differs from block " + std::to_string(first) + ", which computes the same");
  }
  // of each chain: one iteration more than that of a block with fewer
  for (std::int64_t i = 0; longer > 0 && i < per_block; ++i) {
    T x = ends[static_cast<std::size_t>(longer * per_block + i)];
    for (int step = 0; step < fma_steps; ++step) x = std::fma(x, x, of.addends[static_cast<std::size_t>(i)]);
    if (std::memcmp(&ends[static_cast<std::size_t>(i)], &x, sizeof(T)) != 0)
      return fail(i, "is not one iteration after what block " + std::to_string(longer) + " has");
  }
  for (int sample = 0; sample < samples; ++sample) {
    // an odd step over the lanes: every warp, and other lanes in each
    const int thread = static_cast<int>((std::int64_t{sample} * of.threads / samples + 5 * sample) % of.threads);
    T x[fma_chains], c[fma_chains];
    for (int chain = 0; chain < fma_chains; ++chain) {
      x[chain] = of.starts[static_cast<std::size_t>(chain * of.threads + thread)];
      c[chain] = of.addends[static_cast<std::size_t>(chain * of.threads + thread)];
    }
    detail::run_chains(x, c, of.iterations / of.blocks);
    for (const std::int64_t block : {longer, std::int64_t{0}}) {
      if (block == 0 && longer > 0) detail::run_chains(x, c, 1);
      for (int chain = 0; chain < fma_chains; ++chain) {
        const std::int64_t at = block * per_block + chain * of.threads + thread;
        if (std::memcmp(&ends[static_cast<std::size_t>(at)], &x[chain], sizeof(T)) != 0)
          return fail(at, "is not the " + std::to_string(static_cast<double>(x[chain])) + " that the CPU gets");
      }
    }
  }
  return {.pass = true,
          .detail = std::to_string(samples) +
                    " threads' chains bit by bit on the CPU, all others for being equal on " +
                    "every multiprocessor and bounded",
          .elements_checked = static_cast<std::int64_t>(ends.size())};
}

}  // namespace petaproof::peak

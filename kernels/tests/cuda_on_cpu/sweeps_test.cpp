// The GPU's sweeps over memory on CPU threads: every element, once, and nothing beyond the end.
#include "support/cuda_on_cpu.hpp"

// after it: the kernels, and what they are compared with
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "kernels/memory/cuda/sweeps.cuh"
#include "kernels/verify/fill.hpp"

namespace petaproof::cuda {
namespace {

constexpr unsigned few_blocks = 2;  // so that blocks go round

bool equal(const Pair& got, double x, double y) {
  return got.x == x && got.y == y;
}

// One block's worth and less, several rounds of several loads, and no multiple of either.
class Sweeps : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    for (auto [array, stream] : {std::pair(&b, 1), std::pair(&c, 2)}) {
      std::vector<double> data(2 * pairs);
      fill_host(std::span<double>(data), Fill::normal, 7, static_cast<std::uint64_t>(stream));
      for (std::size_t i = 0; i < pairs; ++i) array->push_back({data[2 * i], data[2 * i + 1]});
    }
    a.assign(pairs + 1, untouched);
  }
  void TearDown() override { EXPECT_TRUE(equal(a.back(), 42, 42)) << "wrote beyond the end"; }

  static constexpr Pair untouched{42, 42};
  const std::size_t pairs = GetParam();
  std::vector<Pair> a, b, c;
};

TEST_P(Sweeps, CopyIsEveryElement) {
  testing::on_cpu(few_blocks, block_threads, [&] { copy_sweep(a.data(), b.data(), pairs); });
  for (std::size_t i = 0; i < pairs; ++i) ASSERT_TRUE(equal(a[i], b[i].x, b[i].y)) << i;
}

TEST_P(Sweeps, TriadIsEveryElement) {
  testing::on_cpu(few_blocks, block_threads, [&] { triad_sweep(a.data(), b.data(), c.data(), pairs); });
  for (std::size_t i = 0; i < pairs; ++i)
    ASSERT_TRUE(equal(a[i], std::fma(3.0, c[i].x, b[i].x), std::fma(3.0, c[i].y, b[i].y))) << i;
}

TEST_P(Sweeps, WriteRepeatsTheValuesOfOneBlock) {
  std::vector<Pair> values(block_threads);
  for (int t = 0; t < block_threads; ++t) values[t] = {t + 0.25, t + 0.75};
  testing::on_cpu(few_blocks, block_threads, [&] { write_sweep(a.data(), values.data(), pairs); });
  for (std::size_t i = 0; i < pairs; ++i)
    ASSERT_TRUE(
        equal(a[i], static_cast<double>(i % block_threads) + 0.25, static_cast<double>(i % block_threads) + 0.75))
        << i;
}

TEST_P(Sweeps, ReadSumsEveryWordOnce) {
  std::vector<Words> words;
  unsigned long long expected = 0;
  for (const Pair& pair : b) {
    words.push_back(std::bit_cast<Words>(pair));
    expected += words.back().x + words.back().y;
  }
  words.push_back({1, 1});  // not to be read
  std::vector<unsigned long long> sums(few_blocks + 1, 5);
  testing::on_cpu(few_blocks, block_threads, [&] { read_sweep(sums.data(), words.data(), pairs); });
  EXPECT_EQ(sums[0] + sums[1], expected);
  EXPECT_EQ(sums[2], 5u) << "wrote beyond the end";
}

INSTANTIATE_TEST_SUITE_P(Pairs, Sweeps, ::testing::Values(1, 256, 700, 5003));

}  // namespace
}  // namespace petaproof::cuda

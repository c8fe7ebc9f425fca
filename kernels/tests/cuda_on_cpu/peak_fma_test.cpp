// The loop of peak/fma on CPU threads, and what its check must find.
#include "support/cuda_on_cpu.hpp"

// after it: the kernel, and what it is compared with
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "kernels/peak/cuda/fma_loop.cuh"
#include "kernels/peak/fma_check.hpp"
#include "kernels/verify/fill.hpp"

namespace petaproof::peak {
namespace {

using ::testing::HasSubstr;

template <typename T>
class PeakFma : public ::testing::Test {
 protected:
  static constexpr int threads = 8;
  static constexpr std::int64_t blocks = 3;
  static constexpr int samples = 4;

  void make(Fill fill, std::int64_t count) {
    starts.resize(threads * fma_chains);
    addends.resize(starts.size());
    fill_host(std::span<T>(starts), fill, 1, 0);
    fill_host(std::span<T>(addends), fill, 1, 1);
    for (T& x : starts) x = chain_start(x);
    for (T& x : addends) x = chain_addend(x);
    ends.assign(blocks * starts.size(), std::numeric_limits<T>::quiet_NaN());
    testing::on_cpu(blocks, threads, [&] { fma_loop<T>(starts.data(), addends.data(), ends.data(), count); });
  }
  Verification check(std::int64_t of_iterations) const {
    return check_fma_chains<T>({starts, addends, threads, of_iterations, blocks}, ends, samples);
  }

  std::vector<T> starts, addends, ends;
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(PeakFma, Types);

TYPED_TEST(PeakFma, IsRightForEveryFillAndAnyNumberOfIterations) {
  for (Fill fill : {Fill::normal, Fill::uniform, Fill::integers, Fill::zeros})
    for (std::int64_t iterations : {3, 4, 8, 9}) {
      this->make(fill, iterations);
      const Verification result = this->check(iterations);
      EXPECT_TRUE(result.pass) << to_string(fill) << " " << iterations << ": " << result.detail;
    }
}

TYPED_TEST(PeakFma, AnotherNumberOfIterationsIsFound) {
  this->make(Fill::normal, 9);
  for (std::int64_t other : {6, 8, 10, 12, 18}) EXPECT_FALSE(this->check(other).pass) << other;
}

TYPED_TEST(PeakFma, AWrongBitIsFoundInAnyOfSeveralBlocksThatComputeTheSame) {
  for (std::int64_t iterations : {8, 9}) {  // blocks 0 and 1 are alike, or all three
    this->make(Fill::normal, iterations);
    const std::size_t alike = this->ends.size() * (iterations % this->blocks == 0 ? 3 : 2) / 3;
    for (std::size_t i = 0; i < alike; ++i) {
      const TypeParam right = this->ends[i];
      this->ends[i] = std::nextafter(right, TypeParam{0});
      EXPECT_FALSE(this->check(iterations).pass) << i;
      this->ends[i] = right;
    }
    EXPECT_TRUE(this->check(iterations).pass);
  }
}

// Block 2 is alone in having two iterations, and is held against what one more gives, which forgives an error of a
// last bit only where x is small and its square is rounded away.
TYPED_TEST(PeakFma, ALoneBlockIsHeldAgainstTheOthers) {
  this->make(Fill::normal, 8);
  std::size_t found = 0, tried = 0;
  for (std::size_t i = this->ends.size() * 2 / 3; i < this->ends.size(); ++i, ++tried) {
    const TypeParam right = this->ends[i];
    this->ends[i] = right * TypeParam{0.75};
    EXPECT_FALSE(this->check(8).pass) << i;
    this->ends[i] = std::nextafter(right, TypeParam{0});
    found += !this->check(8).pass;
    this->ends[i] = right;
  }
  EXPECT_GE(10 * found, 7 * tried);
}

TYPED_TEST(PeakFma, NanIsFoundAnywhere) {
  this->make(Fill::normal, 8);
  for (TypeParam& end : this->ends) {
    const TypeParam right = end;
    end = std::numeric_limits<TypeParam>::quiet_NaN();
    EXPECT_FALSE(this->check(8).pass);
    end = right;
  }
}

// The same error on every multiprocessor: only the CPU's chains show it, those of sampled threads.
TYPED_TEST(PeakFma, AnErrorThatAllBlocksShareIsFoundInSampledThreads) {
  this->make(Fill::normal, 9);
  int found = 0;
  for (int thread = 0; thread < this->threads; ++thread) {
    auto before = this->ends;
    for (std::int64_t block = 0; block < this->blocks; ++block) {
      TypeParam& end = this->ends[static_cast<std::size_t>((block * fma_chains + 5) * this->threads + thread)];
      end = std::nextafter(end, TypeParam{0});
    }
    found += !this->check(9).pass;
    this->ends = before;
  }
  EXPECT_EQ(found, this->samples);
}

// What makes the rate honest: operands of normal data keep changing in all bits.
TYPED_TEST(PeakFma, ChainsOfNormalDataStayWithinBoundsAndNeverSettle) {
  this->make(Fill::normal, 3);
  constexpr int steps = 2000;
  std::vector<std::ptrdiff_t> distinct;  // values of each chain
  for (std::size_t i = 0; i < this->starts.size(); ++i) {
    TypeParam x = this->starts[i];
    const TypeParam c = this->addends[i];
    ASSERT_LE(c, TypeParam{-1.8125});
    ASSERT_GE(c, TypeParam{-1.984375});
    std::vector<TypeParam> seen;
    double sum = 0, squares = 0;
    for (int step = 0; step < steps; ++step) {
      x = std::fma(x, x, c);
      ASSERT_LE(std::abs(x), TypeParam{chain_bound});
      sum += static_cast<double>(x);
      squares += static_cast<double>(x) * static_cast<double>(x);
      seen.push_back(x);
    }
    std::ranges::sort(seen);
    distinct.push_back(std::distance(seen.begin(), std::ranges::unique(seen).begin()));
    const double mean = sum / steps;
    EXPECT_GT(squares / steps - mean * mean, 0.5) << "chain " << i;
  }
  std::ranges::sort(distinct);
  EXPECT_GE(distinct.front(), 4);
  EXPECT_GT(distinct[distinct.size() / 2], steps / 2);
}

TEST(PeakFmaStarts, KeepWholeNumbersWholeAndEverythingWithinBounds) {
  for (double z : {-3.0, -1.0, 0.0, 2.0, 0.3, -5.7, 1.9, 4e-3}) {
    double x = chain_start(z);
    const double c = chain_addend(z);
    EXPECT_LE(std::abs(x), 1.875) << z;
    for (int step = 0; step < 1000; ++step) {
      x = std::fma(x, x, c);
      ASSERT_LE(std::abs(x), chain_bound) << z;
    }
    if (z == std::nearbyint(z)) {
      EXPECT_EQ(x, std::nearbyint(x)) << z;
    }
  }
  EXPECT_EQ(chain_addend(0.0), 0) << "zeros stay zeros";
}

}  // namespace
}  // namespace petaproof::peak

#include "kernels/peak/iterations.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace petaproof::peak {
namespace {

TEST(Iterations, OfAllBlocksAreTheTotalAndDifferByOneAtMost) {
  for (std::int64_t total : {0, 1, 107, 108, 109, 1000, 131072})
    for (std::int64_t blocks : {1, 2, 107, 108, 132}) {
      std::int64_t sum = 0, least = total, most = 0;
      for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t mine = iterations_of(total, blocks, block);
        if (block > 0) {
          EXPECT_LE(mine, iterations_of(total, blocks, block - 1)) << "the first ones have more";
        }
        sum += mine;
        least = std::min(least, mine);
        most = std::max(most, mine);
      }
      EXPECT_EQ(sum, total);
      EXPECT_LE(most - least, 1);
    }
}

TEST(Iterations, CountsAreAPowerOfOneAffineMap) {
  const std::uint32_t bits[] = {0x12345678u, 0, 0xFFFFFFFFu};
  Affine iteration;
  for (const std::uint32_t b : bits) iteration = Affine{count_factor, b}.after(iteration);
  std::uint32_t count = 0;
  for (std::int64_t times = 0; times < 200; ++times) {
    EXPECT_EQ(repeated(iteration, times)(0), count) << times;
    for (const std::uint32_t b : bits) count = counted(count, b);
    EXPECT_NE(repeated(iteration, times)(0), count) << "one more is not seen";
  }
}

// Sums of zeros count nothing: with them the number of iterations cannot be told.
static_assert(repeated(Affine{count_factor, 0}, 1000)(0) == 0);

}  // namespace
}  // namespace petaproof::peak

// The GPU's pointer chase on CPU threads: the links lie where the cycle says, and the chase follows them.
#include "support/cuda_on_cpu.hpp"

// after it: the kernels, and what they are compared with
#include <gtest/gtest.h>

#include "kernels/memory/cuda/chase.cuh"
#include "kernels/memory/cycle.hpp"

namespace petaproof::cuda {
namespace {

TEST(GpuChase, FollowsTheCycleThroughTheLines) {
  constexpr std::size_t lines = 301, stride_bytes = 136;
  std::vector<std::uint32_t> next(lines);
  make_cycle(next, 3);
  std::vector<std::uint64_t> words(lines * stride_bytes / 8, ~0ull);
  auto* memory = reinterpret_cast<char*>(words.data());
  testing::on_cpu(2, 64, [&] { link_lines(memory, next.data(), lines, stride_bytes); });
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i % (stride_bytes / 8) == 0) continue;
    ASSERT_EQ(words[i], ~0ull) << "word " << i << " is between two lines";
  }

  for (const std::int64_t loads :
       {std::int64_t{1}, std::int64_t{7}, std::int64_t{300}, std::int64_t{301}, std::int64_t{1000}})
    for (const std::uint32_t from : {0u, 17u, 300u}) {
      unsigned long long end = ~0ull;
      testing::on_cpu(1, 1, [&] { chase_lines(memory + from * stride_bytes, loads, memory, stride_bytes, &end); });
      EXPECT_EQ(end, follow(next, from, loads)) << loads << " loads from " << from;
    }
}

}  // namespace
}  // namespace petaproof::cuda

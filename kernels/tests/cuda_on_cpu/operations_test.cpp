// The GPU's fills and digest against the host's.
#include "support/cuda_on_cpu.hpp"

// after it: the kernels, and what they are compared with
#include <gtest/gtest.h>

#include <numeric>

#include "kernels/device/cuda/operations.cuh"
#include "kernels/verify/fill.hpp"

namespace petaproof::cuda {
namespace {

struct Pair {
  float first, second;
  bool operator==(const Pair&) const = default;
};

}  // namespace

template <>
Pair stored_pair(float first, float second) {
  return {first, second};
}

namespace {

template <typename T>
void expect_the_hosts_fill() {
  for (Fill fill : {Fill::normal, Fill::uniform, Fill::integers, Fill::zeros})
    for (std::size_t count : {1u, 3u, 4u, 1001u}) {
      std::vector<T> expected(count), got(count + 1, T{42});
      fill_host(std::span<T>(expected), fill, 5, 9);
      testing::on_cpu(2, 64, [&] { fill_kernel<T, T>(got.data(), count, fill, 5, 9); });
      EXPECT_EQ(got.back(), T{42}) << "wrote beyond the end";
      got.pop_back();
      EXPECT_EQ(got, expected) << to_string(fill) << ", " << count << " elements";
    }
}

TEST(GpuOperations, FillIsTheHosts) {
  expect_the_hosts_fill<double>();
  expect_the_hosts_fill<float>();
  expect_the_hosts_fill<std::int8_t>();
}

TEST(GpuOperations, FillOfPairsIsTheHostsTwoByTwo) {
  for (std::size_t count : {2u, 4u, 6u, 1002u}) {
    std::vector<float> expected(count);
    fill_host(std::span<float>(expected), Fill::normal, 5, 9);
    std::vector<Pair> got(count / 2 + 1, Pair{42, 42});
    testing::on_cpu(2, 64, [&] { fill_pairs_kernel<float>(got.data(), count, Fill::normal, 5, 9); });
    EXPECT_EQ(got.back(), (Pair{42, 42})) << "wrote beyond the end";
    for (std::size_t i = 0; i < count; i += 2)
      EXPECT_EQ(got[i / 2], (Pair{expected[i], expected[i + 1]})) << i << " of " << count;
  }
}

TEST(GpuOperations, DigestIsTheHostsWhateverTheLength) {
  alignas(8) std::array<unsigned char, 4099> data;
  std::iota(data.begin(), data.end(), static_cast<unsigned char>(3));
  for (std::size_t bytes : {1u, 7u, 8u, 9u, 64u, 4099u}) {
    unsigned long long sum = 0;
    testing::on_cpu(3, 64, [&] { digest_kernel(data.data(), bytes, &sum); });
    EXPECT_EQ(sum + digest_hash(~std::uint64_t{0}, bytes), digest_host(data.data(), bytes)) << bytes;
  }
}

}  // namespace
}  // namespace petaproof::cuda

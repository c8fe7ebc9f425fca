// The kernel of gemm/hopper, thread by thread, on what the PTX ISA says of its instructions: small integers, whose
// products and sums are exact, against the plain product; every element of C stored once.
#include "support/hopper_on_cpu.hpp"

// after it: the kernel
#include <gmock/gmock.h>

#include "kernels/gemm/hopper/kernel.cuh"

namespace petaproof::hopper {
namespace {

using testing::Timing;
static_assert(align_shared(testing::CpuCluster::shared_base) == testing::CpuCluster::shared_base);

struct Product {
  GemmDims dims;
  std::vector<std::uint16_t> a, b, c;
  std::vector<int> times_stored;
  unsigned long long checksum = 0;  // by the kernel

  explicit Product(GemmDims of) : dims(of) {
    const auto fill = [](std::vector<std::uint16_t>& x, int rows, int columns, unsigned seed) {
      std::mt19937 random(seed);
      x.resize(static_cast<std::size_t>(rows) * columns);
      for (auto& element : x) element = testing::to_bf16(static_cast<float>(static_cast<int>(random() % 7) - 3));
    };
    fill(a, dims.m, dims.k, 1);
    fill(b, dims.k, dims.n, 2);
    c.assign(static_cast<std::size_t>(dims.m) * dims.n, 0xFFFF);
    times_stored.assign(c.size(), 0);
  }
  int expected(int i, int j) const {
    float sum = 0;
    for (int k = 0; k < dims.k; ++k)
      sum += testing::from_bf16(a[static_cast<std::size_t>(i) * dims.k + k]) *
             testing::from_bf16(b[static_cast<std::size_t>(k) * dims.n + j]);
    return testing::to_bf16(sum);
  }
};

// Runs the grid, cluster after cluster; says what went wrong.
template <int cluster>
std::string multiply(Product& product, int blocks, Timing timing, unsigned seed) {
  const auto [m, n, k] = product.dims;
  const testing::MatrixMap a{product.a.data(), m, k, tile_m}, b{product.b.data(), k, n, tile_k},
      c{product.c.data(), m, n, wgmma_m, product.times_stored.data()};
  for (int first = 0; first < blocks; first += cluster) {
    testing::CpuCluster machine(cluster, block_threads, timing, seed + static_cast<unsigned>(first));
    machine.run(static_cast<unsigned>(first), static_cast<unsigned>(blocks), [&] {
      gemm<cluster, true>(testing::CpuCluster::shared_base, product.dims, {a, b, c, &product.checksum});
    });
    if (!machine.failure().empty()) return machine.failure();
  }
  return {};
}

void expect_exact(const Product& product) {
  const auto [m, n, k] = product.dims;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      const auto at = static_cast<std::size_t>(i) * n + j;
      ASSERT_EQ(product.times_stored[at], 1) << "C[" << i << ", " << j << "]";
      ASSERT_EQ(product.c[at], product.expected(i, j)) << "C[" << i << ", " << j << "]";
    }
  unsigned long long checksum = 0;  // of C as it lies in memory
  for (std::size_t i = 0; i < product.c.size() / 2; ++i)
    checksum += digest_hash(i, product.c[2 * i] | std::uint32_t{product.c[2 * i + 1]} << 16);
  EXPECT_EQ(product.checksum, checksum);
}

struct Case {
  GemmDims dims;
  int blocks;
};

// Partial tiles on each side; fewer slices than stages, as many, and more than go round twice; several tiles for one
// block, so that the ring goes on across tiles at every stage.
constexpr Case cases[] = {
    {{64, 64, 64}, 2},    {{128, 256, 256}, 2}, {{192, 320, 320}, 2},
    {{320, 192, 576}, 2}, {{64, 832, 192}, 2},  {{448, 320, 64}, 4},
};

template <int cluster>
void expect_exact_in_every_case(Timing timing) {
  unsigned seed = 1;
  for (const Case& one : cases) {
    SCOPED_TRACE(std::to_string(one.dims.m) + " x " + std::to_string(one.dims.n) + " x " +
                 std::to_string(one.dims.k));
    Product product(one.dims);
    ASSERT_EQ(multiply<cluster>(product, one.blocks, timing, seed++), "");
    ASSERT_NO_FATAL_FAILURE(expect_exact(product));
  }
}

TEST(HopperGemm, MultipliesExactlyWhenEverythingIsDoneAtOnce) {
  expect_exact_in_every_case<1>(Timing::early);
}
TEST(HopperGemm, MultipliesExactlyWhenEverythingIsLate) {
  expect_exact_in_every_case<1>(Timing::late);
}
TEST(HopperGemm, PairsMultiplyExactlyWhenEverythingIsDoneAtOnce) {
  expect_exact_in_every_case<2>(Timing::early);
}
TEST(HopperGemm, PairsMultiplyExactlyWhenEverythingIsLate) {
  expect_exact_in_every_case<2>(Timing::late);
}

// What the kernel must not do is found: a few lines that do it.
std::string what_goes_wrong(int threads, const std::function<void()>& body) {
  testing::CpuCluster machine(1, threads, Timing::late, 1, std::chrono::milliseconds(500));
  machine.run(0, 1, body);
  return machine.failure();
}

TEST(HopperOnCpu, FindsDeadlocksAndWhatIsNotWaitedFor) {
  constexpr std::uint32_t base = testing::CpuCluster::shared_base;
  EXPECT_THAT(what_goes_wrong(1,
                              [] {
                                ptx::init_barrier(base, 1);
                                ptx::wait(base, 1);  // the phase before the first counts as complete
                                ptx::wait(base, 0);
                              }),
              ::testing::HasSubstr("deadlock"));
  // whoever waits for the first phase once two are complete has missed it
  EXPECT_THAT(what_goes_wrong(1,
                              [] {
                                ptx::init_barrier(base, 1);
                                ptx::arrive(base);
                                ptx::wait(base, 0);
                                ptx::arrive(base);
                                ptx::wait(base, 0);
                              }),
              ::testing::HasSubstr("deadlock"));
  EXPECT_THAT(what_goes_wrong(1, [] { ptx::arrive(base); }), ::testing::HasSubstr("no mbarrier"));
  EXPECT_THAT(what_goes_wrong(32,
                              [] {
                                static float sums[32][128];
                                ptx::wgmma_m64n256k16_bf16(sums[threadIdx.x], a_descriptor(base), b_descriptor(base),
                                                           false);
                              }),
              ::testing::HasSubstr("without a fence"));
  std::vector<std::uint16_t> elements(64 * 64);
  const testing::MatrixMap map{elements.data(), 64, 64, 64};
  EXPECT_THAT(what_goes_wrong(1,
                              [&] {
                                ptx::store(map, 0, 0, base);
                                ptx::commit_stores();
                              }),
              ::testing::HasSubstr("stores in flight"));
}

}  // namespace
}  // namespace petaproof::hopper

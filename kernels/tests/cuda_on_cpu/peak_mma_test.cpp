// The loop of peak/mma on CPU threads, with the instruction made of additions, and what its check must find.
#include "support/cuda_on_cpu.hpp"

// after it: the kernel, and what it is compared with
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "kernels/peak/cuda/mma_loop.cuh"
#include "kernels/peak/operands.hpp"
#include "peak/decoded.hpp"

namespace petaproof::peak {
namespace {

constexpr int most_warps = 2;
constexpr unsigned blocks = 2;

// What the lanes of a block give to an instruction; read after all have.
std::array<std::array<std::uint64_t, 8>, 32 * most_warps> given_a, given_b;

enum class Flaw { none, forgets_a_term, other_row };

/// One warp's D = A * B + C, every lane for the elements that it holds, rounded as `SumType` rounds.
template <int m, int k, int packed, typename RegisterType, typename SumType, const char* format,
          Flaw flaw = Flaw::none>
struct Emulated {
  using Register = RegisterType;
  using Sum = SumType;
  static constexpr MmaShape shape{m, 8, k, packed};

  static void multiply(Sum* d, const Register* a, const Register* b, const Sum* c) {
    const unsigned me = threadIdx.x;
    const int warp = static_cast<int>(me) / 32;
    for (int r = 0; r < shape.a_registers(); ++r) given_a[me][static_cast<std::size_t>(r)] = bits(a[r]);
    for (int r = 0; r < shape.b_registers(); ++r) given_b[me][static_cast<std::size_t>(r)] = bits(b[r]);
    __syncthreads();
    double matrix_a[16][32] = {}, matrix_b[32][8] = {};
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - number_format(format).bits);
    for (int lane = 0; lane < 32; ++lane) {
      const auto from = static_cast<std::size_t>(32 * warp + lane);
      for (int part = 0; part < packed; ++part) {
        const int shift = number_format(format).bits * part;
        for (int r = 0; r < shape.a_registers(); ++r) {
          const Place p = a_place(shape, lane, r, part);
          matrix_a[p.row][p.column] =
              testing::decoded(format, given_a[from][static_cast<std::size_t>(r)] >> shift & mask);
        }
        for (int r = 0; r < shape.b_registers(); ++r) {
          const Place p = b_place(shape, lane, r, part);
          matrix_b[p.row][p.column] =
              testing::decoded(format, given_b[from][static_cast<std::size_t>(r)] >> shift & mask);
        }
      }
    }
    for (int r = 0; r < shape.sums(); ++r) {
      const Place p = sum_place(static_cast<int>(me) % 32, r);
      const int row = flaw == Flaw::other_row ? p.row ^ 1 : p.row;
      Sum sum = c[r];
      for (int i = flaw == Flaw::forgets_a_term ? 1 : 0; i < k; ++i)
        sum = static_cast<Sum>(static_cast<double>(sum) + matrix_a[row][i] * matrix_b[i][p.column]);
      d[r] = sum;
    }
    __syncthreads();
  }

 private:
  static std::uint64_t bits(Register x) {
    std::uint64_t result = 0;
    std::memcpy(&result, &x, sizeof x);
    return result;
  }
};

constexpr char fp64[] = "fp64", tf32[] = "tf32", bf16[] = "bf16", fp16[] = "fp16", int8[] = "int8";

/// What a launch of the loop leaves.
template <class I>
struct Launched {
  TileProblem problem;
  std::vector<typename I::Sum> sums;
  std::vector<std::uint32_t> counts;

  Launched(const char* format, Fill fill, std::int64_t iterations, int warps = most_warps)
      : problem(mma_problem(I::shape, format, warps, fill, 1, 0)) {
    const unsigned threads = 32 * static_cast<unsigned>(warps);
    problem.layout.blocks = blocks;
    problem.layout.iterations = iterations;
    sums.assign(static_cast<std::size_t>(blocks * problem.layout.sums), {});
    counts.assign(blocks * threads, 0);
    // copied: registers must be aligned
    std::vector<typename I::Register> operands(problem.operands.size() / sizeof(typename I::Register));
    std::memcpy(operands.data(), problem.operands.data(), problem.operands.size());
    const auto* a = operands.data();
    const auto* b = a + warps * mma_slices * mma_rows * I::shape.a_registers() * 32;
    testing::on_cpu(blocks, threads, [&] { mma_loop<I>(a, b, sums.data(), counts.data(), iterations); });
  }
  Verification check() const {
    const std::vector<TileElement> exact = exact_elements(problem.product, problem.layout);
    return check_tiles<typename I::Sum>(exact, problem.layout, sums, counts);
  }
};

template <class I>
void expect_right(const char* format, Fill fill = Fill::normal, int warps = 1) {
  const Verification result = Launched<I>(format, fill, blocks + 1, warps).check();
  EXPECT_TRUE(result.pass) << result.detail;
  EXPECT_LT(result.worst_error_over_bound, 0.2) << "the bound is one for sums that are cut off";
}

TEST(PeakMma, IsRightInEveryShape) {
  expect_right<Emulated<8, 4, 1, double, double, fp64>>("fp64");
  expect_right<Emulated<16, 4, 1, double, double, fp64>>("fp64");
  expect_right<Emulated<16, 8, 1, double, double, fp64>>("fp64");
  expect_right<Emulated<16, 16, 1, double, double, fp64>>("fp64");
  expect_right<Emulated<16, 4, 1, std::uint32_t, float, tf32>>("tf32");
  expect_right<Emulated<16, 8, 1, std::uint32_t, float, tf32>>("tf32");
  expect_right<Emulated<16, 8, 2, std::uint32_t, float, bf16>>("bf16");
  expect_right<Emulated<16, 16, 2, std::uint32_t, float, bf16>>("bf16");
  expect_right<Emulated<16, 8, 2, std::uint32_t, float, fp16>>("fp16");
  expect_right<Emulated<16, 16, 2, std::uint32_t, float, fp16>>("fp16");
  expect_right<Emulated<8, 16, 4, std::uint32_t, std::int32_t, int8>>("int8");
  expect_right<Emulated<16, 16, 4, std::uint32_t, std::int32_t, int8>>("int8");
  expect_right<Emulated<16, 32, 4, std::uint32_t, std::int32_t, int8>>("int8");
}

using Bf16 = Emulated<16, 16, 2, std::uint32_t, float, bf16>;

TEST(PeakMma, IsRightForEveryFillAndExactForWholeNumbers) {
  for (Fill fill : {Fill::uniform, Fill::integers, Fill::zeros}) expect_right<Bf16>("bf16", fill, most_warps);
  Launched<Bf16> whole("bf16", Fill::integers, blocks);
  EXPECT_EQ(whole.check().worst_error_over_bound, 0);
  for (float& sum : whole.sums) sum += 1e-3f;
  EXPECT_FALSE(whole.check().pass);
}

TEST(PeakMma, AnotherNumberOfIterationsIsFound) {
  Launched<Bf16> launched("bf16", Fill::normal, 2 * blocks + 1);
  ASSERT_TRUE(launched.check().pass);
  for (std::int64_t other : {4, 6, 10}) {
    launched.problem.layout.iterations = other;
    EXPECT_FALSE(launched.check().pass) << other;
  }
}

TEST(PeakMma, WrongInstructionsAreFound) {
  EXPECT_FALSE(
      (Launched<Emulated<16, 16, 2, std::uint32_t, float, bf16, Flaw::forgets_a_term>>("bf16", Fill::normal, blocks)
           .check()
           .pass));
  EXPECT_FALSE(
      (Launched<Emulated<16, 16, 2, std::uint32_t, float, bf16, Flaw::other_row>>("bf16", Fill::normal, blocks)
           .check()
           .pass));
}

// Operands of another precision than was asked for: BF16 of what should have been FP16's eleven bits.
TEST(PeakMma, NarrowerOperandsAreFound) {
  Launched<Emulated<16, 16, 2, std::uint32_t, float, fp16>> launched("fp16", Fill::normal, blocks);
  ASSERT_TRUE(launched.check().pass);
  for (double& x : launched.problem.product.a) x = rounded(number_format("bf16"), x);
  EXPECT_FALSE(launched.check().pass);
}

TEST(PeakMma, AnyWrongSumOrCountIsFound) {
  Launched<Bf16> launched("bf16", Fill::normal, blocks);
  const auto size = launched.sums.size();
  for (std::size_t i : {std::size_t{0}, size / 2 - 1, size / 2, size - 1}) {
    const float right = launched.sums[i];
    launched.sums[i] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(launched.check().pass) << i;
    launched.sums[i] = right;
  }
  for (std::uint32_t& count : launched.counts) {
    ++count;
    EXPECT_FALSE(launched.check().pass);
    --count;
  }
  // one bit, on one multiprocessor
  float& last = launched.sums.back();
  last = std::nextafter(last, 0.0f);
  EXPECT_FALSE(launched.check().pass);
}

}  // namespace
}  // namespace petaproof::peak

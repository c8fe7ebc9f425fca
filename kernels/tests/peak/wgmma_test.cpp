// Operands of peak/wgmma as the hardware would read them: shared memory filled as the kernel fills it, read through
// the descriptor, multiplied, and the sums laid out as the registers are. PTX alone knows wgmma; its layouts are
// tested here.
#include <gtest/gtest.h>

#include <limits>

#include "kernels/peak/operands.hpp"
#include "peak/decoded.hpp"

namespace petaproof::peak {
namespace {

constexpr int row_bytes = wgmma_slices * wgmma_k_bytes;
constexpr std::uint32_t base = 5 * swizzle_atom_bytes;  // where shared memory happens to begin

// As wgmma_loop copies: chunk i of the operands to its swizzled place.
std::vector<unsigned char> shared_memory(const TileProblem& problem) {
  std::vector<unsigned char> shared(base + problem.operands.size());
  for (std::size_t chunk = 0; chunk < problem.operands.size() / 16; ++chunk)
    std::memcpy(
        &shared[base + static_cast<std::size_t>(swizzled(static_cast<int>(chunk) / 8, static_cast<int>(chunk) % 8))],
        &problem.operands[16 * chunk], 16);
  return shared;
}

// Byte `byte` along k of row `row` of the operand that a descriptor names. "Strides": eight rows of 128 bytes each,
// then the next atom; the address of every access has bits 4 to 6 XORed with bits 7 to 9.
unsigned char through(std::uint64_t descriptor, const std::vector<unsigned char>& shared, int row, int byte) {
  const auto start = static_cast<std::uint32_t>((descriptor & 0x3FFF) << 4);
  const auto stride = static_cast<std::uint32_t>((descriptor >> 32 & 0x3FFF) << 4);
  const auto r = static_cast<std::uint32_t>(row);
  std::uint32_t address = start + r / 8 * stride + r % 8 * 128 + static_cast<std::uint32_t>(byte);
  address ^= (address >> 7 & 7) << 4;
  return shared.at(address);
}

double element(std::uint64_t descriptor, const std::vector<unsigned char>& shared, int row, int k,
               const NumberFormat& format) {
  std::uint64_t bits = 0;
  for (int byte = 0; byte < format.bits / 8; ++byte)
    bits |= std::uint64_t{through(descriptor, shared, row, k * format.bits / 8 + byte)} << 8 * byte;
  return testing::decoded(format.name, bits);
}

template <typename Sum>
struct Emulated {
  TileProblem problem;
  std::vector<Sum> sums;
  std::vector<std::uint32_t> counts;

  Emulated(int n, const char* precision, Fill fill, std::int64_t iterations, bool a_in_registers)
      : problem(wgmma_problem(n, precision, fill, 1, 0)) {
    const NumberFormat& format = number_format(precision);
    const std::vector<unsigned char> shared = shared_memory(problem);
    const int k = 8 * wgmma_k_bytes / format.bits;
    const std::uint64_t b = wgmma::k_major_descriptor(base + wgmma_groups * wgmma_m * swizzle_row_bytes);
    for (int group = 0; group < wgmma_groups; ++group) {
      const std::uint64_t a =
          wgmma::k_major_descriptor(base + static_cast<std::uint32_t>(group * wgmma_m * swizzle_row_bytes));
      std::vector<double> product(static_cast<std::size_t>(wgmma_m * n));
      for (int step = 0; step < wgmma_summed; ++step) {
        const int slice = step % wgmma_slices;
        const std::uint64_t further = static_cast<std::uint64_t>(slice) * wgmma_k_bytes / 16;
        for (int row = 0; row < wgmma_m; ++row)
          for (int i = 0; i < k; ++i) {
            const double x = a_in_registers ? in_registers(group, slice, row, i, format)
                                            : element(a + further, shared, row, i, format);
            for (int column = 0; column < n; ++column)
              product[static_cast<std::size_t>(row * n + column)] +=
                  x * element(b + further, shared, column, i, format);
          }
      }
      for (int r = 0; r < n / 2; ++r)
        for (int thread = 0; thread < 128; ++thread) {
          const Place place = wgmma_sum_place(thread, r);
          sums.push_back(static_cast<Sum>(product[static_cast<std::size_t>(place.row * n + place.column)]));
        }
    }
    problem.layout.blocks = 1;
    problem.layout.iterations = iterations;
    for (int thread = 0; thread < 128 * wgmma_groups; ++thread) {
      std::uint32_t count = 0;
      for (std::int64_t i = 0; i < iterations; ++i)
        for (int r = 0; r < n / 2; r += wgmma_count_every) {
          std::uint32_t bits;
          std::memcpy(&bits, &sums[static_cast<std::size_t>((thread / 128 * (n / 2) + r) * 128 + thread % 128)], 4);
          count = counted(count, bits);
        }
      counts.push_back(count);
    }
  }
  Verification check() const {
    const std::vector<TileElement> exact = exact_elements(problem.product, problem.layout);
    return check_tiles<Sum>(exact, problem.layout, sums, counts);
  }

 private:
  // The element of A that some thread holds in some register, loaded as the kernel loads it.
  double in_registers(int group, int slice, int row, int k, const NumberFormat& format) const {
    const int wanted = k * format.bits / 8;
    for (int thread = row / 16 * 32; thread < row / 16 * 32 + 32; ++thread)
      for (int r = 0; r < 4; ++r) {
        const BytePlace place = wgmma_a_place(thread, r);
        if (place.row != row || wanted < place.byte || wanted >= place.byte + 4) continue;
        std::uint64_t bits = 0;
        for (int byte = 0; byte < format.bits / 8; ++byte)
          bits |= std::uint64_t{problem.operands[static_cast<std::size_t>((group * wgmma_m + row) * row_bytes +
                                                                          slice * wgmma_k_bytes + wanted + byte)]}
                  << 8 * byte;
        return testing::decoded(format.name, bits);
      }
    return std::numeric_limits<double>::quiet_NaN();
  }
};

TEST(PeakWgmma, OperandsAreReadFromWhereTheyLie) {
  for (bool a_in_registers : {false, true}) {
    for (const char* precision : {"tf32", "bf16", "fp16", "fp8"}) {
      const Verification result = Emulated<float>(128, precision, Fill::normal, 3, a_in_registers).check();
      EXPECT_TRUE(result.pass) << precision << ": " << result.detail;
    }
    EXPECT_TRUE(Emulated<std::int32_t>(128, "int8", Fill::normal, 3, a_in_registers).check().pass);
  }
  EXPECT_TRUE(Emulated<float>(256, "fp8", Fill::normal, 3, false).check().pass);
}

TEST(PeakWgmma, WholeNumbersAreExactInEveryPrecision) {
  for (const char* precision : {"tf32", "bf16", "fp16", "fp8"}) {
    Emulated<float> whole(128, precision, Fill::integers, 1, false);
    EXPECT_TRUE(whole.check().pass) << precision;
    whole.sums[77] += 0.25f;
    EXPECT_FALSE(whole.check().pass) << precision;
  }
}

// FP8's bound is wide, 8 % of the largest partial sum; what is in a wrong place lies outside it all the same.
TEST(PeakWgmma, AMisplacedTileIsFoundInFp8) {
  Emulated<float> launched(128, "fp8", Fill::normal, 1, false);
  std::swap_ranges(launched.sums.begin(), launched.sums.begin() + 128, launched.sums.begin() + 128);
  EXPECT_FALSE(launched.check().pass);
}

TEST(PeakWgmma, AnotherNumberOfIterationsIsFound) {
  Emulated<float> launched(128, "bf16", Fill::normal, 5, false);
  ASSERT_TRUE(launched.check().pass);
  for (std::int64_t other : {4, 6, 10}) {
    launched.problem.layout.iterations = other;
    EXPECT_FALSE(launched.check().pass) << other;
  }
}

}  // namespace
}  // namespace petaproof::peak

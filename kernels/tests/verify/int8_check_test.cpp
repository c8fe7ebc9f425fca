// INT8 products are exact, so the check allows no error: one unit in one element must be found, and a right product
// of the largest sums must pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/gemm/precision.hpp"
#include "support/host_check.hpp"
#include "verify/gemm_operands.hpp"

namespace petaproof {
namespace {

using testing::HostCheck;

const GemmRounding& rounding() {
  return std::ranges::find(gemm_precisions, "int8", &GemmPrecision::name)->rounding;
}

using Operands = testing::Operands<std::int8_t>;

// Row by column in Sum, stored as INT32 and seen as what the check reads.
template <typename Sum = std::int32_t>
std::vector<double> product(const Operands& o) {
  const auto [m, n, k] = o.shape;
  std::vector<double> c;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      Sum sum = 0;
      for (std::int64_t p = 0; p < k; ++p)
        sum = static_cast<Sum>(sum +
                               o.a[static_cast<std::size_t>(i * k + p)] * o.b[static_cast<std::size_t>(p * n + j)]);
      c.push_back(static_cast<double>(sum));
    }
  return c;
}

class Int8Check {
 public:
  explicit Int8Check(const Operands& o)
      : a_(o.a.begin(), o.a.end()), b_(o.b.begin(), o.b.end()), check_(o.shape, a_, b_, 1, rounding()) {}
  Verification operator()(const std::vector<double>& c) const { return check_.check(c); }

 private:
  std::vector<double> a_, b_;
  HostCheck<double> check_;
};

constexpr GemmShape shapes[] = {{1, 1, 1}, {5, 8, 12}, {40, 36, 1000}, {16, 12, 16384}};

TEST(Int8GemmCheck, RightProductsPassWithoutAnyError) {
  for (const Fill fill : {Fill::normal, Fill::uniform, Fill::integers, Fill::zeros})
    for (const GemmShape& shape : shapes) {
      const Operands o(shape, 1, fill);
      const Verification result = Int8Check(o)(product(o));
      EXPECT_TRUE(result.pass) << shape.k << ": " << result.detail;
      EXPECT_EQ(result.worst_error_over_bound, 0);
      EXPECT_THAT(result.detail, ::testing::HasSubstr("no error is allowed"));
    }
}

// The largest sums there can be, 2^30 = 2^14 * 2^16, and all of one sign.
TEST(Int8GemmCheck, TheLargestSumsAreExact) {
  Operands o({4, 4, 65536}, 1);
  std::ranges::fill(o.a, std::int8_t{-128});
  std::ranges::fill(o.b, std::int8_t{-128});
  auto c = product<std::int64_t>(o);
  EXPECT_EQ(c[0], 0x1p30);
  EXPECT_TRUE(Int8Check(o)(c).pass);
  c[5] += 1;
  EXPECT_FALSE(Int8Check(o)(c).pass);
}

TEST(Int8GemmCheck, OneUnitInAnyElementIsFound) {
  const Operands o({24, 20, 512}, 3);
  const Int8Check check(o);
  auto c = product(o);
  for (double& element : c)
    for (const double unit : {-1.0, 1.0}) {
      element += unit;
      ASSERT_FALSE(check(c).pass) << &element - c.data();
      element -= unit;
    }
  EXPECT_TRUE(check(c).pass);
}

TEST(Int8GemmCheck, NarrowerSumsAreFound) {
  const Operands o({16, 12, 4096}, 2);
  EXPECT_FALSE(Int8Check(o)(product<std::int16_t>(o)).pass);
  auto half = product(o);  // as a sum that was FP16 at the end
  for (double& element : half) element = static_cast<double>(static_cast<_Float16>(element / 64)) * 64;
  EXPECT_FALSE(Int8Check(o)(half).pass);
}

// Unsigned bytes, or -128 read as +128: what a wrong instruction variant would do.
TEST(Int8GemmCheck, UnsignedOperandsAreFound) {
  const Operands o({8, 8, 64}, 2);
  std::vector<double> c;
  for (std::int64_t i = 0; i < 8; ++i)
    for (std::int64_t j = 0; j < 8; ++j) {
      double sum = 0;
      for (std::int64_t p = 0; p < 64; ++p)
        sum += static_cast<std::uint8_t>(o.a[static_cast<std::size_t>(i * 64 + p)]) *
               o.b[static_cast<std::size_t>(p * 8 + j)];
      c.push_back(sum);
    }
  EXPECT_FALSE(Int8Check(o)(c).pass);
}

TEST(Int8GemmCheck, AMissingTileIsFound) {
  const Operands o({128, 128, 64}, 1);
  const Int8Check check(o);
  auto c = product(o);
  for (std::int64_t i = 32; i < 64; ++i)
    for (std::int64_t j = 64; j < 96; ++j) c[static_cast<std::size_t>(i * 128 + j)] = 0;
  EXPECT_FALSE(check(c).pass);
}

}  // namespace
}  // namespace petaproof

// FP64 products put together from slices of integers, on the CPU: what the last part of kernels/verify/bounds.hpp
// derives its bound from.
//
// Each row of A and column of B is divided by a power of two so that nothing exceeds 1, and cut off towards zero
// after `bits` bits behind the point: a sign and the bits make up slices of eight bits, most significant first, the
// first of seven bits beside the sign. The products of two slices are summed exactly, as INT32 sums are, and added up
// in double precision, the smallest first. Products of slices that lie below the last bit are left out, as in the
// scheme of Ozaki and others (Numerical Algorithms 59, 2012) that cuBLAS names.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace petaproof::testing {

class FixedPoint {
 public:
  FixedPoint(std::span<const double> line, int slices) {
    double largest = 0;
    for (const double x : line) largest = std::max(largest, std::fabs(x));
    exponent_ = largest == 0 ? 0 : std::ilogb(largest) + 1;
    slices_.assign(static_cast<std::size_t>(slices), std::vector<std::int64_t>(line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      double rest = std::ldexp(line[i], -exponent_);
      for (int s = 0; s < slices; ++s) {
        rest = std::ldexp(rest, s == 0 ? 7 : 8);
        const double digit = std::trunc(rest);
        slices_[static_cast<std::size_t>(s)][i] = static_cast<std::int64_t>(digit);
        rest -= digit;
      }
    }
  }

  static double dot(const FixedPoint& a, const FixedPoint& b) {
    const std::size_t count = a.slices_.size();
    double sum = 0;
    for (std::size_t level = count; level-- > 0;)
      for (std::size_t i = 0; i <= level; ++i) {
        std::int64_t exact = 0;
        for (std::size_t p = 0; p < a.slices_[i].size(); ++p) exact += a.slices_[i][p] * b.slices_[level - i][p];
        sum += std::ldexp(static_cast<double>(exact), -14 - 8 * static_cast<int>(level));
      }
    return std::ldexp(sum, a.exponent_ + b.exponent_);
  }

 private:
  int exponent_ = 0;
  std::vector<std::vector<std::int64_t>> slices_;
};

}  // namespace petaproof::testing

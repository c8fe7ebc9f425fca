// A and B of a product, row by row, filled as every workload fills them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/verify/fill.hpp"
#include "kernels/verify/gemm_check.hpp"

namespace petaproof::testing {

template <typename T>
struct Operands {
  Operands(GemmShape s, std::uint64_t seed, Fill fill = Fill::normal)
      : shape(s), a(static_cast<std::size_t>(s.m * s.k)), b(static_cast<std::size_t>(s.k * s.n)) {
    fill_host(std::span<T>(a), fill, seed, 0);
    fill_host(std::span<T>(b), fill, seed, 1);
  }
  GemmShape shape;
  std::vector<T> a, b;
};

}  // namespace petaproof::testing

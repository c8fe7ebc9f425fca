// The scales of blocks of a product's operands, in device memory.
#pragma once

#include <bit>

#include "kernels/device/device.hpp"
#include "kernels/gemm/scaling.hpp"
#include "kernels/verify/cuda/gemm_engine.hpp"

namespace petaproof {

/// They are there twice: as the library takes them, and for the check, which does not look at what the library was
/// given.
class OperandScales {
 public:
  OperandScales(const BlockScales& kind, std::int64_t lines, std::int64_t k, std::uint64_t seed, std::uint64_t stream,
                Device& device)
      : kind_(kind), k_blocks_(kind.k_blocks(k)) {
    const ScalesOfOperand made = make_scales(kind, lines, k, seed, stream);
    stored_ = device.allocate(made.stored.size());
    device.copy_from_host(stored_.data(), made.stored.data(), stored_.bytes());
    values_ = device.allocate(made.values.size() * sizeof(float));
    device.copy_from_host(values_.data(), made.values.data(), values_.bytes());
  }

  const BlockScales& kind() const { return kind_; }
  const void* stored() const { return stored_.data(); }
  /// Of the matrix whose rows are the operand's lines: A, or the transpose of B.
  cuda::DeviceScales of_lines() const {
    return {values_.as<float>(), k_blocks_, 1, shift(kind_.lines), shift(kind_.elements)};
  }

 private:
  static int shift(std::int64_t power_of_two) { return std::countr_zero(static_cast<std::uint64_t>(power_of_two)); }

  BlockScales kind_;
  std::int64_t k_blocks_;
  Buffer stored_, values_;
};

struct ScaledOperands {
  OperandScales a, b;
};

}  // namespace petaproof

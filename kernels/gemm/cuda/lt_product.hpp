// One matrix product by cuBLASLt: how the library is asked for a precision, and the algorithms that it offers.
#pragma once

#include "kernels/device/cuda/cublaslt.hpp"
#include "kernels/device/device.hpp"
#include "kernels/gemm/cuda/lt_algorithm.hpp"
#include "kernels/gemm/cuda/operand_scales.hpp"
#include "kernels/gemm/emulation.hpp"
#include "kernels/gemm/precision.hpp"

namespace petaproof {

/// How cuBLASLt is asked for a precision, and with what kind of operands an algorithm for it may compute.
struct LtRequest {
  std::string_view precision;
  cudaDataType_t a, b, c;
  cudaDataType_t scale;
  cublasComputeType_t compute;
  const char* math_mode;

  /// Of one of gemm_precisions.
  static const LtRequest& of(const GemmPrecision& precision);
};

/// cuBLAS's documentation (13.x, cublasSetWorkspace()) recommends 32 MiB for Hopper, 4 MiB before; more than
/// recommended does no harm.
inline constexpr std::size_t lt_workspace_bytes = std::size_t{32} << 20;

constexpr std::int64_t lt_workspace(const GemmPrecision& precision, const GemmShape& shape) {
  const auto least = static_cast<std::int64_t>(lt_workspace_bytes);
  return precision.is_emulated ? std::max(least, emulation_workspace(shape)) : least;
}

/// Algorithms that the library is asked for: all that it offers, unless there are more. Each of them can be pinned.
inline constexpr std::size_t lt_most_candidates = 256;

/// C = A * B with alpha 1 and beta 0, by the first of the algorithms that the library's heuristic offers until
/// another is chosen; the same for every slot. A and B lie as `layout` says, C is row-major.
class LtProduct {
 public:
  /// Throws Error(not_supported) where the library has no algorithm for the shape, or only such as compute in another
  /// precision. `fast_accumulation`: FP8 sums that are never promoted to FP32. `scales`: of blocks, the same for
  /// every slot; they must live as long. Without, FP8 has one scale for each tensor.
  LtProduct(const GemmPrecision& precision, GemmShape shape, const GemmLayout& layout, bool fast_accumulation,
            const std::optional<ScaledOperands>& scales, Device& device);

  /// Every algorithm that the heuristic offers and that computes in what was asked for, in its order of preference.
  /// Equal names mean equal algorithms, in one version of the library on one kind of device.
  std::vector<std::string> candidates() const;
  /// Throws Error(not_supported) where there are not so many.
  void choose(std::size_t candidate);

  /// Of the last product: the bits of the mantissa that its emulation kept; -1 if it was not emulated, 0 if no
  /// product of this precision is. Waits for the device.
  std::int32_t emulated_bits(Device& device) const;

  void enqueue(const void* a, const void* b, void* c, cudaStream_t stream) const;

  /// Which algorithm it is, and in what arithmetic the library says it computes.
  std::vector<std::pair<std::string, std::string>> notes() const;

 private:
  struct Candidate {
    cublasLtMatmulAlgo_t algorithm;
    LtAlgorithm described;
  };

  void set_scales(const GemmPrecision& precision, Device& device);
  void set_scales(const ScaledOperands& scales);
  void find_candidates();

  const LtRequest& request_;
  cuda::LtHandle handle_;
  cuda::LtMatmulDesc desc_;
  cuda::LtLayout first_, second_, result_;
  Buffer workspace_, scales_, mantissa_bits_;
  std::shared_ptr<void> emulation_;
  std::string accumulation_;           // how FP8 sums, as the descriptor says it
  std::vector<Candidate> candidates_;  // at least one
  std::size_t chosen_ = 0;
};

}  // namespace petaproof

// cuBLASLt: handles that destroy themselves, and checks.
#pragma once

#include <cublasLt.h>

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/device/error.hpp"

namespace petaproof::detail {
void check_cublas(cublasStatus_t status, const char* expression, std::source_location where);
bool log_cublas(cublasStatus_t status, const char* expression, std::source_location where) noexcept;
}  // namespace petaproof::detail

/// Throws Error(cublas); Error(not_supported) where the library says that of the device or the combination of types.
/// Sticky if a kernel's failure has broken the context.
#define PETAPROOF_CUBLAS(expr) ::petaproof::detail::check_cublas((expr), #expr, std::source_location::current())
/// The same for destructors: logs to stderr and returns false instead of throwing.
#define PETAPROOF_CUBLAS_LOG(expr) ::petaproof::detail::log_cublas((expr), #expr, std::source_location::current())

namespace petaproof::cuda {

namespace detail {
template <auto destroy>
struct LtDestroy {
  template <typename T>
  void operator()(T* handle) const {
    PETAPROOF_CUBLAS_LOG(destroy(handle));
  }
};
template <typename Handle, auto destroy>
using LtOwner = std::unique_ptr<std::remove_pointer_t<Handle>, LtDestroy<destroy>>;
}  // namespace detail

using LtHandle = detail::LtOwner<cublasLtHandle_t, cublasLtDestroy>;
using LtMatmulDesc = detail::LtOwner<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using LtLayout = detail::LtOwner<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using LtPreference = detail::LtOwner<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

LtHandle make_lt_handle();
LtMatmulDesc make_lt_matmul_desc(cublasComputeType_t compute, cudaDataType_t scale);
/// Column-major, `leading` elements from one column to the next.
LtLayout make_lt_layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t leading);
/// Admits no split-K whose partial sums are rounded to the type of the result.
LtPreference make_lt_preference(std::size_t workspace_bytes);

/// Whether the loaded library has FP32 scales of blocks of 128: cuBLAS 12.9 and later.
bool lt_scales_blocks_of_128();

/// Whether header and loaded library have FP64 emulated in fixed point: cuBLAS 13.1, which CUDA 13.0 has from its
/// update 2 on (cuBLAS documentation 13.x, 1.5, "Floating Point Emulation": 13.0u2+).
bool lt_emulates_fp64();

/// Asks for emulation wherever it is possible, not only where the library thinks it the faster, with as many bits as
/// make it no less exact than FP64, `most_bits` at most; where it is not possible, or data need more bits, the
/// library multiplies in FP64 itself. `kept_bits`: an int32 in device memory that each product sets to the bits it
/// kept, or to -1 if it did not emulate (cublasLt.h, cublasLtEmulationDescAttributes_t). Only if lt_emulates_fp64().
std::shared_ptr<void> emulate_fp64(const LtMatmulDesc& desc, std::int32_t most_bits, std::int32_t* kept_bits);

/// "13.1.0", of the library that is loaded.
std::string lt_version();

}  // namespace petaproof::cuda

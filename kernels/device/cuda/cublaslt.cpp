// needs: cuda cublaslt
#include "kernels/device/cuda/cublaslt.hpp"

#include <fmt/format.h>

#include "kernels/device/cuda/check.hpp"

namespace petaproof::detail {

void check_cublas(cublasStatus_t status, const char* expression, std::source_location where) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const bool unsupported = status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH;
  const bool sticky = !unsupported && context_is_broken();
  throw Error(unsupported ? Domain::not_supported : Domain::cublas, status, expression,
              fmt::format("cuBLASLt: {}", cublasLtGetStatusString(status)),
              sticky ? Error::Kind::sticky : Error::Kind::local, where);
}

bool log_cublas(cublasStatus_t status, const char* expression, std::source_location where) noexcept {
  return status == CUBLAS_STATUS_SUCCESS || log_failure(expression, cublasLtGetStatusString(status), where);
}

}  // namespace petaproof::detail

namespace petaproof::cuda {

LtHandle make_lt_handle() {
  cublasLtHandle_t handle = nullptr;
  PETAPROOF_CUBLAS(cublasLtCreate(&handle));
  return LtHandle(handle);
}

LtMatmulDesc make_lt_matmul_desc(cublasComputeType_t compute, cudaDataType_t scale) {
  cublasLtMatmulDesc_t desc = nullptr;
  PETAPROOF_CUBLAS(cublasLtMatmulDescCreate(&desc, compute, scale));
  return LtMatmulDesc(desc);
}

LtLayout make_lt_layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t leading) {
  cublasLtMatrixLayout_t layout = nullptr;
  PETAPROOF_CUBLAS(cublasLtMatrixLayoutCreate(&layout, type, static_cast<std::uint64_t>(rows),
                                              static_cast<std::uint64_t>(columns), leading));
  return LtLayout(layout);
}

LtPreference make_lt_preference(std::size_t workspace_bytes) {
  cublasLtMatmulPreference_t preference = nullptr;
  PETAPROOF_CUBLAS(cublasLtMatmulPreferenceCreate(&preference));
  LtPreference owner(preference);
  const std::uint64_t bytes = workspace_bytes;
  PETAPROOF_CUBLAS(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes,
                                                        sizeof bytes));
  // By default partial sums of a BF16 result may be stored, and added up, in BF16 (schemes INPLACE and OUTPUT_TYPE:
  // cublasLt.h, cublasLtReductionScheme_t): neither the FP32 sums that were asked for, nor within their bound.
  const std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  PETAPROOF_CUBLAS(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                                        &schemes, sizeof schemes));
  return owner;
}

bool lt_scales_blocks_of_128() {
  return cublasLtGetVersion() >= 120900;
}

#if CUBLAS_VERSION >= 130100

// Weak, so that the module loads with cuBLAS 13.0 too, which a loader may find before the one that it was built with.
#pragma weak cublasLtEmulationDescCreate
#pragma weak cublasLtEmulationDescSetAttribute
#pragma weak cublasLtEmulationDescDestroy

bool lt_emulates_fp64() {
  return cublasLtGetVersion() >= 130100;
}

std::shared_ptr<void> emulate_fp64(const LtMatmulDesc& desc, std::int32_t most_bits, std::int32_t* kept_bits) {
  cublasLtEmulationDesc_t emulation = nullptr;
  PETAPROOF_CUBLAS(cublasLtEmulationDescCreate(&emulation));
  std::shared_ptr<void> owner(emulation, [](void* p) {
    PETAPROOF_CUBLAS_LOG(cublasLtEmulationDescDestroy(static_cast<cublasLtEmulationDesc_t>(p)));
  });
  const auto set = [&](cublasLtEmulationDescAttributes_t attribute, const auto& value) {
    PETAPROOF_CUBLAS(cublasLtEmulationDescSetAttribute(emulation, attribute, &value, sizeof value));
  };
  set(CUBLASLT_EMULATION_DESC_STRATEGY, std::int32_t{CUBLAS_EMULATION_STRATEGY_EAGER});
  set(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MANTISSA_CONTROL, std::int32_t{CUDA_EMULATION_MANTISSA_CONTROL_DYNAMIC});
  set(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MAX_MANTISSA_BIT_COUNT, most_bits);
  set(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MANTISSA_BIT_COUNT_POINTER, kept_bits);
  PETAPROOF_CUBLAS(cublasLtMatmulDescSetAttribute(desc.get(), CUBLASLT_MATMUL_DESC_EMULATION_DESCRIPTOR, &emulation,
                                                  sizeof emulation));
  return owner;
}

#else

bool lt_emulates_fp64() {
  return false;
}

std::shared_ptr<void> emulate_fp64(const LtMatmulDesc&, std::int32_t, std::int32_t*) {
  throw Error(Domain::not_supported, "this build's cuBLASLt has no emulated FP64");
}

#endif

std::string lt_version() {
  const std::size_t version = cublasLtGetVersion();
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace petaproof::cuda

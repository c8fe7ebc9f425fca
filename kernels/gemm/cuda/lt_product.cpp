// needs: cuda cublaslt
#include "kernels/gemm/cuda/lt_product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace petaproof {
namespace {

// CUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT, which headers before cuBLAS 13.1 do not name.
constexpr auto compute_fp64_emulated = static_cast<cublasComputeType_t>(79);

// cublasLtMatmulMatrixScale_t. Headers before cuBLAS 12.9 do not name those of FP32 scales:
// CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F and CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F.
std::int32_t scale_mode(const BlockScales& scales) {
  switch (scales.format) {
    case ScaleFormat::fp32: return scales.lines == 1 ? 4 : 5;
    case ScaleFormat::ue8m0: return CUBLASLT_MATMUL_MATRIX_SCALE_VEC32_UE8M0;
    case ScaleFormat::ue4m3: break;
  }
  return CUBLASLT_MATMUL_MATRIX_SCALE_VEC16_UE4M3;
}

constexpr LtRequest requests[] = {
    {"fp64", CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F, "CUBLAS_COMPUTE_64F"},
    // 32F alone: neither FAST_TF32 nor the emulation by nine BF16 products
    {"fp32", CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    {"tf32", CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32,
     "CUBLAS_COMPUTE_32F_FAST_TF32"},
    {"bf16", CUDA_R_16BF, CUDA_R_16BF, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    // 32F, not 16F: sums in FP16 are another, less exact product
    {"fp16", CUDA_R_16F, CUDA_R_16F, CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    {"fp8", CUDA_R_8F_E4M3, CUDA_R_8F_E4M3, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    {"fp8_e4m3_e5m2", CUDA_R_8F_E4M3, CUDA_R_8F_E5M2, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F,
     "CUBLAS_COMPUTE_32F"},
    {"fp8_e5m2_e4m3", CUDA_R_8F_E5M2, CUDA_R_8F_E4M3, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F,
     "CUBLAS_COMPUTE_32F"},
    {"int8", CUDA_R_8I, CUDA_R_8I, CUDA_R_32I, CUDA_R_32I, CUBLAS_COMPUTE_32I, "CUBLAS_COMPUTE_32I"},
    {"fp64_emulated", CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, compute_fp64_emulated,
     "CUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT"},
    {"nvfp4", CUDA_R_4F_E2M1, CUDA_R_4F_E2M1, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
    {"mxfp8", CUDA_R_8F_E4M3, CUDA_R_8F_E4M3, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, "CUBLAS_COMPUTE_32F"},
};

// 1 and 0 in the type that the library takes alpha and beta in.
struct Scalars {
  const void* one;
  const void* zero;
};

template <typename T>
Scalars scalars() {
  static constexpr T one = 1, zero = 0;
  return {&one, &zero};
}

Scalars scalars_of(cudaDataType_t type) {
  if (type == CUDA_R_64F) return scalars<double>();
  if (type == CUDA_R_32I) return scalars<std::int32_t>();
  PETAPROOF_INVARIANT(type == CUDA_R_32F);
  return scalars<float>();
}

template <typename T>
void set(const cuda::LtMatmulDesc& desc, cublasLtMatmulDescAttributes_t attribute, const T& value) {
  PETAPROOF_CUBLAS(cublasLtMatmulDescSetAttribute(desc.get(), attribute, &value, sizeof value));
}

template <typename T>
T get(const cuda::LtMatmulDesc& desc, cublasLtMatmulDescAttributes_t attribute) {
  T value{};
  std::size_t written = 0;
  PETAPROOF_CUBLAS(cublasLtMatmulDescGetAttribute(desc.get(), attribute, &value, sizeof value, &written));
  return value;
}

cuda::LtLayout lt_layout(cudaDataType_t type, const BlasOperand& operand) {
  return cuda::make_lt_layout(type, operand.rows, operand.columns, operand.leading());
}

cublasOperation_t operation(const BlasOperand& operand) {
  return operand.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
}

}  // namespace

const LtRequest& LtRequest::of(const GemmPrecision& precision) {
  return *std::ranges::find(requests, precision.name, &LtRequest::precision);
}

LtProduct::LtProduct(const GemmPrecision& precision, GemmShape shape, const GemmLayout& layout,
                     bool fast_accumulation, const std::optional<ScaledOperands>& scales, Device& device)
    : request_(LtRequest::of(precision)),
      handle_(cuda::make_lt_handle()),
      desc_(cuda::make_lt_matmul_desc(request_.compute, request_.scale)),
      first_(lt_layout(request_.b, blas_operand_b(shape, layout))),
      second_(lt_layout(request_.a, blas_operand_a(shape, layout))),
      result_(cuda::make_lt_layout(request_.c, shape.n, shape.m, shape.n)),
      workspace_(device.allocate(static_cast<std::size_t>(lt_workspace(precision, shape)))) {
  set(desc_, CUBLASLT_MATMUL_DESC_TRANSA, operation(blas_operand_b(shape, layout)));
  set(desc_, CUBLASLT_MATMUL_DESC_TRANSB, operation(blas_operand_a(shape, layout)));
  if (scales)
    set_scales(*scales);
  else if (is_fp8(precision.a))
    set_scales(precision, device);
  if (precision.has_fast_accumulation()) {
    set(desc_, CUBLASLT_MATMUL_DESC_FAST_ACCUM, static_cast<std::int8_t>(fast_accumulation));
    accumulation_ = get<std::int8_t>(desc_, CUBLASLT_MATMUL_DESC_FAST_ACCUM) != 0 ? "fast" : "promoted to FP32";
  }
  if (precision.is_emulated) {
    mantissa_bits_ = device.allocate(sizeof(std::int32_t));
    const std::int32_t none = -1;  // until a product says otherwise
    device.copy_from_host(mantissa_bits_.data(), &none, sizeof none);
    emulation_ = cuda::emulate_fp64(desc_, emulation_most_bits, mantissa_bits_.as<std::int32_t>());
  }
  find_candidates();
}

std::vector<std::string> LtProduct::candidates() const {
  std::vector<std::string> names;
  for (const Candidate& one : candidates_) names.push_back(cuda::lt_version() + ' ' + one.described.configuration());
  return names;
}

void LtProduct::choose(std::size_t candidate) {
  if (candidate >= candidates_.size())
    throw Error(Domain::not_supported,
                fmt::format("cuBLASLt {} offers {} algorithm(s) for {} in this shape, and number {} was asked for",
                            cuda::lt_version(), candidates_.size(), request_.precision, candidate + 1));
  chosen_ = candidate;
}

std::int32_t LtProduct::emulated_bits(Device& device) const {
  if (!emulation_) return 0;
  std::int32_t bits = -1;
  device.copy_to_host(&bits, mantissa_bits_.data(), sizeof bits);
  return bits;
}

// One for each tensor, in device memory; the library's first operand is our B.
void LtProduct::set_scales(const GemmPrecision& precision, Device& device) {
  const std::array scales{static_cast<float>(unit_of(precision.a)), static_cast<float>(unit_of(precision.b))};
  scales_ = device.allocate(sizeof scales);
  device.copy_from_host(scales_.data(), scales.data(), sizeof scales);
  set(desc_, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, static_cast<const void*>(scales_.as<float>() + 1));
  set(desc_, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, static_cast<const void*>(scales_.as<float>()));
}

void LtProduct::set_scales(const ScaledOperands& scales) {
  set(desc_, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, scale_mode(scales.b.kind()));
  set(desc_, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, scale_mode(scales.a.kind()));
  set(desc_, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, scales.b.stored());
  set(desc_, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, scales.a.stored());
}

void LtProduct::enqueue(const void* a, const void* b, void* c, cudaStream_t stream) const {
  const auto [one, zero] = scalars_of(request_.scale);
  PETAPROOF_CUBLAS(cublasLtMatmul(handle_.get(), desc_.get(), one, b, first_.get(), a, second_.get(), zero, c,
                                  result_.get(), c, result_.get(), &candidates_[chosen_].algorithm, workspace_.data(),
                                  workspace_.bytes(), stream));
}

std::vector<std::pair<std::string, std::string>> LtProduct::notes() const {
  auto notes = candidates_[chosen_].described.notes();
  notes.emplace_back("cublaslt", cuda::lt_version());
  notes.emplace_back("math_mode", request_.math_mode);
  if (!accumulation_.empty()) notes.emplace_back("accumulation", accumulation_);
  return notes;
}

// All that the heuristic offers, but those whose arithmetic is not what was asked for.
void LtProduct::find_candidates() {
  std::vector<cublasLtMatmulHeuristicResult_t> found(lt_most_candidates);
  int count = 0;
  const cuda::LtPreference preference = cuda::make_lt_preference(workspace_.bytes());
  PETAPROOF_CUBLAS(cublasLtMatmulAlgoGetHeuristic(handle_.get(), desc_.get(), first_.get(), second_.get(),
                                                  result_.get(), result_.get(), preference.get(),
                                                  static_cast<int>(found.size()), found.data(), &count));
  std::string refused;
  for (int i = 0; i < count; ++i) {
    if (found[i].state != CUBLAS_STATUS_SUCCESS) continue;
    LtAlgorithm described = LtAlgorithm::of(found[i]);
    described.heuristic_rank = static_cast<int>(candidates_.size());
    if (const auto why = described.substitutes_for(request_.precision))
      refused = *why;
    else
      candidates_.push_back({found[i].algo, std::move(described)});
  }
  if (candidates_.empty())
    throw Error(Domain::not_supported,
                fmt::format("cuBLASLt {} has no algorithm for {} in this shape{}{}", cuda::lt_version(),
                            request_.precision, refused.empty() ? "" : " that computes in it: ", refused));
}

}  // namespace petaproof

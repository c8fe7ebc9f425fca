// needs: cuda cublaslt
#include "kernels/gemm/cuda/lt_algorithm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace petaproof {
namespace {

struct Flag {
  std::uint64_t bit;
  std::string_view name;
};

constexpr Flag units[] = {{CUBLASLT_NUMERICAL_IMPL_FLAGS_FMA, "FMA"},
                          {CUBLASLT_NUMERICAL_IMPL_FLAGS_HMMA, "HMMA"},
                          {CUBLASLT_NUMERICAL_IMPL_FLAGS_IMMA, "IMMA"},
                          {CUBLASLT_NUMERICAL_IMPL_FLAGS_DMMA, "DMMA"}};
constexpr Flag sums[] = {{CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F, "FP16"},
                         {CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_32F, "FP32"},
                         {CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_64F, "FP64"},
                         {CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_32I, "INT32"}};
constexpr Flag operands[] = {
    {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16F, "FP16"},     {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16BF, "BF16"},
    {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_TF32, "TF32"},    {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_32F, "FP32"},
    {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_64F, "FP64"},     {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_8I, "INT8"},
    {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_8F_E4M3, "E4M3"}, {CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_8F_E5M2, "E5M2"}};

// CUBLASLT_ALGO_CAP_FLOATING_POINT_EMULATION_SUPPORT, which the headers of CUDA 12.8 do not name.
constexpr auto emulation_support = static_cast<cublasLtMatmulAlgoCapAttributes_t>(22);

struct Wanted {
  std::string_view precision, operands, sums;
  std::string_view or_operands = operands;  // where A and B differ, the library may name either
};
constexpr Wanted wanted[] = {
    {"fp64", "FP64", "FP64"},
    {"fp32", "FP32", "FP32"},
    {"tf32", "TF32", "FP32"},
    {"bf16", "BF16", "FP32"},
    {"fp16", "FP16", "FP32"},
    {"fp8", "E4M3", "FP32"},
    {"fp8_e4m3_e5m2", "E4M3", "FP32", "E5M2"},
    {"fp8_e5m2_e4m3", "E4M3", "FP32", "E5M2"},
    {"int8", "INT8", "INT32"},
    {"mxfp8", "E4M3", "FP32"},
};

template <std::size_t n>
std::vector<std::string_view> names(const Flag (&flags)[n], std::uint64_t set) {
  std::vector<std::string_view> result;
  for (const Flag& flag : flags)
    if (set & flag.bit) result.push_back(flag.name);
  return result;
}

// Whether the library names something, and what was asked for is not in it.
bool is_other(const std::vector<std::string_view>& said, std::string_view asked) {
  return !said.empty() && std::ranges::find(said, asked) == said.end();
}

// An attribute that the algorithm, or this version of the library, does not have stays zero.
template <typename T>
void read(const cublasLtMatmulAlgo_t& algorithm, cublasLtMatmulAlgoConfigAttributes_t attribute, T& value) {
  std::size_t written = 0;
  if (cublasLtMatmulAlgoConfigGetAttribute(&algorithm, attribute, &value, sizeof value, &written) !=
      CUBLAS_STATUS_SUCCESS)
    value = 0;
}

}  // namespace

LtAlgorithm LtAlgorithm::of(const cublasLtMatmulHeuristicResult_t& result) {
  LtAlgorithm a;
  read(result.algo, CUBLASLT_ALGO_CONFIG_ID, a.id);
  read(result.algo, CUBLASLT_ALGO_CONFIG_TILE_ID, a.tile);
  read(result.algo, CUBLASLT_ALGO_CONFIG_STAGES_ID, a.stages);
  read(result.algo, CUBLASLT_ALGO_CONFIG_SPLITK_NUM, a.split_k);
  read(result.algo, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, a.reduction_scheme);
  read(result.algo, CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, a.swizzle);
  read(result.algo, CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, a.custom_option);
  read(result.algo, CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, a.inner_shape);
  read(result.algo, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, a.cluster_shape);
  std::size_t written = 0;
  if (cublasLtMatmulAlgoCapGetAttribute(&result.algo, CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, &a.numerical_flags,
                                        sizeof a.numerical_flags, &written) != CUBLAS_STATUS_SUCCESS)
    a.numerical_flags = 0;
  std::int32_t emulates = 0;
  a.never_emulates = cublasLtMatmulAlgoCapGetAttribute(&result.algo, emulation_support, &emulates, sizeof emulates,
                                                       &written) == CUBLAS_STATUS_SUCCESS &&
                     emulates == 0;
  a.workspace_bytes = result.workspaceSize;
  return a;
}

std::optional<std::string> LtAlgorithm::substitutes_for(std::string_view precision) const {
  const auto found = std::ranges::find(wanted, precision, &Wanted::precision);
  // an emulated product says itself whether it was, once it has run; FP4: cublasLt.h has no flag for operands of it
  if (found == std::end(wanted))
    return precision == "fp64_emulated" && never_emulates ? std::optional(arithmetic()) : std::nullopt;
  const Wanted& want = *found;
  const auto said = names(operands, numerical_flags);
  if ((is_other(said, want.operands) && is_other(said, want.or_operands)) ||
      is_other(names(sums, numerical_flags), want.sums))
    return arithmetic();
  return std::nullopt;
}

std::string LtAlgorithm::arithmetic() const {
  if (numerical_flags == 0) return "the library does not say";
  return fmt::format("{}, operands {}, sums {}", fmt::join(names(units, numerical_flags), "+"),
                     fmt::join(names(operands, numerical_flags), "+"), fmt::join(names(sums, numerical_flags), "+"));
}

std::string LtAlgorithm::configuration() const {
  return fmt::format(
      "id {}, tile {}, stages {}, split-K {}, reduction {}, swizzle {}, custom {}, inner shape {}, cluster shape {}, "
      "workspace {} bytes",
      id, tile, stages, split_k, reduction_scheme, swizzle, custom_option, inner_shape, cluster_shape,
      workspace_bytes);
}

std::vector<std::pair<std::string, std::string>> LtAlgorithm::notes() const {
  return {{"algorithm", fmt::format("{}, heuristic's choice {}", configuration(), heuristic_rank + 1)},
          {"arithmetic", arithmetic()}};
}

}  // namespace petaproof

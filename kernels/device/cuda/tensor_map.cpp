// needs: cuda
#include "kernels/device/cuda/tensor_map.hpp"

#include <cudaTypedefs.h>
#include <fmt/format.h>

#include <array>

#include "kernels/device/cuda/check.hpp"

namespace petaproof::cuda {
namespace {

// The driver's function, by way of the runtime: linking libcuda would keep the module from loading without a driver.
PFN_cuTensorMapEncodeTiled_v12000 encoder() {
  constexpr unsigned since = 12000;
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  PETAPROOF_CUDA(
      cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, since, cudaEnableDefault, &found));
  if (found != cudaDriverEntryPointSuccess || function == nullptr)
    throw Error(Domain::not_supported, "the driver has no cuTensorMapEncodeTiled, which CUDA 12.0 brought");
  return reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(function);
}

// Innermost dimension first; `strides_bytes` from the second dimension on.
template <std::size_t rank>
CUtensorMap encode(void* data, const std::array<cuuint64_t, rank>& sizes,
                   const std::array<cuuint64_t, rank - 1>& strides_bytes, const std::array<cuuint32_t, rank>& box) {
  static const PFN_cuTensorMapEncodeTiled_v12000 function = encoder();
  std::array<cuuint32_t, rank> every_element;
  every_element.fill(1);
  CUtensorMap map{};
  const CUresult status =
      function(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, rank, data, sizes.data(), strides_bytes.data(), box.data(),
               every_element.data(), CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
               CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    throw Error(Domain::cuda, status, "cuTensorMapEncodeTiled",
                fmt::format("the driver refuses a BF16 tensor of {} elements in boxes of {} (CUresult {})",
                            fmt::join(sizes.rbegin(), sizes.rend(), " x "),
                            fmt::join(box.rbegin(), box.rend(), " x "), static_cast<int>(status)),
                Error::Kind::local, std::source_location::current());
  return map;
}

constexpr std::uint64_t element_bytes = 2;
constexpr cuuint32_t box_columns = 64;

}  // namespace

CUtensorMap make_bf16_tensor_map(void* data, std::int64_t rows, std::int64_t columns, int box_rows) {
  const auto row_bytes = static_cast<cuuint64_t>(columns) * element_bytes;
  return encode<2>(data, {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)}, {row_bytes},
                   {box_columns, static_cast<cuuint32_t>(box_rows)});
}

CUtensorMap make_bf16_head_map(void* data, const HeadTensor& tensor, int box_rows) {
  const auto columns = static_cast<cuuint64_t>(tensor.columns), heads = static_cast<cuuint64_t>(tensor.heads),
             rows = static_cast<cuuint64_t>(tensor.rows), sequences = static_cast<cuuint64_t>(tensor.sequences);
  const cuuint64_t head_bytes = columns * element_bytes, row_bytes = heads * head_bytes;
  return encode<4>(data, {columns, heads, rows, sequences}, {head_bytes, row_bytes, rows * row_bytes},
                   {box_columns, 1, static_cast<cuuint32_t>(box_rows), 1});
}

}  // namespace petaproof::cuda

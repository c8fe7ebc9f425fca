// needs: cuda
#include "kernels/device/cuda/tensor_map.hpp"

#include <cudaTypedefs.h>
#include <fmt/format.h>

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

}  // namespace

CUtensorMap make_bf16_tensor_map(void* data, std::int64_t rows, std::int64_t columns, int box_rows) {
  static const PFN_cuTensorMapEncodeTiled_v12000 encode = encoder();
  constexpr std::uint64_t element_bytes = 2;
  constexpr cuuint32_t box_columns = 64;
  // innermost dimension first
  const cuuint64_t dims[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t row_stride_bytes[] = {static_cast<cuuint64_t>(columns) * element_bytes};
  const cuuint32_t box[] = {box_columns, static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t every_element[] = {1, 1};
  CUtensorMap map{};
  const CUresult status = encode(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, data, dims, row_stride_bytes, box,
                                 every_element, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                 CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    throw Error(Domain::cuda, status, "cuTensorMapEncodeTiled",
                fmt::format("the driver refuses a {} x {} BF16 matrix in boxes of {} rows (CUresult {})", rows,
                            columns, box_rows, static_cast<int>(status)),
                Error::Kind::local, std::source_location::current());
  return map;
}

}  // namespace petaproof::cuda

// Descriptions of matrices for Hopper's copy engine (TMA).
#pragma once

#include <cuda.h>  // CUtensorMap; nothing of the driver is linked

#include <cstdint>

namespace petaproof::cuda {

/// A row-major BF16 matrix in device memory, moved in boxes of [box_rows, 64 columns] that lie in shared memory with
/// the 128-byte swizzle. Elements outside of the matrix are read as 0 and not written. Columns must be a multiple of
/// 8, box_rows at most 256. Throws Error(not_supported) where the driver has no such function, Error(cuda) where it
/// refuses the matrix.
CUtensorMap make_bf16_tensor_map(void* data, std::int64_t rows, std::int64_t columns, int box_rows);

/// [sequences, rows, heads, columns], the last one contiguous.
struct HeadTensor {
  std::int64_t sequences = 1, rows = 1, heads = 1, columns = 1;
};

/// The same for a BF16 tensor of heads: a box is [box_rows, 64 columns] of one head of one sequence, and ends with
/// the sequence.
CUtensorMap make_bf16_head_map(void* data, const HeadTensor& tensor, int box_rows);

}  // namespace petaproof::cuda

// Products for the check of a matrix product in device memory, computed by the GPU itself: plain sums in
// double-double for FP64, in FP64 for everything narrower. No library, no tensor cores, nothing shared with what is
// checked.
#pragma once

#include "kernels/device/device.hpp"
#include "kernels/device/element.hpp"
#include "kernels/verify/gemm_check.hpp"

namespace petaproof::cuda {

/// What the elements of a matrix are multiplied with, in device memory: one number for each block of 2^row_shift rows
/// and 2^column_shift columns.
struct DeviceScales {
  const float* data = nullptr;
  std::int64_t row_stride = 0, column_stride = 0;
  int row_shift = 0, column_shift = 0;

  DeviceScales transposed() const { return {data, column_stride, row_stride, column_shift, row_shift}; }
};

/// A matrix in device memory: element (i, j) is at i * row_stride + j * column_stride, in units of its scale; where
/// there are no scales, of unit_of(element).
struct DeviceMatrix {
  const void* data = nullptr;
  Element element = Element::fp64;
  std::int64_t rows = 0, columns = 0;
  std::int64_t row_stride = 0, column_stride = 0;
  DeviceScales scales = {};

  static DeviceMatrix row_major(const void* data, Element element, std::int64_t rows, std::int64_t columns) {
    return {data, element, rows, columns, columns, 1};
  }
  static DeviceMatrix column_major(const void* data, Element element, std::int64_t rows, std::int64_t columns) {
    return {data, element, rows, columns, 1, rows};
  }
  DeviceMatrix transposed() const {
    return {data, element, columns, rows, column_stride, row_stride, scales.transposed()};
  }
  double unit() const { return scales.data ? 1 : unit_of(element); }
};

/// Synchronous: each call returns when its result has reached the host. Costs about one read of the matrix.
class GpuGemmEngine : public GemmEngine {
 public:
  explicit GpuGemmEngine(Device& device) : device_(device) {}

  /// The operands to work on from now on; scratch memory is kept from one slot to the next.
  void look_at(const DeviceMatrix& a, const DeviceMatrix& b, const DeviceMatrix& c) {
    a_ = a;
    b_ = b;
    c_ = c;
  }

  LaneVector times(Matrix x, bool transposed, const LaneVector& v) override;
  std::vector<double> squares_times(Matrix x, bool transposed, const std::vector<double>& v) override;
  LaneVector lines(Matrix x, bool transposed, const std::array<std::int64_t, gemm_lanes>& which) override;

 private:
  DeviceMatrix matrix(Matrix x, bool transposed) const {
    const DeviceMatrix& matrix = x == Matrix::a ? a_ : x == Matrix::b ? b_ : c_;
    return transposed ? matrix.transposed() : matrix;
  }
  void* scratch(Buffer& buffer, std::size_t bytes);

  Device& device_;
  DeviceMatrix a_, b_, c_;
  Buffer in_, out_;
};

}  // namespace petaproof::cuda

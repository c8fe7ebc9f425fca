// The check of matrix products on the GPU: its engine against the host's, and what it must find in a library's
// result.
#include "kernels/verify/cuda/gemm_engine.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/device/error.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/verify/gemm_host.hpp"
#include "support/gpu.hpp"

namespace petaproof {
namespace {

using Matrix = GemmEngine::Matrix;

class GpuGemmCheck : public testing::GpuTest {};

TEST_F(GpuGemmCheck, EngineGivesWhatTheHostGives) {
  const GemmShape shape{70, 90, 130};
  std::vector<double> a(70 * 130), b(130 * 90), c(70 * 90);
  const auto upload = [&](std::vector<double>& host_data, std::uint64_t stream) {
    Buffer buffer = gpu->allocate(host_data.size() * sizeof(double));
    cuda::fill(Element::fp64, buffer.data(), static_cast<std::int64_t>(host_data.size()), Fill::normal, 1, stream,
               cuda::handle_of(gpu->stream()));
    gpu->copy_to_host(host_data.data(), buffer.data(), buffer.bytes());
    return buffer;
  };
  const Buffer da = upload(a, 0), db = upload(b, 1), dc = upload(c, 2);
  HostGemmEngine<double> host_engine(shape, a, b, c);
  cuda::GpuGemmEngine gpu_engine(*gpu);
  const auto matrix = [](const Buffer& buffer, std::int64_t rows, std::int64_t columns) {
    return cuda::DeviceMatrix::row_major(buffer.data(), Element::fp64, rows, columns);
  };
  gpu_engine.look_at(matrix(da, 70, 130), matrix(db, 130, 90), matrix(dc, 70, 90));
  for (Matrix x : {Matrix::a, Matrix::b, Matrix::c})
    for (bool transposed : {false, true}) {
      const std::int64_t rows = x == Matrix::b ? 130 : 70, columns = x == Matrix::a ? 130 : 90;
      const auto size = static_cast<std::size_t>(transposed ? rows : columns);
      LaneVector v(size);
      for (std::size_t i = 0; i < size; ++i)
        for (int lane = 0; lane < gemm_lanes; ++lane) v[i][lane] = std::cos(static_cast<double>(4 * i + lane));
      const LaneVector expected = host_engine.times(x, transposed, v), got = gpu_engine.times(x, transposed, v);
      ASSERT_EQ(got.size(), expected.size());
      for (std::size_t i = 0; i < got.size(); ++i)
        for (int lane = 0; lane < gemm_lanes; ++lane)
          ASSERT_NEAR(static_cast<double>(got[i][lane] - expected[i][lane]), 0, 0x1p-55);
      const std::array<std::int64_t, gemm_lanes> which{0, 5, 5, 69};
      EXPECT_EQ(gpu_engine.lines(x, transposed, which), host_engine.lines(x, transposed, which));
    }
}

// The column of the largest element of row `row` of C, n columns wide, in FP64, FP32 or INT32.
template <typename T>
std::int64_t column_of_largest(Device& gpu, const Region& c, std::int64_t row, std::int64_t n) {
  std::vector<T> line(static_cast<std::size_t>(n));
  gpu.copy_to_host(line.data(), static_cast<T*>(c.data) + row * n, line.size() * sizeof(T));
  return std::ranges::max_element(line, {}, [](T x) { return std::abs(static_cast<double>(x)); }) - line.begin();
}

// A result of each precision in which one tile, one row or one element is wrong.
TEST_F(GpuGemmCheck, WrongTilesRowsAndElementsOfALibrarysResultAreFound) {
  for (const GemmPrecision& precision : gemm_precisions) {
    const auto workload = Registry::instance().make("gemm/cublaslt");
    if (!workload) GTEST_SKIP() << Registry::instance().why_absent("gemm/cublaslt");
    const std::int64_t n = 1024;
    const Params params = Params::complete(
        workload->info().params, {{"precision", std::string(precision.name)}, {"m", n}, {"n", n}, {"k", n}}, "gemm");
    if (refusal_of(*workload, {*gpu, 1}, params)) continue;  // FP8 before Ada
    testing::FewSlots context(*gpu, params, Fill::normal, 1);
    try {
      workload->prepare(context);
    } catch (const Error& error) {
      if (!precision.is_emulated || error.domain() != Domain::not_supported) throw;
      continue;  // this library multiplies in FP64 itself
    }
    const Region c = workload->outputs(0).front();
    const std::int64_t size = bytes_of(precision.c, 1);
    const auto zero = [&](std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns) {
      workload->launch(gpu->stream(), 0);
      for (std::int64_t i = row; i < row + rows; ++i)
        gpu->set_bytes(
            {"part", static_cast<char*>(c.data) + (i * n + column) * size, static_cast<std::size_t>(columns * size)},
            0);
      return workload->verify(context, 0).pass;
    };
    EXPECT_TRUE(zero(0, 0, 0, 0)) << precision.name;
    EXPECT_FALSE(zero(128, 256, 128, 128)) << precision.name << ": a tile";
    EXPECT_FALSE(zero(n - 1, 0, 1, n)) << precision.name << ": the last row";
    EXPECT_FALSE(zero(0, n - 1, n, 1)) << precision.name << ": the last column";
    if (precision.rounding.result == 0) {
      // Not any one: off the sampled lines TF32 may err by half a typical element, by the bound of a whole row. The
      // launch before zeroed a column, the last.
      const std::int64_t column = precision.c == Element::fp64    ? column_of_largest<double>(*gpu, c, 517, n)
                                  : precision.c == Element::int32 ? column_of_largest<std::int32_t>(*gpu, c, 517, n)
                                                                  : column_of_largest<float>(*gpu, c, 517, n);
      EXPECT_FALSE(zero(517, column, 1, 1)) << precision.name << ": one element";
    }
  }
}

}  // namespace
}  // namespace petaproof

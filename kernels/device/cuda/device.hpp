// A CUDA device, its stream and its timers.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/device/device.hpp"

namespace petaproof::cuda {

class CudaStream : public Stream {
 public:
  CudaStream();
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  void synchronize() override;
  cudaStream_t handle() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// The CUDA stream behind a Stream that a workload was given.
cudaStream_t handle_of(Stream& stream);

}  // namespace petaproof::cuda

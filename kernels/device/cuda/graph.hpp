// A CUDA graph as a Recording.
#pragma once

#include <functional>
#include <memory>

#include "kernels/device/cuda/device.hpp"

namespace petaproof::cuda {

/// Captures what `enqueue` puts on `stream`, which does not run it, and makes it ready to replay. Throws what
/// `enqueue` throws, or Error(cuda) where something in it cannot be captured; the stream is usable afterwards either
/// way.
std::unique_ptr<Recording> capture(CudaStream& stream, const std::function<void(Stream&)>& enqueue);

}  // namespace petaproof::cuda

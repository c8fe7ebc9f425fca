// The check of attention in device memory: what the host's engine and reader do, done by the GPU itself
// (attention_sums.cuh).
#pragma once

#include <memory>

#include "kernels/device/device.hpp"
#include "kernels/verify/attention_engine.hpp"

namespace petaproof::cuda {

/// Of inputs and outputs in device memory, FP32, BF16, FP16 or e4m3. Synchronous: what they return has reached the
/// host. The device must outlive them.
std::unique_ptr<AttentionEngine> make_attention_engine(Device& device, const AttentionShape& shape,
                                                       AttentionPass pass, const AttentionInputs& inputs);
std::unique_ptr<AttentionReader> make_attention_reader(Device& device, const AttentionShape& shape, Element element,
                                                       const AttentionOutputs& outputs);

}  // namespace petaproof::cuda

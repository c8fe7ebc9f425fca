// Attention by cuDNN's graph API, behind an interface of our own: NVIDIA's C++ frontend is headers alone, takes a
// minute and 2 GB to compile, and is compiled once: cudnn_library.hpp includes it, and cudnn_attention.cpp that.
//
// cuDNN is loaded when it is first asked for, not linked: a machine without it measures everything else.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/attention/attention_case.hpp"

namespace petaproof {

/// Why cuDNN cannot be used in this process; nothing if it can.
std::optional<std::string> cudnn_shortage();
/// "9.28.1", of the library that is loaded.
std::string cudnn_version();

/// A GPU that need not be here, in the units of cudaDeviceProp; compute capability 9.0 or 10.x.
struct DescribedGpu {
  std::string name;
  int capability = 0;  // 90
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0, l2_bytes = 0;
  int clock_khz = 0, memory_clock_khz = 0, memory_bus_bits = 0;
};

/// What a record of such a GPU would note, from plans that are made and compiled for it. Throws as CudnnAttention
/// does. For tests without a GPU; here, since the frontend is compiled once.
std::vector<std::pair<std::string, std::string>> plan_cudnn_attention(const AttentionCase& one,
                                                                      const DescribedGpu& gpu);

/// In device memory; what a pass does not have is null.
struct AttentionPointers {
  void *q = nullptr, *k = nullptr, *v = nullptr, *o = nullptr, *lse = nullptr;
  void *d_o = nullptr, *d_q = nullptr, *d_k = nullptr, *d_v = nullptr;
};

/// The plans for one case: forward, and for a backward case the gradients as well.
class CudnnAttention {
 public:
  /// Throws Error(not_supported), in the library's words, where it has no engine for the case.
  CudnnAttention(const AttentionCase& one, Device& device);
  ~CudnnAttention();

  void enqueue(AttentionPass pass, const AttentionPointers& pointers, cudaStream_t stream);
  /// Version, and which engine the library chose.
  std::vector<std::pair<std::string, std::string>> notes() const;

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

}  // namespace petaproof

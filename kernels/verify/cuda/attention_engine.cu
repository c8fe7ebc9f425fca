// needs: cuda
#include "kernels/verify/cuda/attention_engine.hpp"

#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"
#include "kernels/verify/cuda/attention_jobs.hpp"

namespace petaproof::cuda {
namespace {

struct OnStream {
  cudaStream_t stream;

  template <Element E, typename Real, typename... Arguments>
  void rows(unsigned blocks, Arguments... arguments) const {
    sum_attention_rows<E, Real><<<blocks, attention_threads, 0, stream>>>(arguments...);
    PETAPROOF_CUDA_LAUNCHED();
  }
  template <Element E, typename Real, typename... Arguments>
  void query_lines(unsigned blocks, Arguments... arguments) const {
    sum_query_lines<E, Real><<<blocks, attention_threads, 0, stream>>>(arguments...);
    PETAPROOF_CUDA_LAUNCHED();
  }
  template <Element E, typename Real, typename... Arguments>
  void key_lines(unsigned blocks, Arguments... arguments) const {
    sum_key_lines<E, Real><<<blocks, attention_threads, 0, stream>>>(arguments...);
    PETAPROOF_CUDA_LAUNCHED();
  }
  template <Element E, typename... Arguments>
  void not_finite(unsigned blocks, Arguments... arguments) const {
    find_not_finite<E><<<blocks, block_threads, 0, stream>>>(arguments...);
    PETAPROOF_CUDA_LAUNCHED();
  }
  template <typename... Arguments>
  void wrong_log_sum_exps(unsigned blocks, Arguments... arguments) const {
    find_wrong_log_sum_exps<<<blocks, block_threads, 0, stream>>>(arguments...);
    PETAPROOF_CUDA_LAUNCHED();
  }
};

}  // namespace

std::unique_ptr<AttentionEngine> make_attention_engine(Device& device, const AttentionShape& shape,
                                                       AttentionPass pass, const AttentionInputs& inputs) {
  return std::make_unique<DeviceAttentionEngine<OnStream>>(device, shape, pass, inputs,
                                                           OnStream{handle_of(device.stream())});
}

std::unique_ptr<AttentionReader> make_attention_reader(Device& device, const AttentionShape& shape, Element element,
                                                       const AttentionOutputs& outputs) {
  return std::make_unique<DeviceAttentionReader<OnStream>>(device, shape, element, outputs,
                                                           OnStream{handle_of(device.stream())});
}

}  // namespace petaproof::cuda

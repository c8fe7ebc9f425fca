// The kernels behind the check of attention on CPU threads, behind the engine and the reader that a GPU has. Include
// it first.
#pragma once

#include "support/cuda_on_cpu.hpp"

// after it: the kernels
#include "kernels/verify/cuda/attention_jobs.hpp"

namespace petaproof::testing {

struct OnCpu {
  // fewer blocks than there is work for, so that blocks go round
  static constexpr unsigned few_blocks = 3;

  template <Element E, typename Real, typename... Arguments>
  void rows(unsigned blocks, Arguments... arguments) const {
    on_cpu(std::min(blocks, few_blocks), cuda::attention_threads,
           [&] { cuda::sum_attention_rows<E, Real>(arguments...); });
  }
  template <Element E, typename Real, typename... Arguments>
  void query_lines(unsigned blocks, Arguments... arguments) const {
    on_cpu(std::min(blocks, few_blocks), cuda::attention_threads,
           [&] { cuda::sum_query_lines<E, Real>(arguments...); });
  }
  template <Element E, typename Real, typename... Arguments>
  void key_lines(unsigned blocks, Arguments... arguments) const {  // one for each key
    on_cpu(blocks, cuda::attention_threads, [&] { cuda::sum_key_lines<E, Real>(arguments...); });
  }
  template <Element E, typename... Arguments>
  void not_finite(unsigned blocks, Arguments... arguments) const {
    on_cpu(std::min(blocks, few_blocks), 64, [&] { cuda::find_not_finite<E>(arguments...); });
  }
  template <typename... Arguments>
  void wrong_log_sum_exps(unsigned blocks, Arguments... arguments) const {
    on_cpu(std::min(blocks, few_blocks), 64, [&] { cuda::find_wrong_log_sum_exps(arguments...); });
  }
};

using EngineOnCpu = cuda::DeviceAttentionEngine<OnCpu>;
using ReaderOnCpu = cuda::DeviceAttentionReader<OnCpu>;

}  // namespace petaproof::testing

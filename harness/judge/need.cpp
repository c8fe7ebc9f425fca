#include "harness/judge/need.hpp"

namespace petaproof::judge {

Need need_of(const ComputeClaim& compute, const GpuClaim& claimed, double packages) {
  const WholeRange gpus = whole_range(claimed.count);
  Need need;
  need.total_tflops = compute.amount.value();
  need.total_lower_tflops = compute.amount.lower();
  need.total_upper_tflops = compute.amount.upper();
  const auto in_packages = [packages](double count) { return static_cast<std::int64_t>(count * packages); };
  need.gpus = in_packages(claimed.count.value);
  need.gpus_min = in_packages(static_cast<double>(gpus.min));
  need.gpus_max = in_packages(static_cast<double>(gpus.max));
  need.per_gpu_tflops = need.total_tflops / static_cast<double>(need.gpus);
  need.per_gpu_lower_tflops = need.total_lower_tflops / static_cast<double>(need.gpus_max);
  need.per_gpu_upper_tflops = need.total_upper_tflops / static_cast<double>(need.gpus_min);
  return need;
}

}  // namespace petaproof::judge

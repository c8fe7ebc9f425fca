// What a claim in FLOP/s asks for, in total and of each GPU.
#pragma once

#include <cstdint>

#include "harness/judge/claim.hpp"

namespace petaproof::judge {

/// TFLOP/s, with both numbers rounded as printed.
struct Need {
  double total_tflops = 0;
  double total_lower_tflops = 0;  // the least that rounds to the claim: below it, a claim is refuted
  double total_upper_tflops = 0;
  std::int64_t gpus = 0;
  std::int64_t gpus_min = 0;
  std::int64_t gpus_max = 0;
  double per_gpu_tflops = 0;
  double per_gpu_lower_tflops = 0;  // least compute on most GPUs
  double per_gpu_upper_tflops = 0;  // most compute on fewest GPUs
};

/// Where each of `gpus` is so many packages, all counts are of packages.
Need need_of(const ComputeClaim& compute, const GpuClaim& gpus, double packages = 1);

}  // namespace petaproof::judge

// What was measured, as the judge needs it: plain data, filled from the records of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/dimensions.hpp"

namespace petaproof::judge {

/// One verified compute kernel (a GEMM) on the GPUs of one model. Rates are per GPU, TFLOP/s.
struct Measurement {
  std::string run_id;
  std::string case_id;
  std::string backend;                    // "cuda" or "host"
  std::string hardware_id;                // of configs/hardware; empty where the device is in none of its files
  Precision precision = Precision::fp64;  // of the unit that ran: DGEMM on tensor cores is fp64_tensor
  Sparsity sparsity = Sparsity::dense;
  bool gpu_shared = false;  // several ranks used one GPU
  std::string mode;         // "burst", "batched", "sustained"
  std::string fill;         // "normal", ...
  std::string disposition;  // "pass", "fail_verify", ...
  double rate_tflops = 0;   // mean over the GPUs
  double lower_tflops = 0;  // of its 95 % interval
  double upper_tflops = 0;
  std::int64_t gpus = 1;
  std::int64_t nodes = 1;
  std::optional<double> duration_s;    // of the timed window
  std::optional<double> sm_clock_mhz;  // mean over the timed launches
};

/// An inventory: distinct physical GPUs of one model that answered, by UUID.
struct Census {
  std::string run_id;
  std::string hardware_id;
  std::int64_t gpus = 0;
};

struct Evidence {
  std::vector<Measurement> measurements;
  std::vector<Census> censuses;
};

}  // namespace petaproof::judge

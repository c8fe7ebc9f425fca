// Windows in which nodes ran a kernel, with or without the draw that they are of, and what is judged of them.
#pragma once

#include "harness/tests/judge/drawn_nodes.hpp"
#include "harness/tests/judge/fixture.hpp"

namespace petaproof::judge::testing {

inline constexpr const char* reading = "h100-sxm-80gb/fp64_tensor/dense/kernel";

/// `nodes` nodes of eight GPUs in a window, at `mean` with the given variation between nodes, alternating about it.
inline Measurement window(int number, int nodes, double mean, double variation = 0.015, double seconds = 300) {
  Measurement m = measured(Precision::fp64_tensor, mean);
  m.run_id = fmt::format("run-{}", number);
  m.lower_tflops = mean * 0.999;
  m.upper_tflops = mean * 1.001;
  m.duration_s = seconds;
  m.sm_clock_mhz = 1630;
  m.gpus = 8 * nodes;
  m.nodes = nodes;
  for (int i = 0; i < nodes; ++i)
    m.per_node.push_back({host(i), 8, mean * (1 + (i % 2 == 0 ? variation : -variation))});
  m.sum_tflops = 8 * nodes * mean;
  m.synchronous_tflops = m.sum_tflops * 0.98;
  return m;
}

inline Evidence windows(int count, int nodes, double mean) {
  Evidence evidence;
  for (int i = 0; i < count; ++i) evidence.measurements.push_back(window(i, nodes, mean));
  return evidence;
}

inline Evidence sampled(int count, int nodes, double mean, char reach = 'C') {
  Evidence evidence = windows(count, nodes, mean);
  evidence.sample = sample_of(nodes, reach);
  return evidence;
}

/// 240 PFLOP/s of 4,000 H100 SXM, FP64 on tensor cores, as kernels; or another total.
inline JudgedReading judged(const Evidence& evidence, const std::string& petaflops = "240") {
  Claim claim = stated("h100-sxm-80gb", Precision::fp64_tensor, Sparsity::dense, Kind::kernel);
  claim.compute->amount.number = *read_printed(petaflops, false);
  return find(judge_claim(claim, knowledge(), evidence), reading);
}

}  // namespace petaproof::judge::testing

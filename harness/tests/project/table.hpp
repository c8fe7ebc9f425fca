// Rows of a scaling table for tests, in memory.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "harness/project/scaling_table.hpp"

namespace petaproof::project {

inline const std::string csv_header =
    "id,series,kind,scaling,system,gpu,gpus,nodes,workload,precision,parallelism,global_batch,seq_len,msg_bytes,algo,"
    "metric,value,unit,per_gpu_value,per_gpu_unit,evidence,source,note\n";

inline ScalingRow training_row(std::int64_t gpus, double step_seconds) {
  ScalingRow row;
  row.series = "training";
  row.kind = "train_step";
  row.scaling = "weak";
  row.gpus = gpus;
  row.nodes = std::max<std::int64_t>(1, gpus / 8);
  row.workload = "model";
  row.parallelism = "TP=4, PP=2, DP=" + std::to_string(gpus / 8);
  row.global_batch = std::to_string(4 * gpus);
  row.metric = "step_time";
  row.value = step_seconds;
  row.unit = *find_unit("s");
  return row;
}

/// A point of an all-reduce that follows T = a + c log2(nodes) + S 2(n-1)/n / B exactly, in GB/s of bus bandwidth.
inline ScalingRow all_reduce_row(std::int64_t nodes, std::int64_t mib, double a = 40e-6, double c = 80e-6,
                                 double b = 350e9) {
  ScalingRow row;
  row.series = "all-reduce-" + std::to_string(mib);
  row.kind = "collective";
  row.system = "fabric";
  row.gpus = 8 * nodes;
  row.nodes = nodes;
  row.workload = "all_reduce";
  row.msg_bytes = mib << 20;
  row.metric = "busbw";
  const double n = static_cast<double>(row.gpus);
  const double wire = static_cast<double>(*row.msg_bytes) * 2 * (n - 1) / n;
  row.value = wire / (a + c * std::log2(static_cast<double>(nodes)) + wire / b) / 1e9;
  row.unit = *find_unit("GB/s");
  return row;
}

/// Four message sizes at each of these numbers of nodes.
inline std::vector<ScalingRow> all_reduce_scan(std::vector<std::int64_t> nodes) {
  std::vector<ScalingRow> rows;
  for (const std::int64_t mib : {16, 128, 1024, 16384})
    for (const std::int64_t k : nodes) rows.push_back(all_reduce_row(k, mib));
  return rows;
}

}  // namespace petaproof::project

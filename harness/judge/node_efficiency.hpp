// What nodes did for what they drew: a run's GEMMs over the watts that meters said of its nodes. NVML's watts are a
// GPU's, and never stand in for a node's.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/support.hpp"

namespace petaproof::judge {

struct MeasuredEfficiency {
  std::string run_id;
  std::string case_id;
  std::string hardware_id;
  Precision precision = Precision::fp64;
  Emulation emulation = Emulation::native;
  std::int64_t nodes = 0;     // that were metered
  double tflops_per_gpu = 0;  // over the GPUs that ran on them
  double watts_per_gpu = 0;   // of these nodes, over the same GPUs

  double gflops_per_watt() const { return tflops_per_gpu * 1e3 / watts_per_gpu; }
};

/// Of each precision of each GPU, the best measurement, as support.hpp ranks them.
struct NodeEfficiency {
  std::vector<MeasuredEfficiency> measured;
  std::vector<std::string> why_not;  // one sentence for each run of which it cannot be said
};

/// Empty where no node was metered or nothing was measured that may count; what is set aside may not.
NodeEfficiency node_efficiency(const Evidence& evidence, const std::vector<SetAside>& set_aside);

}  // namespace petaproof::judge

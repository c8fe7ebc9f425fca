// Which GPUs and nodes of a measurement are unlike their peers: for whoever repairs them, and for a reader who asks
// what the mean hides. All of them stay in every total.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/outliers.hpp"

namespace petaproof::judge {

struct Flagged {
  std::string run_id;
  std::string case_id;
  std::int64_t gpus = 0;
  std::int64_t nodes = 0;
  std::vector<Outlier> outliers;  // pods, nodes, GPUs; a GPU is named by its place on its node: "GPU 3"
};

/// Pods are those of the sample, where there is one and each has enough nodes to compare. GPUs without a rate are no
/// outliers: they did nothing, and count as that.
Flagged flagged_in(const Measurement& measurement, const std::optional<SampleEvidence>& sample);

/// "2 of 256 GPUs and 1 of 32 nodes: node n7 33 % slower, ..."; empty if none is flagged.
std::string flagged_text(const Flagged& flagged);

}  // namespace petaproof::judge

// Nodes n000, n001, ... of a list of 500, and draws of the first of them, for tests of what a sample says.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "harness/judge/evidence.hpp"

namespace petaproof::judge::testing {

inline std::string host(int node) {
  return fmt::format("n{:03}", node);
}

inline SampleEvidence sample_of(int nodes, char reach, int missing = 0, std::string selection = "random") {
  SampleEvidence sample;
  sample.list_hash = std::string(64, 'a');
  sample.selection = std::move(selection);
  sample.reach = reach;
  sample.cluster_nodes = 500;
  sample.drawn = nodes;
  sample.missing = missing;
  SampledPod pod{"all", 500, {}, missing};
  for (int i = 0; i < nodes - missing; ++i) pod.delivered.push_back(host(i));
  sample.pods = {pod};
  return sample;
}

}  // namespace petaproof::judge::testing

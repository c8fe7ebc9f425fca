// The mean rate of a cluster from a sample of its pods: stratified random sampling of a finite population (Cochran,
// Sampling Techniques, 3rd edition, sections 5.3 to 5.6). STATISTICS.md has the formulas.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/judge/sample_size.hpp"

namespace petaproof::judge {

/// One pod of the cluster, or the whole of it.
struct Stratum {
  std::string name;
  std::int64_t nodes = 0;     // of the pod, drawn or not
  std::vector<double> rates;  // per GPU, the mean over the GPUs of each measured node; one unit throughout
  std::int64_t missing = 0;   // drawn, and not delivered
};

/// What a drawn node that was not delivered is taken for.
enum class Missing {
  zero,     // a node of rate 0: for a bound from below
  left_out  // not drawn at all: for a bound from above
};

/// The sample of one pod that has one.
struct StratumMean {
  std::int64_t nodes = 0;
  std::int64_t sampled = 0;
  double mean = 0;
  double variance = 0;            // of the mean, as an estimate of the pod's; 0 if all its nodes are sampled
  double degrees_of_freedom = 0;  // of that variance; 0: nothing tells how nodes vary, the variance is infinite
  bool borrowed = false;          // the variance is that between the nodes of all pods
};

/// The mean over the nodes of all pods that have a sample.
struct StratifiedMean {
  std::vector<StratumMean> strata;
  std::int64_t nodes = 0;  // of these pods
  std::int64_t sampled = 0;
  double mean = 0;
  double standard_error = 0;
  double degrees_of_freedom = 0;  // Satterthwaite's; 0 where the standard error is 0 or infinite
  double variation = 0;           // between nodes, stdev / mean; infinite for a single one

  /// Nodes outside the sample exist.
  bool sampling() const { return sampled < nodes; }
  std::vector<SampledShare> shares() const;
  /// Half of the one-sided interval; infinite where a single node stands for several.
  double margin(double confidence) const;
};

/// Throws Error(config) on a pod without nodes, with more nodes drawn than it has, or with a rate that is not a
/// finite number above 0; and if no node is measured at all.
void check_strata(std::span<const Stratum> strata);

/// Of checked strata.
StratifiedMean stratified_mean(std::span<const Stratum> strata, Missing missing);

}  // namespace petaproof::judge

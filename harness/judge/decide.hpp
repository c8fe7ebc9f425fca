// The verdict of one reading in FLOP/s. The order of the rules is the method: arithmetic first, since no evidence can
// argue with a peak; then whether the thing exists; then what was seen of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/readings.hpp"
#include "harness/judge/support.hpp"
#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

/// What one reading is decided on.
struct Question {
  const Claim& claim;
  const Need& need;
  const Hardware& gpu;
  const Reading& reading;
  const Arithmetic& arithmetic;
  const Support& support;
  const Evidence& evidence;
  const PublishedResults& published;

  std::string count_of_gpus() const;               // "4,000 H100 SXM (80 GB)"
  std::string would_decide() const;                // what_would_decide() of this reading
  std::string in_claim_unit(double tflops) const;  // "240 PFLOP/s"
  std::string bound(double tflops) const;          // "235", all digits
  std::string against_claim(double tflops) const;  // "211 PFLOP/s, which falls short of 235, ..."
};

/// A total of the whole cluster that evidence bounds, TFLOP/s, each bound at 95 % one-sided.
struct Projected {
  double estimate = 0;
  double lower = 0;
  double upper = 0;
  char level = 'D';
  std::string basis;  // "32 of 500 nodes (256 GPUs), random, 3 windows of 300 s"
  std::vector<Step> steps;
};

struct Decision {
  Verdict verdict;
  std::optional<Projected> projected{};
};

Decision decide(const Question& question);

/// The parts of decide(), once neither arithmetic nor the future has the last word.
Decision decide_peak(const Question& question);      // K0: decide_peak.cpp
Decision decide_kernel(const Question& question);    // K1: decide_kernel.cpp
Decision decide_together(const Question& question);  // K2, K3, K4: decide_together.cpp

/// What would decide a reading of this kind about `gpus`, such as "4,000 H100 SXM (80 GB)", so many on a node.
std::string what_would_decide(Kind kind, const Need& need, const std::string& gpus, std::int64_t gpus_per_node);

/// "verified GEMMs ... on at least 32 of 500 nodes ...": what evidence level C asks for.
std::string sampled_gemms(std::int64_t sample, std::int64_t nodes, std::int64_t gpus_per_node,
                          const std::string& gpus);

}  // namespace petaproof::judge

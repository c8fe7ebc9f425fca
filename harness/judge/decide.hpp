// The verdict of one reading. The order of the rules is the method: arithmetic first, since no evidence can
// argue with a peak; then whether the thing exists; then what was seen of it.
#pragma once

#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

Verdict decide(const Claim& claim, const Need& need, const Hardware& gpu, const Reading& reading,
               const Arithmetic& arithmetic, const Support& support);

/// What would decide a reading of this kind about `gpus`, such as "4,000 H100 SXM (80 GB)".
std::string what_would_decide(Kind kind, const Need& need, const std::string& gpus);

}  // namespace petaproof::judge

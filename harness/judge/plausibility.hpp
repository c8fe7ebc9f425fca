// How a reading compares with what others have published: beside the verdict, never part of it.
#pragma once

#include <string>
#include <string_view>

#include "harness/judge/need.hpp"
#include "harness/judge/published.hpp"
#include "harness/judge/readings.hpp"

namespace petaproof::judge {

enum class Plausible { usual, unusual, beyond, unknown };
std::string_view to_string(Plausible plausible);  // "usual", "beyond any published result", "no published result"

struct Plausibility {
  Plausible plausible = Plausible::unknown;
  std::string because;  // "60.0 TFLOP/s per GPU; published: 36.5 to 45.7 (9 results), the highest ..."
};

/// Per GPU, against results of the reading's GPU, precision and kind: usual up to their median, unusual up to the
/// highest, beyond any published result above it. Native and dense readings only.
Plausibility plausibility_of(const Reading& reading, const Need& need, const PublishedResults& published);

}  // namespace petaproof::judge

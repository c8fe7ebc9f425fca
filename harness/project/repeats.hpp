// Several measurements of one point: the one place that makes them one. How far they lie apart says how well the
// point is known; where that is further than the band of a prediction is wide, nothing is predicted from it.
#pragma once

#include <string>
#include <vector>

#include "harness/project/bands.hpp"

namespace petaproof::project {

struct Repeats {
  double mean = 0;   // geometric, so that times and rates have the same
  double apart = 1;  // the largest over the smallest
  int count = 0;
};

/// Of one value or more, each above 0.
Repeats combined(const std::vector<double>& values);

/// Why these are no one point: they lie further apart than `band` is wide. Empty: they are one. `what` names the
/// point: "32 GPUs".
std::string why_not_one_point(const Repeats& repeats, const Band& band, const std::string& what);

/// "2 points were measured several times, at most 3.1 % apart"; empty where none was. One entry for each point.
std::string repeats_note(const std::vector<Repeats>& points);

}  // namespace petaproof::project

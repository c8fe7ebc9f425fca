// Claims that cannot all hold: of one party about one thing, or several that hold one rank. A pure function. It
// changes no verdict: each claim is judged alone, and of two that exclude each other either may be the true one.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/claim.hpp"

namespace petaproof::judge {

struct ClaimConflict {
  std::string about;  // "power of all sites", "power", "GPU count", "compute", "PUE", "rank"
  std::string first;  // ids of the two claims, in the order given
  std::string second;
  std::string because;  // one sentence
};

/// Of every pair of claims, in their order. Numbers conflict only where no values that round to them agree, and only
/// for dates that may be the same: a claim without any date may be of every date.
///
/// * power of all sites, one party: the one says so much by its latest date, the other less for that date or later;
/// * power at one site and GPU count, one party and subject: the intervals are disjoint;
/// * compute of one kind, peak or one named coupled program, on one number of GPUs, and PUE of one period: the same;
/// * rank, any parties: two subjects hold the same place among the same systems, by metrics not stated to differ.
std::vector<ClaimConflict> conflicts_of(const std::vector<Claim>& claims);

/// The part "CONFLICTS" of the output; empty if there are none.
std::string render_conflicts(const std::vector<ClaimConflict>& conflicts);

/// One document of schema petaproof-conflicts/1, also if there are none.
std::string render_conflicts_json(const std::vector<ClaimConflict>& conflicts);

}  // namespace petaproof::judge

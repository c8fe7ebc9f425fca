// What nodes of a draw did in windows of time: of one job, whose nodes ran at once, or put together of several jobs
// that deliver the draw between them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "harness/judge/evidence.hpp"

namespace petaproof::judge {

using Measurements = std::vector<const Measurement*>;
using RatesByHost = std::unordered_map<std::string, double>;  // mean per GPU of a node, TFLOP/s

struct Window {
  Measurements parts{};   // the records that it holds
  RatesByHost lowest{};   // over the whole window, and over as many GPUs as a node has: one that did not answer adds
                          // nothing
  RatesByHost pace{};     // over as many GPUs, while they computed: what windows are compared by
  RatesByHost highest{};  // over the GPUs that ran: from above, those that did not are like them
  bool at_once = true;    // one record alone has all its nodes
  double shortest_s = 0;  // of the parts
};

/// Of one record.
Window window_of(const Measurement& record, std::int64_t gpus_per_node);

/// Those that have a delivered node: a run of others says nothing of the draw, and must not stand in its way.
Measurements records_of_draw(const Measurements& records, const SampleEvidence& sample);

/// Of the delivered nodes, by whichever record has most of a node's: GPUs that computed, and not those that are
/// there.
std::int64_t gpus_that_ran(const Measurements& records, const SampleEvidence& sample);

/// Of sustained records of one reading, each with a delivered node, in the order in which windows are counted. Where
/// the runs have the same of the delivered nodes, or there is one run, each record is a window. Where runs have
/// different ones, they are jobs that deliver the draw between them, and of each case the k-th records of the nodes
/// are one window together:
///
///   * a case has as many windows as 95 % of the delivered nodes have records of it (least_share_of_window). A node
///     with fewer is missing in the others;
///   * a node with more counts with all of them, the earlier ones in the earlier windows: with the lowest rate from
///     below and the highest from above, so that nobody gains by measuring again;
///   * records of a case with no window at all count in the first window of another case, likewise.
///
/// If no case has a window, each record is one.
std::vector<Window> windows_of_draw(const Measurements& records, const SampleEvidence& sample,
                                    std::int64_t gpus_per_node);

/// Of the delivered nodes, so many make a window of jobs: as of the drawn nodes, so many make a delivery.
inline constexpr double least_share_of_window = 0.95;

}  // namespace petaproof::judge

// Records that tell of one window twice: a folder that was copied under another name is no second measurement.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/sample/measured_nodes.hpp"

namespace petaproof::sample {

/// For each record, why it does not count beside the others; empty: it does. GPUs are told by UUID, where the
/// manifest has one, else by host and rank.
///
///   * Two records in which a GPU has the same times of its launches (mean, quartiles, extremes, length of the
///     window, to the last bit) are of the same launches, whatever they are called: the later one (by begin, run and
///     case) is a copy and does not count.
///   * Two records with a GPU in common that overlap, and have other times: either one is invented, or two jobs
///   shared
///     the GPU and neither rate is its own. Neither counts. Cases of one run follow each other by one clock; runs
///     take the time from different hosts' clocks, so that a minute, and half of the shorter one, is allowed between
///     them.
std::vector<std::string> told_twice(const std::vector<MeasuredRun>& runs,
                                    const std::vector<const nlohmann::json*>& records);

}  // namespace petaproof::sample

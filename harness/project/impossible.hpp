// Rows that no machine can have measured: a rate above what their GPU can do, or a rate of one GPU that is not that
// of all divided by their number. A pure function.
#pragma once

#include <string>

#include "harness/judge/hardware.hpp"
#include "harness/project/scaling_table.hpp"

namespace petaproof::project {

/// Why the row cannot be, one sentence without a full stop; empty where it can, or where nothing tells. Peaks and
/// links are known of the GPUs that `hardware` names, however they are spelt: "H100-SXM-80GB", "NVIDIA H100 80GB
/// HBM3".
std::string why_impossible(const ScalingRow& row, const judge::HardwareDatabase& hardware);

}  // namespace petaproof::project

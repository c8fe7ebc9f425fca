// From records to evidence: which records are measurements that a claim about compute could rest on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/hardware.hpp"

namespace petaproof::judge {

/// Every record that measured FLOP/s, whatever became of it: the judge sets aside what may not count and says
/// why. GPUs are told by the name that the driver reports.
Evidence evidence_from(const std::vector<nlohmann::json>& records, const HardwareDatabase& hardware);

}  // namespace petaproof::judge

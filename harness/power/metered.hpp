// Watts of nodes and racks from what their meters said: files that a BMC, a PDU or a person wrote.
//
//   *.json  Redfish: a Power resource (PowerControl[].PowerConsumedWatts), an EnvironmentMetrics resource
//           (PowerWatts.Reading), or a MetricReport (MetricValues[] whose MetricId or MetricProperty is about power)
//   *.csv   utc,meter,of,watts with that header; meter is bmc (a node) or pdu (a rack), `of` its name
//   *.txt   what `ipmitool dcmi power reading` prints; the node is named by the file
//
// NVML's figures are a GPU's own and are read from none of these.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/judge/evidence.hpp"

namespace petaproof::power {

/// One entry for each node or rack. Throws Error(config), one line with file and place, on a file of none of these
/// forms, one without a reading, and on a reading that is not above 0.
std::vector<judge::MeteredPower> read_metered_power(const std::filesystem::path& file);

}  // namespace petaproof::power

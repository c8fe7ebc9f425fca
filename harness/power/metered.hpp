// Watts of nodes and racks from what their meters said: files that a BMC, a PDU or a person wrote.
//
//   *.json  Redfish: a Power resource (PowerControl[].PowerConsumedWatts), an EnvironmentMetrics resource
//           (PowerWatts.Reading), or a MetricReport (MetricValues[] whose MetricId or MetricProperty is about power)
//   *.csv   utc,meter,of,watts with that header; utc as 2026-11-25T20:00:00Z, meter is bmc (a node) or pdu (a rack),
//   `of`
//           its name
//   *.txt   what `ipmitool dcmi power reading` prints; the node is named by the file
//
// NVML's figures are a GPU's own and are read from none of these.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"

namespace petaproof::power {

/// One entry for each node or rack, and for each form of a Redfish file. Names lose the blanks at their ends. Throws
/// Error(config), one line with file and place, on a file of none of these forms, one without a reading, on a reading
/// that is not above 0, a time that is none, and on a meter read twice at one time, with both places: readings that
/// were copied would count double.
std::vector<judge::MeteredPower> read_metered_power(const std::filesystem::path& file);

/// The same of several files, in their order; the same meter, name and time in two of them is an error too.
std::vector<judge::MeteredPower> read_all_metered_power(const std::vector<std::string>& files);

/// What the files may be, for a command's help.
inline constexpr const char* accepted_files =
    "What meters of nodes or racks said: Redfish .json, ipmitool .txt, or .csv (utc,meter,of,watts)";

}  // namespace petaproof::power

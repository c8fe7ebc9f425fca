// Telemetry in records: a rank's summary as it travels, and the record's object `telemetry`, all ranks combined.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/record/rank_report.hpp"
#include "harness/telemetry/summary.hpp"

namespace petaproof {

nlohmann::json to_json(const TelemetrySummary& summary);
TelemetrySummary telemetry_summary_from(const nlohmann::json& json);

/// Of a case that no rank measured.
nlohmann::json no_telemetry(const std::string& backend);
/// Clock and power are means over devices, and null unless every rank has one: a mean over those that answer would
/// hide the one that does not.
nlohmann::json telemetry_json(const std::vector<RankReport>& ranks);

}  // namespace petaproof

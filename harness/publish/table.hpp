// The table of a run for a terminal or a ticket: one line per case, and below it what is left of a long title.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace petaproof {

/// `records`: `end` lines in order. `colour` marks dispositions. Ends with a line end.
std::string render_table(const std::vector<nlohmann::json>& records, bool colour);

/// 1410.4 -> "1410 MHz"; "-" where it is null.
std::string number_or_dash(const nlohmann::json& value, const char* unit);

/// 58300000000 FLOP/s -> "58.3 GFLOP/s"; prefixes of 1000.
std::string with_prefix(double value, const std::string& unit);

}  // namespace petaproof

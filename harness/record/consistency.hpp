// Whether a record's own numbers hold together: its work is that of its parameters, its totals are those of its
// ranks' columns, its ranks did what the measuring loop lets ranks do and ended as it says, its time runs forwards.
// Whoever edits a total can mend a checksum; to mend the columns too is to make up a run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace petaproof {

/// What contradicts itself within an `end` line of disposition "pass", for a reader; empty where nothing does, and
/// for any other disposition, on which nothing rests. Linear in the number of ranks. A pure function.
std::string contradiction_in(const nlohmann::json& record);

}  // namespace petaproof

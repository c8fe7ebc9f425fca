// Numbers that nothing can have measured. A line whose checksum holds may have been written by anybody, and one
// number of 1e308 in it makes sums and shares infinite that no output can hold.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace petaproof {

/// What cannot be, and where: "/work/0/total is 1e+308, beyond anything that is measured"; a share of time outside 0
/// to 1 likewise. Empty: none. In time linear in the record.
std::string impossible_number(const nlohmann::json& record);

}  // namespace petaproof

// When a meter was read: times as files have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace petaproof::power {

/// Nanoseconds since 1970 of "2026-11-25T20:00:00Z" or "...00.250Z": UTC alone, with up to nine digits after the
/// point. Nothing for any other text, a date that no calendar has among them.
std::optional<std::int64_t> read_utc(std::string_view text);

/// The same with "+01:00" allowed for the Z, as Redfish's services print times.
std::optional<std::int64_t> read_date_time(std::string_view text);

}  // namespace petaproof::power

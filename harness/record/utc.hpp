// Times in records: UTC, RFC 3339, milliseconds.
#pragma once

#include <optional>
#include <string>

namespace petaproof {

/// "2026-11-22T16:14:56.123Z"
std::string utc_now();
/// "20261122T161456Z", for folder names.
std::string utc_now_compact();
/// Seconds since 1970 of what utc_now() writes; nothing of anything else.
std::optional<double> seconds_of_utc(const std::string& text);

}  // namespace petaproof

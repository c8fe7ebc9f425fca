// Times in records: UTC, RFC 3339, milliseconds.
#pragma once

#include <string>

namespace petaproof {

/// "2026-11-22T16:14:56.123Z"
std::string utc_now();
/// "20261122T161456Z", for folder names.
std::string utc_now_compact();

}  // namespace petaproof

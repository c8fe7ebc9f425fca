// Whether the ranks of a record got the same bits from the same inputs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace petaproof {

/// What a run would have failed for (digest_outliers() of record.hpp), as far as a record of disposition "pass"
/// tells: GPUs of one name on one host whose digests differ, or hosts of which each has a digest of its own. Empty:
/// nothing. Of collectives, whose ranks may get unlike results, and of CPUs, whose ranks may have unlike numbers of
/// threads: nothing. In time linear in the ranks. A pure function.
std::string of_digests(const nlohmann::json& record);

}  // namespace petaproof

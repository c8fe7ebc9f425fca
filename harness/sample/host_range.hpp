// Slurm's way to write many names: "n[001-128,130],login1".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace petaproof::sample {

/// More names than this in one list are taken for a mistake.
inline constexpr std::size_t most_names = 1'000'000;

/// All names, in the order written. Any number of brackets in a name: "r[1-2]n[01-16]" is 32 names. A number is
/// padded to the width of its range's first where that begins with 0, as Slurm does. Throws Error(config), without
/// saying where the text stands, if it is not of this form.
std::vector<std::string> expand_hosts(std::string_view text);

/// The other way: names that differ only in the last number of their short name share brackets; what differs
/// otherwise is parted by commas. expand_hosts() gives the same names back, those of one bracket by number.
std::string compress_hosts(std::vector<std::string> names);

}  // namespace petaproof::sample

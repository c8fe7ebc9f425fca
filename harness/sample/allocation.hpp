// How many of the nodes to draw fall to each pod.
#pragma once

#include <cstdint>
#include <vector>

namespace petaproof::sample {

/// Shares of `size` in proportion to `pods` (nodes of each; all above 0), by largest remainder, the earlier pod first
/// where remainders are equal. No pod gets less than a floor: two nodes, or its only one, where `size` allows that
/// for all; else one where it allows that; else none. Where the floor is more than a pod's share, it gets the floor,
/// and the others share what remains in the same way. `size` from 0 to the sum of `pods`.
std::vector<std::int64_t> allocate(const std::vector<std::int64_t>& pods, std::int64_t size);

/// The floor's sum: the fewest nodes with two of every pod that has two, without which the spread within a pod cannot
/// be told.
std::int64_t two_of_each(const std::vector<std::int64_t>& pods);

}  // namespace petaproof::sample

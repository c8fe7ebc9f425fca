// How far each kind of projection may be carried beyond what was fitted: as far as published measurements of larger
// machines could tell whether it holds, and no further. A band that was right at 64 times the GPUs says nothing of a
// million times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace petaproof::project {

struct Reach {
  double factor = 0;          // at most so many times the GPUs of the largest count that was fitted
  std::string_view evidence;  // what was published that far
};

Reach collective_reach();

/// `counts` of three nodes or more: one shows no trend.
Reach training_reach(std::int64_t counts, bool eight_bits);

Reach hpl_reach();

/// Why `target` GPUs are not reached from `fitted`; empty: they are.
std::string why_beyond(const Reach& reach, std::int64_t fitted, std::int64_t target);

/// The same of message sizes: no further than the smallest and the largest that were fitted.
std::string why_beyond_sizes(std::int64_t smallest_fitted, std::int64_t largest_fitted, std::int64_t bytes);

}  // namespace petaproof::project

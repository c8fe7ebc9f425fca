// The units of a scaling table, and how a value in each follows from a rate per GPU.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof::project {

enum class Sense {
  time,          // of one step or operation: less is better
  rate_per_gpu,  // what one GPU does in a second
  rate_total,    // what all of them do
  bandwidth,     // of a collective operation
  power,
};

struct Unit {
  std::string_view name;
  Sense sense;
  double si;  // of one unit: seconds, FLOP/s, bytes per second; 1 for tokens and samples
};

/// Nothing where the name is not one of unit_names().
std::optional<Unit> find_unit(std::string_view name);
std::vector<std::string> unit_names();

}  // namespace petaproof::project

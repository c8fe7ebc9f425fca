// How many GPUs of a model a cluster has at least, from the nodes of a random draw: what a census of all of them
// would count, without visiting them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/evidence.hpp"
#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

struct Inventory {
  std::int64_t gpus_at_least = 0;  // at 95 %
  std::int64_t gpus_at_most = 0;   // if all nodes of the list are like those drawn
  std::int64_t gpus_per_node = 0;  // of every node that was drawn
  char level = 'D';
  std::string basis;      // "32 of 500 nodes drawn at random, each with 8 h200-sxm-141gb"
  std::string said;       // the same, and what it tells
  std::string qualifier;  // "projected from 32 of 500 nodes, level C, weak"
  std::vector<Step> steps;
};

/// Nothing unless the draw reaches evidence level C or better and every node of it was delivered with the same number
/// of GPUs of this model, which a census counted: where one falls short, only a count of all nodes tells.
std::optional<Inventory> sampled_inventory(const Evidence& evidence, const std::string& hardware_id);

}  // namespace petaproof::judge

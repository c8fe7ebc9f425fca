#include "harness/project/reach.hpp"

#include <fmt/format.h>

namespace petaproof::project {

// The evidence of each number: README.md.

Reach collective_reach() {
  return {64, "published scans go from 128 to 8,192 GPUs"};
}

Reach training_reach(std::int64_t counts, bool eight_bits) {
  if (counts > 1) return {64, "published series go from 32 to 2,048 GPUs"};
  if (eight_bits)
    return {4,
            "only one count of three nodes or more was measured, and in 8 bits or fewer rates fall two to three "
            "times as fast"};
  return {16,
          "only one count of three nodes or more was measured, which does not show how the rate changes with size"};
}

Reach hpl_reach() {
  return {4, "the published runs of one system go from 4,096 to 14,400 GPUs"};
}

std::string why_beyond(const Reach& reach, std::int64_t fitted, std::int64_t target) {
  const double factor = static_cast<double>(target) / static_cast<double>(fitted);
  if (factor <= reach.factor) return {};
  return fmt::format("{} GPUs are {:.4g} times the {} that were measured, and at most {} times is carried: {}",
                     target, factor, fitted, reach.factor, reach.evidence);
}

std::string why_beyond_sizes(std::int64_t smallest_fitted, std::int64_t largest_fitted, std::int64_t bytes) {
  if (bytes >= smallest_fitted && bytes <= largest_fitted) return {};
  if (smallest_fitted == largest_fitted)
    return fmt::format("one message size was fitted, {} bytes, which tells nothing of others", largest_fitted);
  return fmt::format("only messages from {} to {} bytes were fitted", smallest_fitted, largest_fitted);
}

}  // namespace petaproof::project

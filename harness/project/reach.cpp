#include "harness/project/reach.hpp"

#include <fmt/format.h>

namespace petaproof::project {
namespace {

// The evidence of each number: README.md.

// Fitted without the larger sizes, the published scan's were 1.7 to 4.5 % off at up to eight times the largest that
// was fitted; beyond, at 128 to 256 times, 6 to 8 %.
constexpr std::int64_t size_reach = 8;

}  // namespace

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
  if (bytes < smallest_fitted)
    return fmt::format("no message as small was fitted (the smallest has {} bytes)", smallest_fitted);
  if (bytes <= largest_fitted) return {};
  if (smallest_fitted == largest_fitted)
    return fmt::format("one message size was fitted, {} bytes, which tells nothing of others", largest_fitted);
  if (bytes <= size_reach * largest_fitted) return {};
  return fmt::format("the largest message that was fitted has {} bytes, and at most {} times as many is carried",
                     largest_fitted, size_reach);
}

}  // namespace petaproof::project

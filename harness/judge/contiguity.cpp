#include "harness/judge/contiguity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// log of "n choose k"; of none for k > n
double log_choose(std::int64_t n, std::int64_t k) {
  if (k < 0 || k > n) return -std::numeric_limits<double>::infinity();
  const auto log_factorial = [](std::int64_t m) { return boost::math::lgamma(static_cast<double>(m) + 1); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

// n drawn nodes fall into r runs: n - 1 gaps between them, of which r - 1 part two runs, and N - n + 1 places between
// the nodes that are not drawn, of which the runs take r (Wald and Wolfowitz 1940, for one of the two kinds).
double chance_of_runs(std::int64_t most, std::int64_t drawn, std::int64_t nodes) {
  double chance = 0;
  for (std::int64_t runs = 1; runs <= most; ++runs)
    chance +=
        std::exp(log_choose(drawn - 1, runs - 1) + log_choose(nodes - drawn + 1, runs) - log_choose(nodes, drawn));
  return std::min(1.0, chance);
}

// Draws whose last node lies less than `span` behind the first: one that begins at one of the first N - span places
// has its other nodes among the span - 1 that follow; all others lie in the last `span` places.
double chance_of_span(std::int64_t span, std::int64_t drawn, std::int64_t nodes) {
  const double all = log_choose(nodes, drawn);
  const double early = static_cast<double>(nodes - span) * std::exp(log_choose(span - 1, drawn - 1) - all);
  return std::min(1.0, early + std::exp(log_choose(span, drawn) - all));
}

std::vector<std::int64_t> sorted_positions(std::span<const std::int64_t> positions, std::int64_t nodes) {
  std::vector<std::int64_t> sorted(positions.begin(), positions.end());
  std::ranges::sort(sorted);
  if (sorted.empty()) throw Error(Domain::config, "no measured node has a position in the node list");
  if (sorted.front() < 0 || sorted.back() >= nodes)
    throw Error(Domain::config, fmt::format("positions {} to {} in a list of {} nodes: 0 to {} are allowed",
                                            sorted.front(), sorted.back(), nodes, nodes - 1));
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
    throw Error(Domain::config, fmt::format("position {} of the node list is measured twice", *twice));
  return sorted;
}

}  // namespace

Contiguity contiguity_of(std::span<const std::int64_t> positions, std::int64_t nodes) {
  const std::vector<std::int64_t> sorted = sorted_positions(positions, nodes);
  const auto drawn = static_cast<std::int64_t>(sorted.size());
  Contiguity result{.runs = 1, .span = sorted.back() - sorted.front() + 1};
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i] != sorted[i - 1] + 1) ++result.runs;
  result.expected_runs =
      static_cast<double>(drawn) * static_cast<double>(nodes - drawn + 1) / static_cast<double>(nodes);
  result.p_runs = chance_of_runs(result.runs, drawn, nodes);
  result.p_span = chance_of_span(result.span, drawn, nodes);
  result.p_value = std::min(1.0, 2 * std::min(result.p_runs, result.p_span));
  return result;
}

}  // namespace petaproof::judge

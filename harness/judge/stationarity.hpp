// Do windows of the same nodes, minutes or hours apart, measure one steady system? If not, no window stands for
// another hour, and the reading is NOT DECIDABLE (N6).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace petaproof::judge {

/// Windows whose means differ by less are one system: twice the variation that warm-up leaves between batches of 10
/// s.
inline constexpr double window_spread_allowed = 0.01;
/// Windows that differ by more are not, whatever causes it: that is all that a projection allows the plant.
inline constexpr double window_spread_refused = 0.03;
/// Between the two, they disagree if the nodes' own variation makes such a spread less likely than this.
inline constexpr double window_chance = 0.01;

struct Stationarity {
  bool steady = true;
  std::string why;                    // where it is not
  std::vector<double> means;          // of each window, over the nodes
  double spread = 0;                  // (highest - lowest) / mean of these
  double trend = 0;                   // Theil-Sen slope over these, a fraction of their mean for each window
  std::optional<double> p_value;      // of the spread; none for a single node
  std::vector<std::size_t> unsteady;  // nodes that left their own mean in a window although the others did not
};

/// `windows` in the order of time, each with the rates of the same nodes in the same order. One window is steady:
/// there is nothing that it could differ from. The p-value is that of the F test for the windows in a two-way layout
/// of windows and nodes, on rates over the node's own mean. Throws Error(config) on windows of different length, or a
/// rate that is not a finite number above 0.
Stationarity stationarity_of(std::span<const std::vector<double>> windows);

}  // namespace petaproof::judge

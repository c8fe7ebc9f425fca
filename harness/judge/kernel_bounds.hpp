// K1, what all GPUs do at once, each with its own kernel: from windows on measured nodes to bounds on the cluster's
// total, with the evidence level. Statistics: STATISTICS.md; levels and factors: README.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/judge/decide.hpp"

namespace petaproof::judge {

/// A window shorter than this says nothing of a warm plant (IO500's 300 s).
inline constexpr double least_window_s = 300;
/// Level A asks for one window of this length.
inline constexpr double long_window_s = 1800;
/// All GPUs make as many launches as rank 0 fits into the window, so one that is faster ends before it: 5 % are
/// allowed.
inline constexpr double least_of_window = 0.95;
/// Whether a window is as long as asked for.
constexpr bool lasts(double window_s, double asked_s) {
  return window_s >= least_of_window * asked_s;
}
/// What a sample cannot show: power, cooling and clocks when every node runs. Not validated by public data.
inline constexpr double plant_below = 0.03;
inline constexpr double plant_above = 0.005;
/// Of the claimed GPUs, so many at once are the whole cluster; the rest count 0.
inline constexpr double whole_share = 0.99;
/// Of a window's length, the most that clocks of nodes may differ.
inline constexpr double clock_tolerance = 0.001;

struct KernelBounds {
  Projected projected;
  bool whole = false;             // every node was measured; else a sample
  bool provider_chosen = false;   // by who is judged: it may refute, never confirm
  std::int64_t gpus = 0;          // that the estimate and the lower bound are of
  std::int64_t listed = 0;        // of the nodes listed, those that did not run included; no more than are claimed
  std::int64_t gpus_at_most = 0;  // that the upper bound is of: no fewer than are claimed
  std::int64_t gpus_per_node = 0;
  std::int64_t nodes = 0;       // of the cluster
  double rate_tflops = 0;       // mean per GPU, those that did not run included as 0
  double rate_ran_tflops = 0;   // mean per GPU that ran
  double variation = 0;         // between nodes
  std::optional<double> mhz;    // mean SM clock; absent where a window has none
  std::optional<Reason> fault;  // N6, N12: the windows cannot be used, for `fault_because`
  std::string fault_because;
  std::string qualifier;  // of a verdict that rests on it
};

/// Nothing where the evidence is of too few nodes, or of too short windows, for any statement about the cluster.
std::optional<KernelBounds> kernel_bounds(const Question& question);

/// Whether a kernel this fast is all that one can ask of these GPUs, so that falling short refutes: no kernel reaches
/// the claim at the measured clock, or it reaches 95 % of the best share of peak that is published for the precision.
/// Never where GPUs ran at a lowered power limit or a set clock, or were held down by heat or a power brake.
/// kernel_adequacy.cpp
struct Adequacy {
  bool adequate = false;
  std::string because;
};
Adequacy kernel_adequacy(const Question& question, const KernelBounds& bounds);

}  // namespace petaproof::judge

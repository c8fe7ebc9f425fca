// The three totals of a window, and whether they lie in the order in which they have to. They need different clocks,
// so that an order that is wrong is a clock that is.
//
//   sum           sum over GPUs of work / own time       each GPU by its own stopwatch: nobody waits for anybody
//   window        all work counted in the window / its length               one clock: the headline of kind `kernel`
//   synchronous   all work / sum over rounds of the slowest GPU's time         everybody waits: that of kind
//   `coupled`
#pragma once

#include <span>
#include <string>
#include <vector>

namespace petaproof::judge {

/// The error of the synchronised clock that a window allows, as a fraction of its length.
inline constexpr double clock_tolerance = 0.001;

/// Launches of one GPU that began and ended inside the window.
struct GpuTiming {
  std::string gpu;  // as a defect names it
  double work_flop = 0;
  double start_seconds = 0;                // of the first, on the clock of the window
  double end_seconds = 0;                  // of the last
  double own_seconds = 0;                  // from the one to the other by the GPU's own stopwatch
  double longest_launch_seconds = 0;       // what an edge of the window may cut off
  std::vector<double> round_seconds = {};  // of each launch, from the end of the one before; none: a single round
};

struct TimedWindow {
  double begin_seconds = 0;
  double end_seconds = 0;
};

/// In FLOP/s.
struct Totals {
  double sum = 0;
  double window = 0;
  double synchronous = 0;
  double edge = 0;                   // the fraction by which launches cut off at both edges may lower `window`
  std::vector<std::string> defects;  // of the timing; any of them blocks a verdict

  bool sound() const { return defects.empty(); }
};

/// Checks synchronous <= window (1 + edge) and window <= sum, each to clock_tolerance, and for each GPU that it
/// stayed inside the window and that its stopwatch agrees with the window's clock. A stall is no defect: it lowers
/// what it should. Throws Error(config) on times or work that are not finite or not above 0, an empty window, a
/// window so short that the edges may be all of it, and rounds that differ in number or are longer than the GPU's own
/// time.
Totals totals_of(std::span<const GpuTiming> gpus, const TimedWindow& window);

}  // namespace petaproof::judge

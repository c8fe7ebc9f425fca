// The measuring loop, one for every workload, subject and baseline alike, on every backend.
//
// Modes:
//   burst      each launch timed alone with cold caches; a sample is one launch
//   batched    launches back to back over rotating slots; a sample is the mean of a batch
//   sustained  as batched, over a window of `seconds`, on all devices at once
//
// Where the device can record (CUDA graphs), batched and sustained replay a rotation through all slots as a whole:
// launches of a few microseconds would otherwise measure how fast one CPU thread enqueues.
//
// How often to launch is decided by rank 0 from what it saw while warming up, and broadcast: a time limit applied
// by each rank for itself would make ranks disagree by a launch and hang the next collective.
// Slow samples stay: a throttled clock is what is to be found out, not noise.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/measure/agreement.hpp"
#include "kernels/measure/progress.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

enum class Mode { burst, batched, sustained };

std::string_view to_string(Mode mode);
std::optional<Mode> mode_from(std::string_view name);

struct MeasureSpec {
  Mode mode = Mode::batched;
  double seconds = 1.0;          // budget of the timed part; the window, if sustained
  double warm_up_seconds = 0.5;  // warm-up ends here even if it is not steady by then
};

struct WarmUp {
  std::int64_t launches = 0;
  double seconds = 0;
  bool steady = false;
  double launch_seconds = 0;  // the median of the last batches: a slow launch or two do not count
};

struct Measurement {
  WarmUp warm_up;
  std::vector<double> sample_seconds;  // mean time per launch, one for each sample, in order
  std::int64_t launches_per_sample = 0;
  double window_seconds = 0;  // first timed launch to the end of the last, on this rank's clock
  /// The device's clock between these two points (in burst mode the pauses between launches count); nothing where
  /// the device has no probe.
  std::optional<ClockReading> clock;

  std::int64_t launches() const { return static_cast<std::int64_t>(sample_seconds.size()) * launches_per_sample; }
};

/// Warms up until steady: the means of the last `steady_batches` batches lie within `steady_spread` of each other.
inline constexpr int steady_batches = 6;
inline constexpr double steady_spread = 0.03;

/// `rotation`: one launch of every slot in turn, recorded; with it a batch is a number of whole rotations. Null:
/// every launch is enqueued by itself.
WarmUp warm_up(Workload& workload, Device& device, const MeasureSpec& spec, Agreement& agreement, Progress& progress,
               Recording* rotation = nullptr);

/// The timed part. `warmed` is what warm_up() returned.
Measurement measure(Workload& workload, Device& device, const MeasureSpec& spec, const WarmUp& warmed,
                    Agreement& agreement, Progress& progress, Recording* rotation = nullptr);

}  // namespace petaproof

#include "kernels/measure/loop.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>

#include "kernels/measure/statistics.hpp"

namespace petaproof {
namespace {

constexpr std::pair<Mode, std::string_view> modes[] = {
    {Mode::burst, "burst"}, {Mode::batched, "batched"}, {Mode::sustained, "sustained"}};

// A batch is long against the clock's resolution and the cost of a timer (well under 1 us each).
constexpr double warm_up_batch_seconds = 0.005;
constexpr double batch_seconds = 0.010;
// Long enough that a day's window stays a small record, short enough to see a clock fall.
constexpr double sustained_batch_seconds = 0.1;
constexpr std::int64_t min_samples = 5;
constexpr std::int64_t max_samples = 1000;
constexpr std::int64_t max_sustained_samples = 20'000;  // half an hour of 0.1 s; longer windows have longer batches
// Batches enqueued ahead of the one being waited for, so that the device never idles between batches.
constexpr std::size_t batches_in_flight = 2;

std::int64_t ceil_ratio(double numerator, double denominator, std::int64_t at_least, std::int64_t at_most) {
  const double ratio = std::ceil(numerator / std::max(denominator, 1e-9));
  return static_cast<std::int64_t>(std::clamp(ratio, static_cast<double>(at_least), static_cast<double>(at_most)));
}

// Launches slots in turn and keeps count, across the batches of a phase.
class Launcher {
 public:
  Launcher(Workload& workload, Stream& stream, Progress& progress, Recording* rotation)
      : workload_(workload), stream_(stream), progress_(progress), rotation_(rotation) {}

  void launch(std::int64_t count) {
    const std::int64_t end = launched_ + count;
    while (launched_ < end) {
      if (rotation_ && slot() == 0 && end - launched_ >= workload_.slots()) {
        rotation_->replay(stream_);
        launched_ += workload_.slots();
      } else {
        workload_.launch(stream_, slot());
        ++launched_;
      }
    }
    progress_.launched(launched_);
  }
  std::int64_t launched() const { return launched_; }

  /// `count` launches, or as many more as make whole rotations.
  std::int64_t rounded_up(std::int64_t count) const {
    const std::int64_t step = rotation_ ? workload_.slots() : 1;
    return (count + step - 1) / step * step;
  }

 private:
  int slot() const { return static_cast<int>(launched_ % workload_.slots()); }

  Workload& workload_;
  Stream& stream_;
  Progress& progress_;
  Recording* rotation_;
  std::int64_t launched_ = 0;
};

// The stretch from the first timed launch to the end of the last: its length, and the device's clock in it.
class Window {
 public:
  explicit Window(Device& device) : device_(device), probe_(device.make_clock_probe()) {}

  bool is_open() const { return begin_.has_value(); }
  void open() {
    begin_ = device_.now();
    if (probe_) probe_->start(device_.stream());
  }
  /// The window began that much before open().
  void began_earlier(double seconds) { *begin_ -= seconds; }
  /// Everything is enqueued: what is probed ends with the last launch, not when the host has seen it end. May be
  /// called again; the last call counts.
  void end_of_work() {
    if (probe_) probe_->stop(device_.stream());
  }
  /// Everything has ended.
  void close(Measurement& result) {
    result.window_seconds = device_.now() - *begin_;
    if (probe_) result.clock = probe_->read();
  }

 private:
  Device& device_;
  std::unique_ptr<ClockProbe> probe_;
  std::optional<double> begin_;
};

bool is_steady(const std::deque<double>& means) {
  if (means.size() < steady_batches) return false;
  const auto [low, high] = std::ranges::minmax(means);
  return high - low <= steady_spread * low;
}

// `batches` samples of `per_batch` launches each, without a gap between them.
void run_batches(Launcher& launcher, Device& device, std::int64_t batches, std::int64_t per_batch,
                 std::vector<double>& samples, Window* window = nullptr) {
  std::deque<std::unique_ptr<Timer>> in_flight;
  const auto collect_oldest = [&] {
    samples.push_back(in_flight.front()->seconds() / static_cast<double>(per_batch));
    in_flight.pop_front();
  };
  for (std::int64_t b = 0; b < batches; ++b) {
    in_flight.push_back(device.make_timer());
    in_flight.back()->start(device.stream());
    launcher.launch(per_batch);
    in_flight.back()->stop(device.stream());
    if (in_flight.size() > batches_in_flight) collect_oldest();
  }
  if (window) window->end_of_work();
  while (!in_flight.empty()) collect_oldest();
}

// The flush, some 40 us on a GPU, is still running while the launch is enqueued, if that takes no longer: on an idle
// GPU the timer would start at once, and what the host needs to enqueue would be timed with it, as it is of
// collectives, which begin together.
double burst_once(Workload& workload, Device& device, Launcher& launcher, Agreement& agreement) {
  const auto timer = device.make_timer();
  device.flush_cache(device.stream());
  if (workload.info().collective) {
    device.stream().synchronize();
    agreement.meet();  // start together, or the wait for the last is timed
  }
  timer->start(device.stream());
  launcher.launch(1);
  timer->stop(device.stream());
  return timer->seconds();
}

void measure_burst(Workload& workload, Device& device, const MeasureSpec& spec, Launcher& launcher,
                   Agreement& agreement, Measurement& result) {
  // the first one, not kept, tells what an iteration costs with its flush
  const double begin = device.now();
  burst_once(workload, device, launcher, agreement);
  const double cost = device.now() - begin;
  const std::int64_t count = agreement.meet(ceil_ratio(spec.seconds, cost, min_samples, max_samples)).root_value;
  result.launches_per_sample = 1;
  Window window(device);
  for (std::int64_t i = 0; i < count; ++i) {
    result.sample_seconds.push_back(burst_once(workload, device, launcher, agreement));
    // what comes before the first launch is not in the window
    if (i == 0) {
      window.open();
      window.began_earlier(result.sample_seconds[0]);
    }
  }
  window.end_of_work();
  window.close(result);
}

void measure_batched(Device& device, const MeasureSpec& spec, double launch_seconds, Launcher& launcher,
                     Agreement& agreement, Measurement& result) {
  const double batch = std::max(batch_seconds, spec.seconds / static_cast<double>(max_samples));
  const std::int64_t wanted = launcher.rounded_up(ceil_ratio(batch, launch_seconds, 1, INT32_MAX));
  const std::int64_t per_batch = agreement.meet(wanted).root_value;
  const double sample_cost = launch_seconds * static_cast<double>(per_batch);
  const std::int64_t count =
      agreement.meet(ceil_ratio(spec.seconds, sample_cost, min_samples, max_samples)).root_value;
  result.launches_per_sample = per_batch;
  Window window(device);
  window.open();
  run_batches(launcher, device, count, per_batch, result.sample_seconds, &window);
  window.close(result);
}

void measure_sustained(Device& device, const MeasureSpec& spec, double launch_seconds, Launcher& launcher,
                       Agreement& agreement, Measurement& result) {
  const double shortest = spec.seconds / static_cast<double>(max_sustained_samples);
  const double batch =
      std::max(std::min(sustained_batch_seconds, spec.seconds / static_cast<double>(min_samples)), shortest);
  const std::int64_t wanted = launcher.rounded_up(ceil_ratio(batch, launch_seconds, 1, INT32_MAX));
  result.launches_per_sample = agreement.meet(wanted).root_value;
  Window window(device);
  // As a rule one round. Where launches turn out faster than the warm-up said (clocks rose), rank 0 adds
  // rounds until its window is full.
  for (double left = spec.seconds;;) {
    const double sample_cost = launch_seconds * static_cast<double>(result.launches_per_sample);
    const std::int64_t count = agreement.meet(left > 0 ? ceil_ratio(left, sample_cost, 1, INT32_MAX) : 0).root_value;
    if (count == 0) break;
    if (!window.is_open()) window.open();
    run_batches(launcher, device, count, result.launches_per_sample, result.sample_seconds, &window);
    window.close(result);
    left = spec.seconds - result.window_seconds;
    launch_seconds = result.window_seconds / static_cast<double>(result.launches());
  }
}

}  // namespace

std::string_view to_string(Mode mode) {
  return std::ranges::find(modes, mode, &std::pair<Mode, std::string_view>::first)->second;
}

std::optional<Mode> mode_from(std::string_view name) {
  const auto found = std::ranges::find(modes, name, &std::pair<Mode, std::string_view>::second);
  return found == std::end(modes) ? std::nullopt : std::optional(found->first);
}

WarmUp warm_up(Workload& workload, Device& device, const MeasureSpec& spec, Agreement& agreement, Progress& progress,
               Recording* rotation) {
  Launcher launcher(workload, device.stream(), progress, rotation);
  std::vector<double> samples;
  const double begin = device.now();
  run_batches(launcher, device, 1, launcher.rounded_up(1), samples);

  WarmUp result;
  std::deque<double> last_means;
  // Rank 0's view counts. Each batch is sized by the one before it: the first launch may have been a slow
  // one.
  constexpr std::int64_t stop = 0, stop_steady = -1;
  const auto next_batch = [&] {
    return launcher.rounded_up(ceil_ratio(warm_up_batch_seconds, samples.back(), 1, INT32_MAX));
  };
  for (std::int64_t decision = agreement.meet(next_batch()).root_value; decision > 0;) {
    run_batches(launcher, device, 1, decision, samples);
    last_means.push_back(samples.back());
    if (last_means.size() > steady_batches) last_means.pop_front();
    const bool out_of_time = device.now() - begin >= spec.warm_up_seconds;
    const std::int64_t next = is_steady(last_means) ? stop_steady : out_of_time ? stop : next_batch();
    decision = agreement.meet(next).root_value;
    result.steady = is_steady(last_means);  // of this rank, whatever rank 0 saw
  }
  result.launches = launcher.launched();
  result.seconds = device.now() - begin;
  result.launch_seconds = summarise(std::vector(last_means.begin(), last_means.end())).median;
  return result;
}

Measurement measure(Workload& workload, Device& device, const MeasureSpec& spec, const WarmUp& warmed,
                    Agreement& agreement, Progress& progress, Recording* rotation) {
  Launcher launcher(workload, device.stream(), progress, rotation);
  Measurement result;
  result.warm_up = warmed;
  agreement.meet();  // all ranks start together
  switch (spec.mode) {
    case Mode::burst: measure_burst(workload, device, spec, launcher, agreement, result); break;
    case Mode::batched: measure_batched(device, spec, warmed.launch_seconds, launcher, agreement, result); break;
    case Mode::sustained: measure_sustained(device, spec, warmed.launch_seconds, launcher, agreement, result); break;
  }
  agreement.meet();  // a rank that failed in the timed part joins here
  return result;
}

}  // namespace petaproof

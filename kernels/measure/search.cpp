#include "kernels/measure/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/verify/digest.hpp"

namespace petaproof {
namespace {

// Long against a timer's resolution and short against the seconds for which a device warms up: a search of 30
// candidates takes less than a second where launches are short.
constexpr double first_look_seconds = 0.003;
constexpr double final_seconds = 0.030;
// The first look is wrong by a few per cent at most, so that the fastest is among those that come near it.
constexpr std::size_t finalists = 4;
constexpr int final_rounds = 4;  // even: a drift that grows evenly cancels

class Searcher {
 public:
  Searcher(Workload& workload, Device& device, Progress& progress, std::size_t candidates)
      : workload_(workload), device_(device), progress_(progress), seconds_(candidates, unusable) {}

  Search find() {
    for (std::size_t i = 0; i < seconds_.size(); ++i) look_at(i);
    const auto failed = static_cast<std::size_t>(std::ranges::count(seconds_, unusable));
    if (failed == seconds_.size()) throw *error_;
    const std::vector<std::size_t> last = last_few(seconds_.size() - failed);
    const std::vector<double> times = times_in_turn(last);
    const auto best = static_cast<std::size_t>(std::ranges::min_element(times) - times.begin());
    return {seconds_.size(), failed, last[best], times.front(), times[best]};
  }

 private:
  static constexpr double unusable = std::numeric_limits<double>::infinity();

  // A library may offer what cannot run after all; a device that is broken ends everything.
  void look_at(std::size_t candidate) {
    try {
      seconds_[candidate] = seconds_of(candidate, first_look_seconds);
    } catch (const Error& error) {
      if (error.sticky()) throw;
      error_ = error;
    }
  }

  // The first that could run, which the others are held against, and the fastest.
  std::vector<std::size_t> last_few(std::size_t usable) const {
    std::vector<std::size_t> order(seconds_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t first = *std::ranges::find_if(order, [&](std::size_t i) { return seconds_[i] != unusable; });
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return seconds_[i]; });
    order.resize(std::min(finalists, usable));
    std::erase(order, first);
    order.insert(order.begin(), first);
    return order;
  }

  // Means over rounds in which each has its turn, there and back.
  std::vector<double> times_in_turn(const std::vector<std::size_t>& candidates) {
    std::vector<double> means(candidates.size(), 0);
    for (int round = 0; round < final_rounds; ++round)
      for (std::size_t turn = 0; turn < candidates.size(); ++turn) {
        const std::size_t i = round % 2 == 0 ? turn : candidates.size() - 1 - turn;
        means[i] += seconds_of(candidates[i], final_seconds) / final_rounds;
      }
    return means;
  }

  // Seconds per launch, over about `budget` seconds and at least one rotation through all slots.
  double seconds_of(std::size_t candidate, double budget) {
    workload_.choose(candidate);
    workload_.launch(device_.stream(), 0);  // loads its kernel, which a recording must not
    device_.stream().synchronize();
    const auto rotation = device_.record([&](Stream& stream) { launch_slots(stream); });
    const double once = time_of(1, rotation.get());
    const double more = std::min(budget / std::max(once * workload_.slots(), 1e-9), 1e6);
    return more < 2 ? once : time_of(static_cast<std::int64_t>(more), rotation.get());
  }

  double time_of(std::int64_t rotations, Recording* rotation) {
    const auto timer = device_.make_timer();
    timer->start(device_.stream());
    for (std::int64_t i = 0; i < rotations; ++i)
      rotation ? rotation->replay(device_.stream()) : launch_slots(device_.stream());
    timer->stop(device_.stream());
    launched_ += rotations * workload_.slots();
    progress_.launched(launched_);
    return timer->seconds() / static_cast<double>(rotations * workload_.slots());
  }

  void launch_slots(Stream& stream) {
    for (int slot = 0; slot < workload_.slots(); ++slot) workload_.launch(stream, slot);
  }

  Workload& workload_;
  Device& device_;
  Progress& progress_;
  std::vector<double> seconds_;  // per launch at first look, by candidate
  std::optional<Error> error_;
  std::int64_t launched_ = 0;
};

// The same on every rank to which the same choice means the same: device, case and what there is to choose from.
std::uint64_t key_of(const Device& device, const Params& params, const std::vector<std::string>& candidates) {
  std::string text = device.facts().name + '\n' + params.to_string();
  for (const std::string& candidate : candidates) text += '\n' + candidate;
  return digest_host(text.data(), text.size());
}

}  // namespace

std::string Search::text() const {
  std::string result = fmt::format("candidate {} of {}, ", chosen + 1, candidates);
  if (chosen_seconds == 0) return result + "as rank 0 found";
  result += fmt::format("{:.3f} x as fast as the first", first_seconds / chosen_seconds);
  return failed == 0 ? result : fmt::format("{}; {} could not run", result, failed);
}

std::optional<Search> search(Workload& workload, Device& device, const Params& params, Agreement& agreement,
                             Progress& progress, SearchMemory& memory) {
  const std::vector<std::string> candidates = workload.candidates();
  const std::uint64_t key = key_of(device, params, candidates);
  const auto roots_key = static_cast<std::uint64_t>(agreement.meet(static_cast<std::int64_t>(key)).root_value);
  const bool own = agreement.is_root() || key != roots_key;
  Search found{.candidates = candidates.size()};
  if (own && candidates.size() > 1) {
    const auto known = memory.find(key);
    found = known != memory.end() ? known->second : Searcher(workload, device, progress, candidates.size()).find();
    memory[key] = found;
  }
  const auto chosen = static_cast<std::size_t>(agreement.meet(static_cast<std::int64_t>(found.chosen)).root_value);
  if (candidates.size() < 2) return std::nullopt;
  if (!own) found.chosen = chosen;
  workload.choose(found.chosen);
  return found;
}

}  // namespace petaproof

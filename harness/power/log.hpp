// What readings of one meter say of its load: the mean over time, not over readings, of which a burst has many.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/judge/evidence.hpp"

namespace petaproof::power {

class Log {
 public:
  /// `time` in nanoseconds since 1970; nothing where the meter does not say when.
  void add(double watts, std::optional<std::int64_t> time = std::nullopt);
  bool empty() const { return watts_.empty(); }

  /// Figures of all readings, in whatever order they were added. The mean is over time, straight from one reading to
  /// the next; where one has no time, or there is a single one, it is over readings and of no known duration.
  judge::MeteredPower written_to(judge::MeteredPower entry) const;

 private:
  struct Timed {
    std::int64_t time = 0;
    double watts = 0;
  };

  static void write_over_time(std::vector<Timed> readings, judge::MeteredPower& entry);

  std::vector<double> watts_;
  std::vector<Timed> timed_;
};

}  // namespace petaproof::power

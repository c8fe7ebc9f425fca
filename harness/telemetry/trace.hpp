// The samples of one case, for the run folder: all phases, bounded however long the case takes.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/telemetry/source.hpp"

namespace petaproof {

class Trace {
 public:
  /// At 10 Hz seven minutes whole. Whenever it is full, every other row goes, so a day keeps a row each 26 s or less;
  /// a row then carries the clock event reasons of the samples that went, so that none is lost.
  static constexpr std::size_t most_rows = 4096;

  explicit Trace(std::size_t rows = most_rows) : capacity_(rows) {}

  /// A phase of the case begins. Times are Unix time in seconds.
  void phase(std::string name, double unix_seconds);
  void add(double unix_seconds, const Sample& sample);

  std::size_t rows() const { return rows_.size(); }
  std::int64_t kept_every() const { return kept_every_; }

  /// {"kept_every", "phases": [{"name", "unix_seconds"}], "columns": {"unix_seconds", "phase", sensor_names...}};
  /// the column "phase" counts in "phases", and null is what could not be read.
  nlohmann::json to_json() const;

 private:
  struct Row {
    double unix_seconds;
    int phase;
    std::array<double, sensor_count> values;  // NaN: could not be read
  };
  struct Phase {
    std::string name;
    double unix_seconds;
  };

  void thin();

  std::size_t capacity_;  // even, so that thinning keeps the rhythm
  std::vector<Row> rows_;
  std::vector<Phase> phases_;
  std::int64_t kept_every_ = 1;
  std::int64_t seen_ = 0;
};

}  // namespace petaproof

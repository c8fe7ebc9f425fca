// From what was measured on few GPUs to what many will do: rows of a scaling table -> fits, predictions with bands,
// and what is refused, with the reason. A pure function of its input. The method: README.md.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/judge/hardware.hpp"
#include "harness/project/scaling_table.hpp"

namespace petaproof::project {

struct ProjectOptions {
  std::int64_t fit_max_gpus = std::numeric_limits<std::int64_t>::max();  // rows above it are predicted, never fitted
  std::set<std::string> series{};                                        // empty: all
  std::vector<std::int64_t> at_gpus{};                                   // further counts to predict for
  bool untuned = false;                                                  // the cluster was never tuned: training_band
};

struct Quantity {
  std::string name;
  double value = 0;
  std::string unit;
  std::string missing;  // why the data do not resolve it; `value` means nothing then
};

struct Fit {
  std::string kind;
  std::string method;  // "collective_log", "carry_forward"
  std::string system;
  std::string workload;
  std::string algo;
  std::vector<std::string> series{};
  std::vector<Quantity> parameters{};
  int points = 0;
  std::vector<std::int64_t> gpus{};      // that were fitted
  std::optional<double> rms_residual{};  // relative; absent where one point is carried
  std::optional<double> largest_residual{};
  int outliers = 0;  // points that count less, as they lie far off the others
  std::vector<std::string> notes{};
};

struct Prediction {
  std::string kind;
  std::string series;
  std::string operation;  // of a collective: "all_reduce"
  std::int64_t gpus = 0;
  std::optional<std::int64_t> msg_bytes;
  std::string metric;
  std::string unit;
  double predicted = 0;
  double lower = 0;
  double upper = 0;
  std::optional<double> measured;

  double error() const { return predicted / *measured - 1; }
  bool inside() const { return lower <= *measured && *measured <= upper; }
};

/// What could have been projected and was not, for a reason in the data.
struct Refusal {
  std::string kind;
  std::string series;
  std::optional<std::int64_t> gpus;  // absent: the whole series
  std::optional<std::int64_t> msg_bytes;
  std::string reason;
};

/// Rows that no projection is about.
struct LeftOut {
  std::string kind;
  std::string series;
  std::vector<int> lines;
  std::string reason;
};

/// What is known of a run folder beside its records.
struct RunState {
  std::string folder;                 // as it was named
  std::string run_id;                 // of a folder that joins several, its own
  std::vector<std::string> faults{};  // why nothing may rest on it, each with the run that it is of
  std::vector<std::string> damage{};  // lines of its journal that could not be read, and contradictions
};

struct KindSummary {
  std::string kind;
  std::string operation;  // empty: all of the kind
  int predictions = 0;
  int measured = 0;  // of these, those that the table has a value for
  int inside = 0;    // of those, in their band
  std::optional<double> mape{};
  std::optional<double> worst_over{};   // largest predicted / measured - 1
  std::optional<double> worst_under{};  // smallest
};

struct Projection {
  std::vector<Fit> fits;
  std::vector<Prediction> predictions;
  std::vector<Refusal> refused;
  std::vector<LeftOut> left_out;
  std::vector<KindSummary> summary;
};

/// Rows that cannot be (impossible.hpp) are refused and fitted to nothing. Throws Error(usage) where `options.series`
/// names one that the rows do not have.
Projection project(const std::vector<ScalingRow>& rows, const ProjectOptions& options,
                   const judge::HardwareDatabase& hardware = {});

}  // namespace petaproof::project

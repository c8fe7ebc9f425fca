// A projection as people and programs read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/project/goodput.hpp"
#include "harness/project/projection.hpp"

namespace petaproof::project {

/// What the user says about checkpoints and restarts, and which of it somebody measured.
struct GoodputReport {
  FailureRate failures;
  double checkpoint_seconds = 0;
  bool checkpoint_measured = false;
  double restart_seconds = 0;
  bool restart_measured = false;
  std::vector<Goodput> results;
};

struct Report {
  std::vector<std::string> inputs;  // one table, or run folders; none: goodput alone
  std::vector<RunState> runs{};     // of run folders
  ProjectOptions options;
  Projection projection;
  std::optional<GoodputReport> goodput;
};

/// Schema petaproof-projection/1; ends with a line end.
std::string render_json(const Report& report);
std::string render_text(const Report& report);

}  // namespace petaproof::project

// Everything that a run folder, and a draw of its nodes, tell the judge.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/app/auditor.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/hardware.hpp"
#include "harness/record/loaded_run.hpp"
#include "harness/sample/delivery.hpp"
#include "harness/sample/draw.hpp"
#include "harness/sample/measured_nodes.hpp"

namespace petaproof {

struct Sampled {
  sample::Draw draw;
  sample::Delivery delivery;
};

struct RunEvidence {
  judge::Evidence evidence;
  std::optional<Sampled> sampled;
  std::vector<std::string> findings;  // of the census, for a reader
};

/// Of the runs that the records are of; `draw`: the nodes were drawn by it, or null.
RunEvidence run_evidence(const std::vector<sample::MeasuredRun>& runs, const std::vector<nlohmann::json>& records,
                         const sample::Draw* draw, const judge::HardwareDatabase& hardware);

/// The same of a loaded run. `draw_file` may be empty: then whoever ran it chose the nodes. Throws
/// Error(config) on a draw that is none, or not that of the auditor's notes.
RunEvidence run_evidence(const LoadedRun& loaded, const std::string& draw_file, const AuditorNotes& notes,
                         const judge::HardwareDatabase& hardware);

}  // namespace petaproof

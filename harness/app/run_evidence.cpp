#include "harness/app/run_evidence.hpp"

#include <set>

#include "harness/judge/from_records.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/evidence.hpp"

namespace petaproof {
namespace {

// What no manifest answers for was measured by nobody knows whom.
void add_runs_without_manifest(const std::vector<sample::MeasuredRun>& runs, judge::Evidence& evidence) {
  std::set<std::string> known;
  for (const sample::MeasuredRun& run : runs) known.insert(run.run_id);
  for (const judge::Measurement& m : evidence.measurements)
    if (known.insert(m.run_id).second) evidence.faults.push_back({m.run_id, "the folder has no manifest of it"});
}

}  // namespace

RunEvidence run_evidence(const std::vector<sample::MeasuredRun>& runs, const std::vector<nlohmann::json>& records,
                         const sample::Draw* draw, const judge::HardwareDatabase& hardware) {
  RunEvidence result;
  result.evidence = judge::evidence_from(records, hardware);
  const sample::Census census = take_census(runs, hardware);
  sample::CensusEvidence counted = census_evidence(census, hardware);
  result.evidence.censuses = std::move(counted.censuses);
  result.evidence.faults = run_faults(runs, census);
  add_runs_without_manifest(runs, result.evidence);
  result.findings = std::move(counted.findings);
  if (draw == nullptr) return result;
  sample::Delivery delivery = check_delivery(*draw, runs);
  result.evidence.sample = sample_evidence(*draw, delivery, census);
  result.sampled = Sampled{*draw, std::move(delivery)};
  return result;
}

RunEvidence run_evidence(const LoadedRun& loaded, const std::string& draw_file, const AuditorNotes& notes,
                         const judge::HardwareDatabase& hardware) {
  std::optional<sample::Draw> draw;
  if (!draw_file.empty()) {
    draw = sample::read_draw(draw_file);
    notes.check(*draw, draw_file);
  }
  return run_evidence(sample::measured_from(loaded), loaded.records, draw ? &*draw : nullptr, hardware);
}

}  // namespace petaproof

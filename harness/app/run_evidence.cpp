#include "harness/app/run_evidence.hpp"

#include "harness/judge/from_records.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/copies.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/evidence.hpp"

namespace petaproof {

RunEvidence run_evidence(const std::vector<sample::MeasuredRun>& runs, const std::vector<nlohmann::json>& records,
                         const sample::Draw* draw, const judge::HardwareDatabase& hardware) {
  RunEvidence result;
  std::vector<const nlohmann::json*> told;
  for (const nlohmann::json& record : records) told.push_back(&record);
  result.evidence = judge::evidence_from(records, hardware, sample::told_twice(runs, told));
  add_power_limits(runs, hardware, result.evidence);
  const sample::Census census = take_census(runs, hardware);
  sample::CensusEvidence counted = census_evidence(census, hardware);
  result.evidence.censuses = std::move(counted.censuses);
  result.evidence.faults = run_faults(runs, census);
  for (judge::RunFault& fault : runs_without_manifest(runs, records))
    result.evidence.faults.push_back(std::move(fault));
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

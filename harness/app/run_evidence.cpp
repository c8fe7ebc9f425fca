#include "harness/app/run_evidence.hpp"

#include "harness/judge/from_records.hpp"
#include "harness/sample/census.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/evidence.hpp"

namespace petaproof {

RunEvidence run_evidence(const LoadedRun& loaded, const std::string& draw_file,
                         const judge::HardwareDatabase& hardware) {
  RunEvidence result;
  result.evidence = judge::evidence_from(loaded.records, hardware);
  const std::vector<sample::MeasuredRun> runs = sample::measured_from(loaded);
  const sample::Census census = take_census(runs, hardware);
  sample::CensusEvidence counted = census_evidence(census, hardware);
  result.evidence.censuses = std::move(counted.censuses);
  result.evidence.faults = run_faults(runs, census);
  result.findings = std::move(counted.findings);
  if (draw_file.empty()) return result;
  sample::Draw draw = sample::read_draw(draw_file);
  sample::Delivery delivery = check_delivery(draw, runs);
  result.evidence.sample = sample_evidence(draw, delivery, census);
  result.sampled = Sampled{std::move(draw), std::move(delivery)};
  return result;
}

}  // namespace petaproof

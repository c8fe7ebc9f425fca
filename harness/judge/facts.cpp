#include "harness/judge/facts.hpp"

namespace petaproof::judge {

std::vector<FactReading> judge_facts(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence) {
  std::vector<FactReading> facts;
  judge_compute(claim, facts);
  judge_gpu_count(claim, hardware, evidence, facts);
  judge_power(claim, hardware, evidence, facts);
  judge_pue(claim, facts);
  judge_racks(claim, hardware, evidence, facts);
  judge_money(claim, facts);
  judge_rank(claim, facts);
  judge_build_time(claim, facts);
  return facts;
}

}  // namespace petaproof::judge

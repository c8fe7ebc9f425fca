// Figures of a claim that are not FLOP/s of so many GPUs: FLOP/s without a count, GPUs, power, PUE, racks, money, a
// rank, a building time. Each is read in every way that the claim leaves open, and judged by what can be known, or is
// NOT DECIDABLE with what would decide it. One file per figure: facts_*.cpp.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/claim.hpp"
#include "harness/judge/evidence.hpp"
#include "harness/judge/verdict.hpp"

namespace petaproof::judge {

struct FactReading {
  std::string id;    // "power/load/h200-sxm-141gb": the figure, how it is read, with which GPU
  std::string says;  // "1 GW is what 100,000 H200 SXM (141 GB) draw, metered at the grid"
  Verdict verdict;
  std::vector<Step> steps;
  std::string in_short{};  // what it says of every GPU model alike: "1 GW is what 100,000 GPUs draw"; empty: `says`
};

/// In the order of the figures above; empty for a claim of compute and GPUs alone whose GPUs are all that compute
/// counts.
std::vector<FactReading> judge_facts(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence);

/// Each appends its readings to `facts`; nothing where the claim has no such figure.
void judge_compute(const Claim& claim, std::vector<FactReading>& facts);
void judge_gpu_count(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                     std::vector<FactReading>& facts);
void judge_power(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                 std::vector<FactReading>& facts);
/// Parts of judge_power(), of a power in the unit that it is read in. `refuted_on_paper`: what else is said of this
/// GPU is, so that no meter can argue.
void judge_metered_nodes(const Claim& claim, const Hardware& gpu, MeterPoint point, const Evidence& evidence,
                         bool refuted_on_paper, std::vector<FactReading>& facts);
/// Why a power_in_another_unit() cannot be meant as printed.
std::string too_little_power(const Claim& claim);
void judge_efficiency(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                      std::vector<FactReading>& facts);
void judge_pue(const Claim& claim, std::vector<FactReading>& facts);
void judge_racks(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                 std::vector<FactReading>& facts);
void judge_money(const Claim& claim, std::vector<FactReading>& facts);
void judge_rank(const Claim& claim, std::vector<FactReading>& facts);
void judge_build_time(const Claim& claim, std::vector<FactReading>& facts);

}  // namespace petaproof::judge

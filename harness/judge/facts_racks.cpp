#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_racks(const Claim&, const HardwareDatabase&, const Evidence&, std::vector<FactReading>&) {}

}  // namespace petaproof::judge

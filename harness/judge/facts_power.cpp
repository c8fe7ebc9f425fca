#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_power(const Claim&, const HardwareDatabase&, const Evidence&, std::vector<FactReading>&) {}

}  // namespace petaproof::judge

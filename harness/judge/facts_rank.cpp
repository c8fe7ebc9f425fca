#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_rank(const Claim&, std::vector<FactReading>&) {}

}  // namespace petaproof::judge

// FLOP/s of nobody knows how many GPUs: there is nothing to divide them by, and no number of GPUs that is all of
// them.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_compute(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.compute || claim.gpus) return;  // with a count, readings.* expands it
  const std::string says = fmt::format("it computes {}", claim.compute->amount.text());
  const std::string because =
      "how many GPUs it is of is not said, so that no peak and no measurement can be held against it";
  const std::string would = "the number of GPUs, then a census of them or verified GEMMs on them";
  facts.push_back({"compute",
                   says,
                   claim.is_future() ? open(Basis::none, Reason::N8, because, "once it runs: " + would)
                                     : open(Basis::none, Reason::N3, because, would),
                   {}});
}

}  // namespace petaproof::judge

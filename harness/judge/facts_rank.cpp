// A place among others: there is no list of all, and the metric decides who is first.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_rank(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.rank) return;
  const RankClaim& rank = *claim.rank;
  const std::string by = rank.by.empty() ? "by a metric that is not stated" : "by " + rank.by;
  facts.push_back({"rank",
                   fmt::format("number {} among {}, {}", rank.place, rank.among, by),
                   open(Basis::none, Reason::N9,
                        "no list of all of them exists, so a measurement of one says nothing of its place",
                        fmt::format("{}a list of {} with that metric, measured alike, at the date of the claim",
                                    rank.by.empty() ? "the metric, and " : "", rank.among)),
                   {},
                   fmt::format("it is number {} among {}", rank.place, rank.among)});
}

}  // namespace petaproof::judge

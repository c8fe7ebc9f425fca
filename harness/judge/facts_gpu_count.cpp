// How many GPUs: a census counts packages. What else a claim may count cannot be told from it.
#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/inventory.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// Of the stated model; without one, the largest of any.
std::int64_t counted(const Claim& claim, const Evidence& evidence) {
  std::int64_t most = 0;
  for (const Census& census : evidence.censuses)
    if (!claim.model || census.hardware_id == *claim.model) most = std::max(most, census.gpus);
  return most;
}

Verdict projected(const Inventory& inventory, std::int64_t claimed, const WholeRange& range,
                  const std::string& would) {
  const std::string said =
      fmt::format("{}; {} to {} round to the claim", inventory.said, shown_count(range.min), shown_count(range.max));
  if (inventory.gpus_at_least < claimed) return open(Basis::sample, Reason::N13, said, would);
  return {Outcome::confirmed, Basis::sample, Reason::A2, said, {}, inventory.qualifier};
}

Verdict packages(const Claim& claim, const Evidence& evidence) {
  const WholeRange range = whole_range(claim.gpus->count);
  const std::int64_t found = counted(claim, evidence);
  // to be confirmed, the number as printed is to be reached: rounding favours neither side
  const auto claimed = static_cast<std::int64_t>(claim.gpus->count.value);
  const std::string would = fmt::format("a census that finds {} distinct GPUs or more", shown_count(claimed));
  if (claim.is_future())
    return open(Basis::none, Reason::N8, fmt::format("they are {}", to_string(claim.existence)),
                "once they run: " + would);
  if (claim.model) {
    const auto inventory = sampled_inventory(evidence, *claim.model);
    if (inventory && inventory->gpus_at_least > found) return projected(*inventory, claimed, range, would);
  }
  if (found == 0) return open(Basis::none, Reason::N3, "no census counted them", would);
  const std::string said = fmt::format("a census found {} distinct GPUs; {} to {} round to the claim",
                                       shown_count(found), shown_count(range.min), shown_count(range.max));
  if (found >= claimed) return {Outcome::confirmed, Basis::census, Reason::A2, said, {}};
  return open(Basis::census, Reason::N3, said + "; what it did not reach may exist", would);
}

}  // namespace

void judge_gpu_count(const Claim& claim, const HardwareDatabase&, const Evidence& evidence,
                     std::vector<FactReading>& facts) {
  if (!claim.gpus || claim.compute) return;  // with FLOP/s, the reading of the peak is the census
  const std::string in_short = fmt::format("there are {}", counted_text(*claim.gpus));
  const GpuUnit unit = claim.gpus->unit.value_or(GpuUnit::package);
  if (unit == GpuUnit::package)
    facts.push_back({"gpus/package",
                     fmt::format("there are {}, counted as packages", counted_text(*claim.gpus)),
                     packages(claim, evidence),
                     {},
                     in_short});
  if (!claim.gpus->unit || unit != GpuUnit::package)
    facts.push_back({fmt::format("gpus/{}", claim.gpus->unit ? to_string(unit) : "other"),
                     claim.gpus->unit ? in_short
                                      : fmt::format("there are {} dies, superchips, pairs, nodes or H100-equivalents",
                                                    claim.gpus->count.printed),
                     open(Basis::none, Reason::N10, "a census counts packages; the claim does not say that it does",
                          "the unit in which the claim counts, then a census"),
                     {},
                     in_short});
}

}  // namespace petaproof::judge

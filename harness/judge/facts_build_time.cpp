// How fast something was built: history, which only its own papers tell.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"
#include "harness/judge/gpu_unit.hpp"
#include "harness/judge/sample_size.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {

void judge_build_time(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.build_time) return;
  const Amount& time = claim.build_time->amount;
  FactReading fact{"build-time", fmt::format("it was built in {}", time.text()), {}, {}};
  std::string because = "a cluster that runs does not tell when its parts came";
  if (claim.gpus) {
    const double per_day = claim.gpus->count.value / time.value();
    std::string pace = fmt::format("{} {}s", shown_whole(per_day), counted_unit(*claim.gpus));
    if (counts_packages(*claim.gpus))
      pace += fmt::format(", {} nodes of {},", shown_whole(per_day / static_cast<double>(default_gpus_per_node)),
                          default_gpus_per_node);
    pace += " a day";
    fact.steps.push_back({"pace", fmt::format("{} / {}", counted_text(*claim.gpus), time.text()), pace});
    because = fmt::format("{} would be {}; {}", time.text(), pace, because);
  }
  fact.verdict =
      open(Basis::none, Reason::N9, because,
           "what the days count from and to (first rack, first job), delivery notes and the first job's log");
  facts.push_back(std::move(fact));
}

}  // namespace petaproof::judge

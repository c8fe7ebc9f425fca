// PUE: total over IT energy of a site, over a year (ISO/IEC 30134-2). No node measures it.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"

namespace petaproof::judge {

void judge_pue(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.pue) return;
  const PueClaim& pue = *claim.pue;
  const std::string says = fmt::format("the PUE is {}{}{}", pue.is_upper_bound ? "under " : "", pue.value.grouped(),
                                       pue.period.empty() ? "" : ", " + pue.period);
  if (pue.value.upper < 1 || (pue.is_upper_bound && pue.value.value <= 1)) {
    facts.push_back({"pue",
                     says,
                     {Outcome::refuted,
                      Basis::arithmetic,
                      Reason::A3,
                      "the whole of a site draws no less than its IT: PUE is 1 at least",
                      {}},
                     {{"definition", "PUE = total energy / IT energy", "1 or more"}}});
    return;
  }
  const std::string because = fmt::format(
      "nodes do not measure it{}; 1.05 to 1.15 is what liquid cooling and hyperscale sites report, and server fans "
      "flatter it by counting as IT",
      pue.period.empty() ? ", and the claim does not say whether it is annual, of design or of a moment" : "");
  facts.push_back({"pue",
                   says,
                   open(Basis::none, claim.is_future() ? Reason::N8 : Reason::N9, because,
                        "meters of the site and of its IT over a year, with the category of ISO/IEC 30134-2"),
                   {}});
}

}  // namespace petaproof::judge

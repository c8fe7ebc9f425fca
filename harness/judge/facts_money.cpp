// Money, and money per MW.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {

void judge_money(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.money) return;
  const MoneyClaim& money = *claim.money;
  FactReading fact{"money", fmt::format("it costs {}", money.amount.text()), {}, {}};
  std::string because = "what was paid, and for what, is not measured here";
  if (claim.power) {
    const double low = money.amount.lower() / claim.power->amount.upper();
    const double high = money.amount.upper() / claim.power->amount.lower();
    const std::string per_mw = fmt::format("{} to {} million {} per MW", shown(low), shown(high), money.currency);
    fact.says += fmt::format(" for {}: {}", claim.power->amount.text(), per_mw);
    fact.steps.push_back({"money per MW",
                          fmt::format("{} / {}, both as rounded", money.amount.text(), claim.power->amount.text()),
                          per_mw});
    because += "; with GPUs or without, it is another figure, and the claim does not say which";
  }
  fact.verdict = open(Basis::none, claim.is_future() ? Reason::N8 : Reason::N9, because,
                      "audited accounts, and whether they hold the GPUs");
  facts.push_back(std::move(fact));
}

}  // namespace petaproof::judge

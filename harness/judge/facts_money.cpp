// Money, and money per MW.
#include <fmt/format.h>

#include "harness/judge/facts.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

// "as printed", "if MW is meant": how the power is read; empty where there is but one way.
FactReading per_megawatt(const Claim& claim, const std::string& id, const std::string& read_as) {
  const MoneyClaim& money = *claim.money;
  FactReading fact{id, fmt::format("it costs {}", money.amount.text()), {}, {}};
  std::string because = "what was paid, and for what, is not measured here";
  if (claim.is_future()) because = fmt::format("it is {}; {}", to_string(claim.existence), because);
  if (claim.power) {
    const double low = money.amount.lower() / claim.power->amount.upper();
    const double high = money.amount.upper() / claim.power->amount.lower();
    const std::string per_mw = fmt::format("{} to {} million {} per MW", shown(low), shown(high), money.currency);
    fact.says += fmt::format(" for {}{}", claim.power->amount.text(), read_as.empty() ? "" : ", " + read_as);
    fact.in_short = fact.says;
    fact.says += ": " + per_mw;
    fact.steps.push_back({"money per MW",
                          fmt::format("{} / {}, both as rounded", money.amount.text(), claim.power->amount.text()),
                          per_mw});
    because += "; with GPUs or without, it is another figure, and the claim does not say which";
  }
  fact.verdict = open(Basis::none, claim.is_future() ? Reason::N8 : Reason::N9, because,
                      "audited accounts, and whether they hold the GPUs");
  return fact;
}

}  // namespace

void judge_money(const Claim& claim, std::vector<FactReading>& facts) {
  if (!claim.money) return;
  if (!claim.power_in_another_unit()) return facts.push_back(per_megawatt(claim, "money", ""));
  FactReading printed = per_megawatt(claim, "money/as-printed", "as printed");
  printed.verdict = {Outcome::refuted, Basis::arithmetic, Reason::A3, too_little_power(claim), {}};
  facts.push_back(std::move(printed));
  facts.push_back(per_megawatt(claim.with_power_in_megawatts(), "money/one-unit", "if MW is meant"));
}

}  // namespace petaproof::judge

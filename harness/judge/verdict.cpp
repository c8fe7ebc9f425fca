#include "harness/judge/verdict.hpp"

#include <fmt/format.h>

#include <array>

namespace petaproof::judge {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::confirmed: return "CONFIRMED";
    case Outcome::refuted: return "REFUTED";
    case Outcome::not_decidable: return "NOT DECIDABLE";
  }
  return "unknown";
}

std::string_view to_string(Basis basis) {
  switch (basis) {
    case Basis::arithmetic: return "arithmetic";
    case Basis::census: return "census";
    case Basis::sample: return "sample";
    case Basis::attached: return "attached";
    case Basis::none: return "none";
  }
  return "unknown";
}

std::string_view to_string(Reason reason) {
  constexpr std::array names{"A1", "A2", "A3", "A4", "A5", "N1",  "N2",  "N3",  "N4",
                             "N5", "N6", "N7", "N8", "N9", "N10", "N11", "N12", "N13"};
  return names.at(static_cast<std::size_t>(reason));
}

std::string_view meaning(Reason reason) {
  switch (reason) {
    case Reason::A1: return "exceeds the peak";
    case Reason::A2: return "the census matches";
    case Reason::A3: return "arithmetic or physics forbids it";
    case Reason::A4: return "the lower bound of what was measured reaches the claim";
    case Reason::A5: return "the upper bound of what was measured falls short of the claim";
    case Reason::N1: return "precision unspecified";
    case Reason::N2: return "kind unspecified";
    case Reason::N3: return "too few GPUs seen";
    case Reason::N4: return "sample not random";
    case Reason::N5: return "kernel not shown adequate";
    case Reason::N6: return "not stationary, or a shared system";
    case Reason::N7: return "fabric not exercised at the needed tier";
    case Reason::N8: return "said to exist in future only";
    case Reason::N9: return "outside what can be measured here";
    case Reason::N10: return "GPU unit unknown";
    case Reason::N11: return "wrong results";
    case Reason::N12: return "clock synchronisation failed";
    case Reason::N13: return "the bounds straddle the claim";
  }
  return "unknown";
}

std::string full_outcome(const Verdict& verdict) {
  std::string qualifier = verdict.qualifier;
  if (verdict.outcome == Outcome::confirmed && verdict.if_packages)
    qualifier += qualifier.empty() ? if_its_gpus_are_packages : fmt::format(", {}", if_its_gpus_are_packages);
  const std::string_view outcome = to_string(verdict.outcome);
  return qualifier.empty() ? std::string(outcome) : fmt::format("{} ({})", outcome, qualifier);
}

Verdict open(Basis basis, Reason reason, std::string because, std::string would_decide) {
  return {Outcome::not_decidable, basis, reason, std::move(because), std::move(would_decide)};
}

}  // namespace petaproof::judge

// The verdict of one reading: what it is, what it rests on, why, and what would decide it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace petaproof::judge {

enum class Outcome { confirmed, refuted, not_decidable };
std::string_view to_string(Outcome outcome);  // "CONFIRMED", "REFUTED", "NOT DECIDABLE"

/// What a verdict rests on; `sample` is a measurement of part of the cluster, `attached` a published result of this
/// very system, `none` says that nothing was seen.
enum class Basis { arithmetic, census, sample, attached, none };
std::string_view to_string(Basis basis);

enum class Reason {
  A1,   // exceeds the peak
  A2,   // the census matches
  A3,   // arithmetic or physics forbids it
  A4,   // measured: the bounds reach the claim
  A5,   // measured: the bounds fall short of the claim
  N1,   // precision unspecified
  N2,   // kind unspecified
  N3,   // too few GPUs seen
  N4,   // sample not random
  N5,   // kernel not shown adequate
  N6,   // not stationary, or a shared system
  N7,   // fabric not exercised at the needed tier
  N8,   // said to exist in future only
  N9,   // outside what can be measured here
  N10,  // GPU unit unknown
  N11,  // wrong results
  N12,  // clock synchronisation failed
  N13,  // the bounds straddle the claim
};
std::string_view to_string(Reason reason);  // "N3"
std::string_view meaning(Reason reason);    // "too few GPUs seen"

/// One line of arithmetic with its numbers filled in, for `--explain`.
struct Step {
  std::string name;     // "need per GPU"
  std::string formula;  // "240 PFLOP/s / 4,000 GPUs"
  std::string result;   // "60.0 TFLOP/s"
};

struct Verdict {
  Outcome outcome = Outcome::not_decidable;
  Basis basis = Basis::none;
  Reason reason = Reason::N3;
  std::string because;
  std::string would_decide;  // empty once decided
  std::string qualifier{};   // "projected from 32 of 500 nodes, level C"; empty: of everything that is claimed
  bool if_packages = false;  // decided if one GPU of the claim, which does not say, is one package: else it is open

  /// Confirmed by a measurement of part of what is claimed.
  bool is_projected() const { return outcome == Outcome::confirmed && basis == Basis::sample; }
};

/// What a verdict rests on where the claim does not say what it counts.
inline constexpr const char* if_its_gpus_are_packages = "if its GPUs are packages";

/// Refuted on paper, whatever is measured.
inline bool by_arithmetic(const Verdict& verdict) {
  return verdict.outcome == Outcome::refuted && verdict.basis == Basis::arithmetic;
}

/// "REFUTED (projected from 32 of 500 nodes, level C)"; "CONFIRMED (if its GPUs are packages)"
std::string full_outcome(const Verdict& verdict);

/// NOT DECIDABLE.
Verdict open(Basis basis, Reason reason, std::string because, std::string would_decide);

}  // namespace petaproof::judge

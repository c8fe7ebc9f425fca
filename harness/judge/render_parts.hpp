// What text and Markdown say alike: the first three lines, for whoever reads no further, and the lines below them.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/judgement.hpp"

namespace petaproof::judge {

struct Line {
  std::string label;  // "VERDICT"
  std::string text;
};

/// Verdict, claim, basis: what an executive needs.
std::vector<Line> headline(const Judgement& judgement);

/// Source, need, what else is claimed, what was found about the claim's own words, evidence and what of it was set
/// aside: only those that there are.
std::vector<Line> particulars(const Judgement& judgement);

/// What no evidence here is about, and how long a verdict holds.
std::vector<Line> reservations(const Judgement& judgement);

/// "235", in the claim's unit; the claim must have compute.
std::string in_claim_unit(const Claim& claim, double tflops);

/// Set-aside measurements by reason, in the order of their first appearance; empty if there are none.
std::string set_aside_text(const Judgement& judgement);

/// What one reading rests on, step by step with its numbers.
std::vector<Step> steps_of(const Judgement& judgement, const JudgedReading& judged);

}  // namespace petaproof::judge

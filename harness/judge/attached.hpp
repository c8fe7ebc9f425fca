// Which published results may decide a claim that they are attached to. Such a result may refute what it measured,
// and no more: it is of the very system, was read in its source, and is of the workload that the claim names. A pure
// function.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/decide.hpp"

namespace petaproof::judge {

using Results = std::vector<const PublishedResult*>;

/// Why a result decides nothing about this claim: it is recalled from memory, of another system than the one that the
/// claim names by its `system`, or, where it has none, at the beginning of its `subject`, or the claim does not
/// say of how many GPUs it is. Empty if it may decide.
std::string why_no_evidence(const PublishedResult& result, const Claim& claim);

/// Of the workload that the claim names, by program or model and by sequence; any where it names none. What does not
/// say its sequence is none of a claim that does.
bool is_workload_of(const ComputeClaim& compute, const PublishedResult& result);

/// The same of what may save a claim: what does not say its sequence may be of the claim's.
bool may_be_workload_of(const ComputeClaim& compute, const PublishedResult& result);

/// "Llama 3 405B, 131,072 tokens"; empty where the result names none.
std::string workload_text(const PublishedResult& result);

/// What is attached to the claim and is of the reading's GPU, kind, precision and workload.
struct AttachedResults {
  Results counted;
  std::string why_not;  // of those that decide nothing, one after the other; empty: none
};
AttachedResults attached_results(const Question& question);

/// A published result that reaches the claim all the same, so that no other may refute it; null if none does. Of the
/// same system, kind, precision and workload at as many GPUs or more; where the claim names no program or model, of
/// any system at any size, since another on the same GPUs may be meant. Recalled ones may save a claim.
const PublishedResult* reaching(const Question& question, double above);

}  // namespace petaproof::judge

#include "harness/judge/attached.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

char lower_case(char c) {
  return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return lower_case(c); });
  return text;
}

// The subject is this system's: its name, and nothing else before a comma or a bracket. A name may be a common word,
// so that one which stands within a sentence ("The Eagle has landed") names no system.
bool begins_with(const std::string& subject, const std::string& name) {
  const std::string text = lower_case(subject), part = lower_case(name);
  if (part.empty() || !text.starts_with(part)) return false;
  const auto next = text.find_first_not_of(' ', part.size());
  if (next == std::string::npos || std::string_view(",;([").find(text[next]) != std::string_view::npos) return true;
  return text.find_first_not_of(" .:!?", part.size()) == std::string::npos;
}

bool is_of_system(const PublishedResult& result, const Claim& claim) {
  const auto is_meant = [&](const std::string& name) {
    return claim.system.empty() ? begins_with(claim.subject, name) : lower_case(claim.system) == lower_case(name);
  };
  return is_meant(result.system) || std::ranges::any_of(result.known_as, is_meant);
}

bool is_comparable(const PublishedResult& result, const Reading& reading) {
  return reading.emulation == Emulation::native && reading.sparsity == Sparsity::dense &&
         result.hardware_id == reading.hardware_id && result.kind == reading.kind &&
         result.precision == reading.precision;
}

}  // namespace

std::string why_no_evidence(const PublishedResult& result, const Claim& claim) {
  if (result.status == Status::recalled) return "recalled from memory, which refutes nothing";
  if (!is_of_system(result, claim)) {
    const std::string& named = claim.system.empty() ? claim.subject : claim.system;
    if (named.empty()) return "the claim names no system that it could be of";
    return fmt::format(
        "of {}, and the claim is of \"{}\"{}", result.system, named,
        claim.system.empty() ? ", which does not begin with that name and has no \"system\" beside it" : "");
  }
  return claim.gpus ? "" : "the claim does not say of how many GPUs it is";
}

bool is_workload_of(const ComputeClaim& compute, const PublishedResult& result) {
  return (compute.benchmark.empty() || compute.benchmark == result.benchmark) &&
         (compute.sequence == 0 || compute.sequence == result.sequence);
}

bool may_be_workload_of(const ComputeClaim& compute, const PublishedResult& result) {
  return (compute.benchmark.empty() || compute.benchmark == result.benchmark) &&
         (compute.sequence == 0 || result.sequence == 0 || compute.sequence == result.sequence);
}

std::string workload_text(const PublishedResult& result) {
  if (result.sequence == 0) return result.benchmark;
  return fmt::format("{}, {} tokens", result.benchmark, shown_count(result.sequence));
}

AttachedResults attached_results(const Question& q) {
  AttachedResults attached;
  for (const PublishedResult& result : q.evidence.attached) {
    if (!is_comparable(result, q.reading)) continue;
    std::string why = why_no_evidence(result, q.claim);
    if (why.empty() && !is_workload_of(*q.claim.compute, result))
      why = fmt::format("of another workload than the claim's, {}", workload_text(result));
    if (why.empty()) {
      attached.counted.push_back(&result);
      continue;
    }
    if (!attached.why_not.empty()) attached.why_not += "; ";
    attached.why_not += fmt::format("{}: {}", result.id, why);
  }
  return attached;
}

const PublishedResult* reaching(const Question& q, double above) {
  constexpr double nearly = 0.99;
  const bool any = q.claim.compute->benchmark.empty();  // a sequence alone leaves open what is trained
  const double least_gpus = nearly * static_cast<double>(q.need.gpus);
  const PublishedResult* best = nullptr;
  const auto look_at = [&](const PublishedResult& result) {
    if (!is_comparable(result, q.reading) || !may_be_workload_of(*q.claim.compute, result)) return;
    if (!any && (!is_of_system(result, q.claim) || static_cast<double>(result.gpus) < least_gpus)) return;
    const double each = result.value.upper * result.unit_tflops / static_cast<double>(result.gpus);
    if (each * (1 + above) * static_cast<double>(q.need.gpus_max) < q.need.total_lower_tflops) return;
    if (best == nullptr || best->per_gpu_tflops() < result.per_gpu_tflops()) best = &result;
  };
  for (const PublishedResult& result : q.evidence.attached) look_at(result);
  for (const PublishedResult& result : q.published.all()) look_at(result);
  return best;
}

}  // namespace petaproof::judge

#include "harness/judge/support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/text.hpp"
#include "harness/record/standing.hpp"

namespace petaproof::judge {
namespace {

// A burst is a GPU that has not yet grown warm; the longer the load, the more it says about a cluster.
int steadiness(const std::string& mode) {
  if (mode == "sustained") return 2;
  return mode == "batched" ? 1 : 0;
}

// The most that this GPU does of what was measured, by the kindest source; infinite where nothing is known.
double ceiling_of(const Measurement& m, const Hardware& gpu) {
  const auto unit = unit_of(m.precision, m.emulation);
  const auto ceiling = unit ? ceiling_tflops(gpu, *unit, m.sparsity) : std::nullopt;
  return ceiling.value_or(std::numeric_limits<double>::infinity());
}

// A mean would hide a GPU that ran something else.
double fastest_gpu(const Measurement& m) {
  double fastest = m.rate_tflops;
  for (const NodeRate& node : m.per_node) {
    fastest = std::max(fastest, node.rate_tflops);
    for (const double gpu : node.gpu_tflops) fastest = std::max(fastest, gpu);
  }
  return std::isnan(m.rate_tflops) ? m.rate_tflops : fastest;
}

RecordFacts facts_of(const Measurement& m, const Evidence& evidence) {
  const auto fault = std::ranges::find(evidence.faults, m.run_id, &RunFault::run_id);
  return {.backend = m.backend,
          .origin = m.origin,
          .run_fault = fault == evidence.faults.end() ? std::string() : fault->why,
          .told_twice = m.told_twice,
          .gpu_shared = m.gpu_shared,
          .issue_rate = m.ceiling,
          .emulated = false,  // meant to differ from the criteria: what was emulated has readings of its own
          .disposition = m.disposition,
          .verified = m.verified,
          .fill = m.fill};
}

// Why no GPU reading at all can rest on this measurement; empty if one can. Written so that NaN is refused.
std::string objection(const Measurement& m, const Evidence& evidence, const HardwareDatabase& hardware) {
  if (Standing standing = standing_of(facts_of(m, evidence)); !standing.counts()) return std::move(standing.because);
  const bool sound = std::isfinite(m.upper_tflops) && 0 < m.lower_tflops && m.lower_tflops <= m.rate_tflops &&
                     m.rate_tflops <= m.upper_tflops && m.gpus > 0 && m.nodes > 0;
  if (!sound) return "its rate, interval or number of GPUs is not sound";
  if (m.hardware_id.empty()) return "the GPU is in no hardware file";
  const Hardware* gpu = hardware.find(m.hardware_id);
  if (gpu == nullptr) return "the GPU is in no hardware file";
  if (const double ceiling = ceiling_of(m, *gpu), fastest = fastest_gpu(m); is_too_fast(fastest, ceiling))
    return fmt::format("faster than any {} of this GPU ({} of {} TFLOP/s): other arithmetic ran",
                       to_string(m.precision), shown(fastest), shown(ceiling));
  return {};
}

bool is_about(const Measurement& m, const Reading& reading) {
  return m.hardware_id == reading.hardware_id && m.precision == reading.precision && m.sparsity == reading.sparsity &&
         m.emulation == reading.emulation;
}

}  // namespace

bool is_better(const Measurement& a, const Measurement& b) {
  const auto rank = [](const Measurement& m) {
    return std::tuple(steadiness(m.mode), m.rate_tflops, m.case_id, m.run_id);
  };
  return rank(b) < rank(a);
}

Support support_for(const Reading& reading, const Evidence& evidence, const HardwareDatabase& hardware) {
  Support support;
  for (const auto& m : evidence.measurements) {
    if (!is_about(m, reading)) continue;
    const bool is_faulty = std::ranges::find(evidence.faults, m.run_id, &RunFault::run_id) != evidence.faults.end();
    if (m.backend == "cuda" && !m.gpu_shared && !is_faulty && m.disposition == "fail_verify")
      support.failed_verification = true;
    if (std::string why = objection(m, evidence, hardware); !why.empty()) {
      const bool is_known = std::ranges::find(support.objections, why) != support.objections.end();
      if (m.backend == "cuda" && !is_known) support.objections.push_back(std::move(why));
      continue;
    }
    support.all.push_back(&m);
    if (!support.best || is_better(m, *support.best)) support.best = m;
  }
  // the GPUs of two runs may be the same ones: the largest census counts, never their sum
  for (const auto& census : evidence.censuses)
    if (census.hardware_id == reading.hardware_id) support.census_gpus = std::max(support.census_gpus, census.gpus);
  return support;
}

std::vector<SetAside> set_aside(const Evidence& evidence, const std::vector<std::string>& models,
                                const HardwareDatabase& hardware) {
  std::vector<SetAside> result;
  for (const auto& m : evidence.measurements) {
    std::string reason = objection(m, evidence, hardware);
    if (reason.empty() && std::ranges::find(models, m.hardware_id) == models.end())
      reason = fmt::format("measured on {}, which the claim is not read with", m.hardware_id);
    if (!reason.empty()) result.push_back({m.run_id, m.case_id, reason});
  }
  return result;
}

}  // namespace petaproof::judge

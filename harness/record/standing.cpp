#include "harness/record/standing.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/record/consistency.hpp"

namespace petaproof {

using nlohmann::json;

Standing standing_of(const RecordFacts& facts) {
  if (facts.backend != "cuda")
    return {Objection::backend, fmt::format("{} backend: it can never support a GPU reading", facts.backend)};
  if (facts.origin != "measured")
    return {Objection::origin, fmt::format("{}: only what a run measured is evidence", facts.origin)};
  if (!facts.run_fault.empty()) return {Objection::run, fmt::format("its run: {}", facts.run_fault)};
  if (!facts.told_twice.empty()) return {Objection::told_twice, facts.told_twice};
  if (facts.gpu_shared)
    return {Objection::gpu_shared, "gpu_shared: several ranks used one GPU, so its rate is no GPU's own"};
  if (facts.issue_rate) return {Objection::issue_rate, "an issue rate: the ceiling of kernels, and no kernel"};
  if (facts.emulated) return {Objection::emulated, "the library put it together from narrower products"};
  if (facts.disposition != "pass")
    return {Objection::disposition, fmt::format("disposition {}: only a pass supports a reading", facts.disposition)};
  if (!facts.contradiction.empty()) return {Objection::contradiction, facts.contradiction};
  if (!facts.verified) return {Objection::unverified, "nothing says that its results were verified"};
  if (facts.fill != "normal")
    return {Objection::fill, fmt::format("fill {}: a claim accepts normal data only", facts.fill)};
  return {};
}

RecordFacts facts_of(const json& record) {
  const auto verification = record.find("verification");
  const bool verified = verification != record.end() && verification->is_object() &&
                        verification->value("pass", false) &&
                        verification->value("elements_checked", 0.0) > 0;  // of nothing all is right
  return {.backend = record.at("backend").is_null() ? "" : record.at("backend"),
          .origin = record.value("origin", "measured"),
          .gpu_shared = record.value("gpu_shared", false),
          .issue_rate = record.value("workload", "").starts_with("peak/"),
          .emulated = is_emulated(record),
          .disposition = record.at("disposition"),
          .contradiction = contradiction_in(record),
          .verified = verified,
          .fill = record.at("fill")};
}

bool is_emulated(const json& record) {
  const json& notes = record.at("notes");
  return notes.is_object() && notes.contains("emulated") && notes.at("emulated") != "no";
}

}  // namespace petaproof

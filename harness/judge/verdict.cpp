#include "harness/judge/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/decide.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// Announcements are often count x datasheet: name the published peaks that equal the need per GPU. A hint for
// the reader, never part of a verdict.
std::vector<std::string> same_figure(const HardwareDatabase& hardware, double per_gpu_tflops) {
  const auto equal = [&](const PrecisionFigures& figures) {
    std::vector<std::string_view> names;
    for (const auto& [precision, figure] : figures)
      if (precision != Precision::int8 && std::abs(figure.value / per_gpu_tflops - 1) < 0.002)
        names.push_back(to_string(precision));
    return names;
  };
  std::vector<std::string> lines;
  for (const auto& gpu : hardware.all()) {
    if (const auto names = equal(gpu.peak_dense); !names.empty())
      lines.push_back(fmt::format("{} {}", gpu.short_name, fmt::join(names, " and ")));
    if (!gpu.superseded) continue;
    if (const auto names = equal(gpu.superseded->dense_tflops); !names.empty())
      lines.push_back(fmt::format("{} {} ({})", gpu.short_name, fmt::join(names, " and "), gpu.superseded->edition));
  }
  return lines;
}

Aggregate aggregate_of(const Claim& claim, const std::vector<JudgedReading>& readings) {
  Aggregate sum;
  for (const auto& judged : readings) {
    if (judged.verdict.outcome == Outcome::confirmed) ++sum.confirmed;
    if (judged.verdict.outcome == Outcome::refuted) ++sum.refuted;
    if (judged.verdict.outcome == Outcome::not_decidable) ++sum.not_decidable;
  }
  sum.not_stated = claim.not_stated();
  if (!claim.precision) sum.reasons.push_back(Reason::N1);
  if (!claim.kind) sum.reasons.push_back(Reason::N2);
  if (sum.confirmed == readings.size()) sum.outcome = Outcome::confirmed;
  if (sum.refuted == readings.size()) sum.outcome = Outcome::refuted;

  if (sum.not_stated.empty()) {
    sum.line = fmt::format("{}: the one reading that the claim names", to_string(sum.outcome));
    return sum;
  }
  sum.line = fmt::format("UNDER-SPECIFIED: {} readings confirmed, {} refuted, {} not decidable", sum.confirmed,
                         sum.refuted, sum.not_decidable);
  if (sum.outcome == Outcome::refuted) sum.line += "; REFUTED, whatever it means";
  if (sum.outcome == Outcome::confirmed) sum.line += "; CONFIRMED, whatever it means";
  return sum;
}

}  // namespace

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
    case Basis::none: return "none";
  }
  return "unknown";
}

std::string_view to_string(Reason reason) {
  constexpr std::array names{"A1", "A2", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11", "N12"};
  return names.at(static_cast<std::size_t>(reason));
}

std::string_view meaning(Reason reason) {
  switch (reason) {
    case Reason::A1: return "exceeds the peak";
    case Reason::A2: return "the census matches";
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
  }
  return "unknown";
}

Judgement judge_claim(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence) {
  Judgement judgement{claim, need_of(claim), {}, {}, {}, set_aside(evidence, claim.models), evidence, {}};
  judgement.same_figure = same_figure(hardware, judgement.need.per_gpu_tflops);
  for (const Reading& reading : expand_readings(claim, hardware)) {
    const Hardware& gpu = *hardware.find(reading.hardware_id);
    const Arithmetic arithmetic = arithmetic_of(gpu, reading.precision, reading.sparsity, judgement.need);
    const Support support = support_for(reading, evidence);
    judgement.readings.push_back({reading, arithmetic, reading.kind == Kind::kernel ? support.best : std::nullopt,
                                  decide(claim, judgement.need, gpu, reading, arithmetic, support)});
  }
  for (const auto& id : claim.models) {
    const bool read =
        std::ranges::any_of(judgement.readings, [&](const JudgedReading& j) { return j.reading.hardware_id == id; });
    judgement.models.push_back({id, hardware.find(id)->short_name, read});
  }
  judgement.aggregate = aggregate_of(claim, judgement.readings);
  return judgement;
}

Judgement select_readings(Judgement judgement, const std::string& part) {
  std::vector<std::string> precisions;
  std::vector<std::string> kinds;
  const auto add = [](std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  };
  for (const auto& judged : judgement.readings) {
    add(precisions, to_string(judged.reading.precision));
    add(kinds, to_string(judged.reading.kind));
  }
  const auto removed = std::erase_if(judgement.readings, [&](const JudgedReading& judged) {
    return judged.reading.id().find(part) == std::string::npos;
  });
  if (removed > 0 && judgement.readings.empty())
    throw Error(
        Domain::usage,
        fmt::format("--reading {}: claim {} has no such reading; readings are MODEL/PRECISION/SPARSITY/KIND "
                    "with models {}; precisions {}; sparsities {}; kinds {}",
                    part, judgement.claim.id, fmt::join(judgement.claim.models, ", "), fmt::join(precisions, ", "),
                    fmt::join(names_of(all_sparsities()), ", "), fmt::join(kinds, ", ")));
  return judgement;
}

}  // namespace petaproof::judge

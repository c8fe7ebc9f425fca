// Compute for the power, GFLOP/s per W, against what the GPUs' peak and TDP allow.
#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/facts.hpp"
#include "harness/judge/site_power.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

constexpr double gflops_per_tflops = 1e3;

struct OnPaper {
  const Hardware& gpu;
  Precision precision;
  double peak_tflops = 0;
  double tdp_watts = 0;
  std::optional<Interval> watts;  // per GPU at the claim's meter point; nothing where it is not known

  std::string name() const { return fmt::format("{} {}", gpu.short_name, to_string(precision)); }
  double at_gpu() const { return peak_tflops * gflops_per_tflops / tdp_watts; }
  Interval at_point() const {
    return {peak_tflops * gflops_per_tflops / watts->high, peak_tflops * gflops_per_tflops / watts->low};
  }
};

std::vector<OnPaper> on_paper(const Claim& claim, const HardwareDatabase& hardware, MeterPoint point,
                              const Evidence& evidence) {
  std::vector<OnPaper> all;
  for (const auto& id : claim.models) {
    const Hardware& gpu = *hardware.find(id);
    const auto tdp = gpu.power.find("tdp_w");
    if (tdp == gpu.power.end()) continue;
    const auto each = power_per_gpu(gpu, point, claim.pue, evidence);
    for (const Precision precision : all_precisions()) {
      const Figure* peak = gpu.peak(precision, Sparsity::dense);
      if (precision == Precision::int8 || peak == nullptr ||
          (claim.compute->precision && !claim.compute->precision->may_mean(precision, Emulation::native, gpu)))
        continue;
      all.push_back(
          {gpu, precision, peak->value, tdp->second.value, each ? std::optional(each->watts) : std::nullopt});
    }
  }
  return all;
}

std::string text_of(const OnPaper& paper, MeterPoint point) {
  std::string text = fmt::format("{}: {} at the GPU (peak / TDP)", paper.name(), shown(paper.at_gpu()));
  if (paper.watts && point != MeterPoint::gpu)
    text += fmt::format(", {} to {} {}", shown(paper.at_point().low), shown(paper.at_point().high), at_text(point));
  return text;
}

// All of them where they are few, else the ends; --explain has the rest.
std::string summary(const std::vector<OnPaper>& all, MeterPoint point) {
  if (all.empty()) return {};
  constexpr std::size_t few = 3;
  std::string text;
  if (all.size() <= few) {
    for (const OnPaper& paper : all) text += (text.empty() ? "" : "; ") + text_of(paper, point);
    return text;
  }
  const auto [least, most] = std::ranges::minmax_element(all, {}, &OnPaper::at_gpu);
  return fmt::format("on paper from {} to {}", text_of(*least, point), text_of(*most, point));
}

Step step_of(const OnPaper& paper, MeterPoint point) {
  std::string formula = fmt::format("{} TFLOP/s / {} W at the GPU (peak / TDP)", shown_exactly(paper.peak_tflops),
                                    shown_whole(paper.tdp_watts));
  std::string result = shown(paper.at_gpu());
  if (paper.watts && point != MeterPoint::gpu) {
    formula += fmt::format("; / {} to {} W {}", shown_whole(paper.watts->low), shown_whole(paper.watts->high),
                           at_text(point));
    result += fmt::format("; {} to {}", shown(paper.at_point().low), shown(paper.at_point().high));
  }
  return {paper.name(), std::move(formula), result + " GFLOP/s per W"};
}

// The most that the claim may credit on this GPU: with 2:4 or emulated products where it does not say otherwise.
double most_tflops(const ComputeClaim& compute, const Hardware& gpu) {
  double most = 0;
  for (const Precision precision : all_precisions())
    for (const Sparsity sparsity : all_sparsities())
      for (const Emulation emulation : all_emulations()) {
        const auto unit = unit_of(precision, emulation);
        if (precision == Precision::int8 || !unit || !compute.may_mean(precision, sparsity, emulation, gpu)) continue;
        most = std::max(most, ceiling_tflops(gpu, *unit, sparsity).value_or(0));
      }
  return most;
}

// With less power a GPU computes less, but more per watt: the leading systems come near to peak / training watts. At
// half of those, or of its TDP, no GPU holds the clock of its peak.
constexpr double least_share_of_power = 0.5;

double least_share(const PowerClaim& power) {
  const bool is_limit = power.meaning == PowerMeaning::capacity || power.meaning == PowerMeaning::contracted;
  return is_limit ? least_share_of_power : idle_share;
}

// A sum of datasheets draws nothing, so that its power is that of anything else.
bool runs(const ComputeClaim& compute) {
  return compute.kind && *compute.kind != Kind::peak;
}

struct Most {
  double gflops_per_watt = 0;
  std::string how;
};

// The most that any model gives at the claim's meter point, or at the GPU where it names none; nothing where a
// model's watts there are not known.
std::optional<Most> most_on_paper(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence) {
  std::optional<Most> most;
  for (const auto& id : claim.models) {
    const Hardware& gpu = *hardware.find(id);
    const MeterPoint point = claim.power->point.value_or(MeterPoint::gpu);
    const auto each = power_per_gpu(gpu, point, claim.pue, evidence);
    if (!each) return std::nullopt;
    const double watts = least_share(*claim.power) * each->watts.low;
    const double tflops = most_tflops(*claim.compute, gpu);
    const double efficiency = tflops * gflops_per_tflops / watts;
    if (!most || efficiency > most->gflops_per_watt)
      most = Most{efficiency, fmt::format("{} TFLOP/s / {} W {}, of {}", shown(tflops), shown_whole(watts),
                                          at_text(point), gpu.short_name)};
  }
  return most;
}

Verdict verdict_of(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence, double claimed_low,
                   const std::string& paper) {
  const auto most = most_on_paper(claim, hardware, evidence);
  // a model without any peak that the claim may mean gives 0, and no reading either
  if (runs(*claim.compute) && most && most->gflops_per_watt > 0 && most->gflops_per_watt < claimed_low)
    return {Outcome::refuted,
            Basis::arithmetic,
            Reason::A1,
            fmt::format("at most {} GFLOP/s per W: {}; {}", shown(most->gflops_per_watt), most->how, paper),
            {}};
  return open(Basis::none, Reason::N9,
              fmt::format("{}{}the leading systems of Green500 reach some 60 to 75 in FP64 (HPL)", paper,
                          paper.empty() ? "" : "; "),
              "the power metered while the stated compute runs");
}

}  // namespace

void judge_efficiency(const Claim& claim, const HardwareDatabase& hardware, const Evidence& evidence,
                      std::vector<FactReading>& facts) {
  if (!claim.compute || !claim.power) return;
  const double low = claim.compute->amount.lower() * gflops_per_tflops / claim.power->amount.upper();
  const double high = claim.compute->amount.upper() * gflops_per_tflops / claim.power->amount.lower();
  const MeterPoint point = claim.power->point.value_or(MeterPoint::facility);
  const std::vector<OnPaper> all = on_paper(claim, hardware, point, evidence);
  std::vector<Step> steps{
      {"GFLOP/s per W", "compute / power, both as rounded", fmt::format("{} to {}", shown(low), shown(high))}};
  for (const OnPaper& paper : all) steps.push_back(step_of(paper, point));
  facts.push_back({"efficiency",
                   fmt::format("{} at {}: {} to {} GFLOP/s per W", claim.compute->amount.text(),
                               claim.power->amount.text(), shown(low), shown(high)),
                   verdict_of(claim, hardware, evidence, low, summary(all, point)), std::move(steps),
                   fmt::format("{} come of {}", claim.compute->amount.text(), claim.power->amount.text())});
}

}  // namespace petaproof::judge

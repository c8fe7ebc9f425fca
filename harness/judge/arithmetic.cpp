#include "harness/judge/arithmetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/text.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

constexpr double mhz_per_thz = 1e6;  // TFLOP/s = FLOP per clock x THz

}  // namespace

std::optional<Precision> unit_of(Precision precision, Emulation emulation) {
  if (emulation == Emulation::native) return precision;
  if (precision == Precision::fp64) return Precision::int8;
  if (precision == Precision::fp32) return Precision::bf16;
  return std::nullopt;
}

std::optional<double> ceiling_tflops(const Hardware& gpu, Precision unit, Sparsity sparsity) {
  const Figure* peak = gpu.peak(unit, sparsity);
  if (peak == nullptr) return std::nullopt;
  const auto per_clock = gpu.flop_per_clock(unit, sparsity);
  const auto clock_mhz = gpu.max_sm_clock_mhz();
  const double by_clock = per_clock && clock_mhz ? *per_clock * *clock_mhz / mhz_per_thz : 0;
  return std::max(peak->highest(), by_clock);
}

Arithmetic arithmetic_of(const Hardware& gpu, Precision precision, Sparsity sparsity, Emulation emulation,
                         const Need& need) {
  const auto unit = unit_of(precision, emulation);
  const Figure* peak = unit ? gpu.peak(*unit, sparsity) : nullptr;
  PETAPROOF_INVARIANT(peak != nullptr);

  Arithmetic result;
  result.peak_tflops = peak->value;
  result.peak_status = peak->status;
  result.peak_source = peak->source;
  result.need_over_peak = need.per_gpu_tflops / peak->value;
  result.paper_total_tflops = static_cast<double>(need.gpus) * peak->value;

  const auto raise_ceiling = [&result](double tflops, const std::string& basis) {
    if (tflops <= result.ceiling_per_gpu_tflops) return;
    result.ceiling_per_gpu_tflops = tflops;
    result.ceiling_basis = fmt::format("{} TFLOP/s ({})", shown(tflops), basis);
  };
  raise_ceiling(peak->value, emulation == Emulation::native
                                 ? fmt::format("published peak, {}", to_string(peak->status))
                                 : fmt::format("published {} peak, which no emulation exceeds", to_string(*unit)));
  raise_ceiling(peak->highest(), "the highest peak that any source prints");

  result.flop_per_clock = gpu.flop_per_clock(*unit, sparsity);
  const auto clock_mhz = gpu.max_sm_clock_mhz();
  if (result.flop_per_clock) result.required_clock_mhz = need.per_gpu_tflops / *result.flop_per_clock * mhz_per_thz;
  if (result.flop_per_clock && clock_mhz)
    raise_ceiling(*result.flop_per_clock * *clock_mhz / mhz_per_thz,
                  fmt::format("{} FLOP/clock at the maximum SM clock of {} MHz", shown_whole(*result.flop_per_clock),
                              shown_whole(*clock_mhz)));

  result.ceiling_total_tflops = static_cast<double>(need.gpus_max) * result.ceiling_per_gpu_tflops;
  result.refuted = result.ceiling_total_tflops < need.total_lower_tflops;
  if (result.refuted) result.packages_needed = std::ceil(need.total_lower_tflops / result.ceiling_total_tflops);
  return result;
}

}  // namespace petaproof::judge

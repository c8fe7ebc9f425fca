#include "harness/project/impossible.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/project/methods.hpp"

namespace petaproof::project {
namespace {

using judge::Hardware;
using judge::Precision;
using judge::Sparsity;

std::string lower_case(std::string_view text) {
  std::string result;
  for (const char c : text) result += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return result;
}

// "NVIDIA H100 SXM5 80GB" as "h100sxm580gb".
std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : lower_case(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  constexpr std::string_view vendor = "nvidia";
  return letters.starts_with(vendor) ? letters.substr(vendor.size()) : letters;
}

const Hardware* find_gpu(const std::string& name, const judge::HardwareDatabase& hardware) {
  const std::string letters = letters_of(name);
  if (letters.empty()) return nullptr;
  const auto is_meant = [&](const std::string& known) { return letters_of(known) == letters; };
  for (const Hardware& gpu : hardware.all())
    if (is_meant(gpu.id) || is_meant(gpu.name) || is_meant(gpu.short_name) ||
        std::ranges::any_of(gpu.reported_names, is_meant, &judge::TextFigure::value))
      return &gpu;
  return nullptr;
}

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

// What a row's free text may mean by its precision: of several words all, and everything where it names none that is
// known, says that FP64 is emulated or that precisions are mixed. A library computes FP32 in TF32 where it may.
std::vector<Precision> precisions_of(const ScalingRow& row) {
  struct Word {
    std::string_view word;
    std::vector<Precision> means;
  };
  static const std::array words{
      Word{"fp64", {Precision::fp64, Precision::fp64_tensor}},
      Word{"fp32", {Precision::fp32, Precision::tf32}},
      Word{"tf32", {Precision::tf32}},
      Word{"bf16", {Precision::bf16}},
      Word{"bfloat16", {Precision::bf16}},
      Word{"fp16", {Precision::fp16}},
      Word{"fp8", {Precision::fp8}},
      Word{"e4m3", {Precision::fp8}},
      Word{"e5m2", {Precision::fp8}},
      Word{"fp6", {Precision::fp6}},
      Word{"fp4", {Precision::fp4}},
  };
  const std::string text = lower_case(row.precision);
  std::vector<Precision> found;
  for (const Word& one : words)
    if (contains(text, one.word)) found.insert(found.end(), one.means.begin(), one.means.end());
  const std::string workload = lower_case(row.workload);
  const bool open = contains(text, "emul") || contains(text, "mixed") || contains(workload, "mxp");
  if (!found.empty() && !open) return found;
  const auto all = judge::all_precisions();
  return {all.begin(), all.end()};
}

// TFLOP/s of one GPU: the highest peak that any source prints, or the highest clock where that gives more.
double ceiling(const Hardware& gpu, const std::vector<Precision>& precisions) {
  double most = 0;
  for (const Precision precision : precisions) {
    if (precision == Precision::int8) continue;
    if (const judge::Figure* peak = gpu.peak(precision, Sparsity::dense)) most = std::max(most, peak->highest());
    const auto flop = gpu.flop_per_clock(precision, Sparsity::dense);
    const auto clock = gpu.max_sm_clock_mhz();
    if (flop && clock) most = std::max(most, *flop * *clock * 1e-6);
  }
  return most;
}

bool is_in_flops(std::string_view unit) {
  return unit.find("FLOP/s") != std::string_view::npos;
}

double of_one_gpu(const ScalingRow& row) {
  const double value = row.value * row.unit.si;
  return row.unit.sense == Sense::rate_total ? value / static_cast<double>(row.gpus) : value;
}

std::string why_above_peak(const ScalingRow& row, const Hardware& gpu) {
  if (!is_in_flops(row.unit.name)) return {};
  const double most = ceiling(gpu, precisions_of(row));
  const double each = of_one_gpu(row) / 1e12;
  if (most <= 0 || each <= most) return {};
  return fmt::format("{:.5g} TFLOP/s per GPU are more than the {:.5g} that {} can do{}", each, most, gpu.short_name,
                     row.precision.empty() ? " in any precision" : fmt::format(" in {}", row.precision));
}

// Of the time or bandwidth of a collective; nothing where the row does not say enough.
std::optional<double> bus_bytes_per_second(const ScalingRow& row, const Operation& operation) {
  const double value = row.value * row.unit.si;
  const double factor = operation.bus_factor(static_cast<int>(row.gpus));
  if (row.unit.sense == Sense::time && row.msg_bytes) return static_cast<double>(*row.msg_bytes) * factor / value;
  if (row.unit.sense != Sense::bandwidth) return std::nullopt;
  const std::string metric = letters_of(row.metric);
  if (metric == "busbw") return value;
  if (metric == "algbw") return value * factor;
  return std::nullopt;
}

// A switch that reduces (NVLink SHARP) has a GPU send and receive its data once, so that the bus bandwidth, which
// counts it twice, may come up to both directions of the link together: 480 GB/s on the 450 of H100 are published.
std::string why_above_link(const ScalingRow& row, const Hardware& gpu) {
  const auto operation = find_operation(row.workload);
  const auto link = gpu.link.find("bidirectional_gbs");
  if (!operation || row.gpus < 2 || link == gpu.link.end()) return {};
  const auto bandwidth = bus_bytes_per_second(row, *operation);
  if (!bandwidth || *bandwidth / 1e9 <= link->second.highest()) return {};
  return fmt::format("{:.5g} GB/s of bus bandwidth are more than the {:.5g} of {}'s {}, both directions together",
                     *bandwidth / 1e9, link->second.highest(), gpu.short_name, gpu.link_type.value);
}

// "PFLOP/s/GPU" and "TFLOP/s" are of one quantity, and "tokens/s" of another.
std::string quantity_of(std::string_view unit) {
  if (is_in_flops(unit)) return "FLOP/s";
  return std::string(unit.substr(0, unit.find("/s")));
}

std::string why_not_its_share(const ScalingRow& row) {
  if (!row.per_gpu_value || (row.unit.sense != Sense::rate_total && row.unit.sense != Sense::rate_per_gpu)) return {};
  const auto unit = find_unit(row.per_gpu_unit);
  if (!unit || unit->sense != Sense::rate_per_gpu || quantity_of(unit->name) != quantity_of(row.unit.name)) return {};
  constexpr double tolerance = 0.01;  // beyond the rounding of both; where both are published they differ by 0.08 %
  const double share = of_one_gpu(row) / (*row.per_gpu_value * unit->si);
  const double rounding = row.value_rounding / row.value + row.per_gpu_rounding / *row.per_gpu_value;
  if (std::abs(share - 1) <= tolerance + rounding) return {};
  return fmt::format("per_gpu_value is {:.5g} {}, and {:.5g} {} on {} GPUs are {:.5g}", *row.per_gpu_value,
                     unit->name, row.value, row.unit.name, row.gpus, of_one_gpu(row) / unit->si);
}

}  // namespace

std::string why_impossible(const ScalingRow& row, const judge::HardwareDatabase& hardware) {
  if (std::string reason = why_not_its_share(row); !reason.empty()) return reason;
  const Hardware* gpu = find_gpu(row.gpu, hardware);
  if (gpu == nullptr) return {};
  if (std::string reason = why_above_peak(row, *gpu); !reason.empty()) return reason;
  return why_above_link(row, *gpu);
}

}  // namespace petaproof::project

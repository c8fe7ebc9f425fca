#include "harness/record/peak.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/judge/from_records.hpp"
#include "harness/record/per_clock.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// FLOP, or the operations of integers.
bool is_compute(std::string_view quantity) {
  return quantity == "flops" || quantity == "ops";
}

bool counts_compute(const WorkloadFacts& facts) {
  return !facts.work.empty() && is_compute(facts.work.front().name);
}

std::string word_of(const Params& params, const char* name) {
  const auto found = params.values().find(name);
  const auto* word = found == params.values().end() ? nullptr : std::get_if<std::string>(&found->second);
  return word ? *word : "";
}

std::optional<judge::Precision> precision_of(const json& record, const judge::Hardware& gpu) {
  const json& params = record.at("params");
  return judge::measured_precision(params.value("precision", ""), &gpu, params.value("path", ""));
}

struct Peak {
  double value = 0;  // in the rate's unit
  std::string text;
};

std::optional<Peak> compute_peak(const json& record, const json& rate, const judge::Hardware& gpu) {
  const auto precision = precision_of(record, gpu);
  if (!precision) return std::nullopt;
  const judge::Figure* figure = gpu.peak(*precision, judge::Sparsity::dense);
  if (!figure) return std::nullopt;
  return Peak{1e12 * figure->value, fmt::format("{} dense on paper, {} T{}", judge::to_string(*precision),
                                                figure->value, rate.at("unit").get<std::string>())};
}

std::optional<Peak> memory_peak(const judge::Hardware& gpu) {
  if (gpu.memory.size() != 1) return std::nullopt;  // sold in variants, and the name does not tell which
  const auto found = gpu.memory.front().figures.find("bandwidth_tbs");
  if (found == gpu.memory.front().figures.end()) return std::nullopt;
  return Peak{1e12 * found->second.value, fmt::format("memory bandwidth on paper, {} TB/s", found->second.value)};
}

// The model of all ranks' GPUs, if they are of one; a share of a GPU is held against no GPU's peak.
const judge::Hardware* gpu_of(const json& record, const judge::HardwareDatabase& hardware) {
  if (record.at("backend") != "cuda" || record.at("gpu_shared")) return nullptr;
  const json& names = record.at("per_rank").at("device");
  const std::set<std::string> devices(names.begin(), names.end());
  return devices.size() == 1 ? hardware.find_reported(*devices.begin()) : nullptr;
}

// What has a peak on paper: not customary_flops, the same work counted otherwise, nor what crosses a link.
bool has_peak(const json& rate) {
  return is_compute(rate.at("quantity").get<std::string>()) || rate.at("quantity") == "bytes";
}

std::optional<Peak> peak_of(const json& record, const json& rate, const judge::Hardware& gpu) {
  if (!has_peak(rate)) return std::nullopt;
  return rate.at("quantity") == "bytes" ? memory_peak(gpu) : compute_peak(record, rate, gpu);
}

// FLOP per clock over those that the GPU can do.
std::optional<double> share_of_clock(const json& record, const judge::Hardware& gpu) {
  const auto precision = precision_of(record, gpu);
  const auto most = precision ? gpu.flop_per_clock(*precision, judge::Sparsity::dense) : std::nullopt;
  const auto did = most ? work_per_clock(record) : std::nullopt;
  return did ? std::optional(*did / *most) : std::nullopt;
}

// Why no clock allows the rank's rate; empty: it is possible, or nothing tells.
std::string above_its_clock(const Case& one, const WorkloadFacts& facts, const judge::Hardware& gpu,
                            const RankReport& rank) {
  if (!counts_compute(facts) || one.measure.mode == Mode::burst || !rank.clock) return {};
  const auto precision =
      judge::measured_precision(word_of(one.params, "precision"), &gpu, word_of(one.params, "path"));
  const auto per_clock = precision ? gpu.flop_per_clock(*precision, judge::Sparsity::dense) : std::nullopt;
  if (!per_clock) return {};
  const double rate = facts.work.front().per_launch / rank.seconds.mean;
  const double peak = *per_clock * rank.clock->hertz;
  if (rate <= peak * (1 + rank.clock->tolerance)) return {};
  return fmt::format(
      "{:.1f} T{}/s is above the {:.1f} T{}/s that {} can do in {} at the measured clock of {:.0f} MHz ± {:.2f} %: "
      "timing, clock or arithmetic is not what it seems",
      1e-12 * rate, facts.work.front().unit, 1e-12 * peak, facts.work.front().unit, gpu.short_name,
      judge::to_string(*precision), 1e-6 * rank.clock->hertz, 100 * rank.clock->tolerance);
}

// Why no memory allows the rank's bytes in its time, likewise. Over many launches L2 spares each at most its own
// size; all else of what a launch must move crosses the pins of the memory.
std::string above_its_memory(const WorkloadFacts& facts, const judge::Hardware& gpu, const RankReport& rank) {
  const auto bytes = std::ranges::find(facts.work, "bytes", &Quantity::name);
  const auto l2 = gpu.silicon.find("l2_mb");
  const judge::Figure* paper = gpu.memory_bandwidth();
  if (bytes == facts.work.end() || l2 == gpu.silicon.end() || !paper) return {};
  const double l2_mib = l2->second.highest();  // "MB" on paper
  const double all = 1e-12 * bytes->per_launch / rank.seconds.mean;
  const double from_memory = all - 1e-12 * l2_mib * (1 << 20) / rank.seconds.mean;
  if (from_memory <= paper->highest() * judge::most_of_printed_bandwidth) return {};
  return fmt::format(
      "{:.2f} TB/s, of which {:.2f} at least cross the memory's pins, since L2 holds {:.0f} MiB, are above the "
      "{} TB/s of {} on paper by more than {:.0f} %: timing or bytes are not what they seem",
      all, from_memory, l2_mib, paper->highest(), gpu.short_name, 100 * (judge::most_of_printed_bandwidth - 1));
}

}  // namespace

void refuse_impossible_rates(const Case& one, const WorkloadFacts& facts, const judge::HardwareDatabase& hardware,
                             std::vector<RankReport>& ranks) {
  if (facts.backend != "cuda") return;
  for (RankReport& rank : ranks) {
    const judge::Hardware* gpu = hardware.find_reported(rank.device);
    if (!gpu || rank.launches == 0 || rank.disposition != Disposition::pass) continue;
    std::string reason = above_its_clock(one, facts, *gpu, rank);
    if (reason.empty()) reason = above_its_memory(facts, *gpu, rank);
    if (reason.empty()) continue;
    rank.disposition = Disposition::invalid;
    rank.reason = std::move(reason);
  }
}

void add_share_of_peak(const judge::HardwareDatabase& hardware, json& record) {
  if (record.at("rates").empty()) return;
  json& first = record["rates"].front();
  const judge::Hardware* gpu = gpu_of(record, hardware);
  for (json& rate : record["rates"]) {
    if (!has_peak(rate) && &rate != &first) continue;
    const auto peak = gpu ? peak_of(record, rate, *gpu) : std::nullopt;
    rate["share_of_peak"] = peak ? json(rate.at("value").get<double>() / peak->value) : json(nullptr);
    rate["peak"] = peak ? json(peak->text) : json(nullptr);
  }
  if (!is_compute(first.at("quantity").get_ref<const std::string&>())) return;
  const auto of_clock = gpu ? share_of_clock(record, *gpu) : std::nullopt;
  const auto precision = gpu ? precision_of(record, *gpu) : std::nullopt;
  first["share_of_clock_peak"] = of_clock ? json(*of_clock) : json(nullptr);
  first["peak_precision"] = precision ? json(judge::to_string(*precision)) : json(nullptr);
}

}  // namespace petaproof

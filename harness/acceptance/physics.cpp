#include "harness/acceptance/physics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/judge/arithmetic.hpp"
#include "harness/judge/from_records.hpp"
#include "harness/judge/text.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::acceptance {
namespace {

using judge::shown_exactly;

struct CounterLimit {
  const char* name;
  double highest;
  const char* why;
};

// An error that lost data makes whatever was computed since worthless, and a GPU runs out of rows to remap.
constexpr const char* data_lost = "an error that could not be corrected has destroyed data: none can be accepted";
constexpr const char* many = "more than a counter of a sound GPU reaches in a run";
constexpr CounterLimit counters[] = {
    {"ecc_uncorrected", 0, data_lost},
    {"ecc_corrected", 1e6, many},
    {"remapped_rows_uncorrected", 512, "an A100 or later GPU can remap 512 rows (recalled)"},
    {"remapped_rows_corrected", 512, "an A100 or later GPU can remap 512 rows (recalled)"},
    {"nvlink_replays", 1e6, many},
    {"nvlink_recoveries", 1e6, many},
    {"nvlink_crc_errors", 1e6, many},
    {"pcie_replays", 1e6, many},
    {"xid_errors", 0, "an XID says that the driver saw the GPU or its program fail: none can be accepted"},
};

std::string named(const judge::Figure& figure, const char* unit) {
  return fmt::format("{} {} ({}, {})", shown_exactly(figure.highest()), unit, figure.source,
                     judge::to_string(figure.status));
}

Limit share_of(double highest, std::string what, const std::string& unit) {
  const double scale = unit == "percent of peak" ? 100 / highest : 1;
  return {.lowest = least_share * highest * scale,
          .highest = highest * scale,
          .highest_is = what,
          .lowest_is = fmt::format("a tenth of {}", what)};
}

Limit rate_limit(Criterion& criterion, const Bound& bound, const judge::Hardware& gpu) {
  const auto rule = criterion.cases.params.find("precision");
  const bool one = rule != criterion.cases.params.end() && rule->second.one_of.size() == 1;
  const auto* name = one ? std::get_if<std::string>(&rule->second.one_of.front()) : nullptr;
  if (!name)
    throw Error(Domain::config, "a rate needs one \"precision\" in cases.params: each has a peak of its own");
  const auto precision = judge::measured_precision(*name, &gpu);
  const judge::Figure* peak = precision ? gpu.peak(*precision, judge::Sparsity::dense) : nullptr;
  if (!peak)
    throw Error(Domain::config,
                fmt::format("{} has no dense peak of precision {} that the bound could be held against",
                            gpu.short_name, *name));
  const char* unit = *precision == judge::Precision::int8 ? "TOP/s" : "TFLOP/s";
  if (bound.unit != unit && bound.unit != "percent of peak")
    throw Error(Domain::config, fmt::format("{} is counted in {}, not in {}", *name, unit, bound.unit));
  criterion.peak = peak->value;
  Limit limit = share_of(
      peak->highest(),
      fmt::format("the dense {} peak of {}, {}", judge::to_string(*precision), gpu.short_name, named(*peak, unit)),
      bound.unit);
  // a minimum may not ask for more than the peak; what was measured may reach what the highest clock allows
  limit.ceiling = limit.highest * *judge::ceiling_tflops(gpu, *precision, judge::Sparsity::dense) / peak->highest();
  return limit;
}

Limit memory_limit(Criterion& criterion, const Bound& bound, const judge::Hardware& gpu) {
  const judge::Figure* fastest = gpu.memory_bandwidth();
  if (!fastest) throw Error(Domain::config, fmt::format("the memory bandwidth of {} is not known", gpu.short_name));
  criterion.peak = 1000 * fastest->value;
  Limit limit =
      share_of(1000 * fastest->highest(),
               fmt::format("the memory bandwidth of {}, {}", gpu.short_name, named(*fastest, "TB/s")), bound.unit);
  limit.ceiling = judge::most_of_printed_bandwidth * limit.highest;
  return limit;
}

double reduction_factor(InNetwork where, InNetwork needed) {
  return where >= needed ? 2 : 1;
}

bool is_small(const Criterion& criterion) {
  const auto size = criterion.cases.params.find("size");
  if (size == criterion.cases.params.end()) return true;
  const ParamRule& rule = size->second;
  constexpr std::int64_t gib = std::int64_t{1} << 30;
  if (rule.one_of.empty()) return rule.range.at_least.value_or(0) < gib;
  return std::ranges::any_of(rule.one_of, [](const Value& value) {
    const auto* bytes = std::get_if<std::int64_t>(&value);
    return !bytes || *bytes < gib;
  });
}

Limit bus_limit(const Criterion& criterion, const Bound& bound, const judge::Hardware& gpu,
                const std::optional<Fabric>& fabric) {
  const auto link = gpu.link.find("unidirectional_gbs");
  if (link == gpu.link.end()) throw Error(Domain::config, fmt::format("the link of {} is not known", gpu.short_name));
  const double factor = reduction_factor(bound.in_network, InNetwork::nvlink);
  Limit limit = share_of(factor * link->second.highest(),
                         fmt::format("{}{} of {} in one direction, {}",
                                     factor > 1 ? "twice, as its switches reduce, the " : "the wire, ",
                                     gpu.link_type.value, gpu.short_name, named(link->second, "GB/s")),
                         bound.unit);
  const auto nodes = static_cast<double>(bound.nodes.at_least.value_or(1));
  if (fabric && nodes > 1) {
    const double gpus = nodes * fabric->gpus_per_node;
    const double through_nics = reduction_factor(bound.in_network, InNetwork::everywhere) * fabric->nic_gbs_per_gpu *
                                (gpus - 1) / (nodes - 1);
    if (through_nics < limit.highest)
      limit = share_of(
          through_nics,
          fmt::format("what {} GB/s of NIC per GPU ({}) allow on {} nodes, {} GB/s",
                      shown_exactly(fabric->nic_gbs_per_gpu), fabric->source, nodes, judge::shown(through_nics)),
          bound.unit);
  }
  if (is_small(criterion)) limit.lowest = 0;
  return limit;
}

Limit counter_limit(const Criterion& criterion) {
  const auto* found = std::ranges::find(counters, criterion.counter, [](auto& one) { return std::string(one.name); });
  // errors of a past life may be on the books; those of this run may not
  if (criterion.statistic == Statistic::total && found->highest == 0) return {0, 1e6, many, ""};
  return {.lowest = 0, .highest = found->highest, .highest_is = found->why, .lowest_is = ""};
}

Limit power_limit(const judge::Hardware& gpu) {
  const auto tdp = gpu.power.find("tdp_w");
  if (tdp == gpu.power.end()) throw Error(Domain::config, fmt::format("the TDP of {} is not known", gpu.short_name));
  return share_of(tdp->second.highest(), fmt::format("the TDP of {}, {}", gpu.short_name, named(tdp->second, "W")),
                  "W");
}

}  // namespace

std::vector<std::string> counter_names() {
  std::vector<std::string> names;
  for (const CounterLimit& one : counters) names.emplace_back(one.name);
  return names;
}

Limit limit_of(Criterion& criterion, const Bound& bound, const judge::Hardware& gpu,
               const std::optional<Fabric>& fabric) {
  switch (criterion.kind) {
    case Kind::rate: return rate_limit(criterion, bound, gpu);
    case Kind::memory_bandwidth: return memory_limit(criterion, bound, gpu);
    case Kind::bus_bandwidth: return bus_limit(criterion, bound, gpu, fabric);
    case Kind::spread:
      return {0, most_spread_percent, "50 %, within which even GPUs 1.5 times slower than the median would lie", ""};
    case Kind::verified: return {0, 0, "no wrong result at all: nothing else can be accepted", ""};
    case Kind::throttle: return {0, 100, "all of the time, 100 %", ""};
    case Kind::temperature:
      return {30, 110, "110 degrees C, at which GPUs have shut down (recalled)",
              "30 degrees C, which no GPU under load can keep"};
    case Kind::counter: return counter_limit(criterion);
    case Kind::power_limit: return power_limit(gpu);
  }
  return {};
}

}  // namespace petaproof::acceptance

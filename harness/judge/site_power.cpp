#include "harness/judge/site_power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/judge/metered_nodes.hpp"
#include "harness/judge/text.hpp"

namespace petaproof::judge {
namespace {

struct NodePower {
  Interval watts;
  std::string basis;
};

// Nodes that a meter was read of, whatever their model: they are the claim's own.
std::optional<NodePower> metered(const Hardware& gpu, const Evidence& evidence) {
  const NodeLoad load = load_of(metered_nodes(evidence));
  if (load.nodes == 0) return std::nullopt;
  const double per_gpu = load.watts / static_cast<double>(gpu.node_gpus());
  return NodePower{
      {per_gpu * (1 - meter_tolerance), per_gpu * (1 + meter_tolerance)},
      fmt::format("metered on {} node{} of {} GPUs", load.nodes, load.nodes == 1 ? "" : "s", gpu.node_gpus())};
}

std::optional<NodePower> published_nodes(const Hardware& gpu) {
  const auto low = gpu.power.find("node_per_gpu_w_low");
  const auto high = gpu.power.find("node_per_gpu_w_high");
  if (low == gpu.power.end() || high == gpu.power.end()) return std::nullopt;
  return NodePower{{low->second.value, high->second.highest()}, "published"};
}

}  // namespace

Interval pue_of(const std::optional<PueClaim>& pue) {
  if (!pue) return usual_pue;
  return {pue->is_upper_bound ? 1 : std::max(1.0, pue->value.lower), std::max(1.0, pue->value.upper)};
}

PowerPerGpu at_point(const Interval& node_watts, const std::string& basis, MeterPoint point,
                     const std::optional<PueClaim>& pue) {
  const Interval factor = point == MeterPoint::it ? Interval{1, 1} : pue_of(pue);
  const Interval watts{node_watts.low * (1 + overhead.low) * factor.low,
                       node_watts.high * (1 + overhead.high) * factor.high};
  std::string formula = fmt::format("{} W per GPU ({}) x {} to {}",
                                    shown_range({std::round(node_watts.low), std::round(node_watts.high)}), basis,
                                    1 + overhead.low, 1 + overhead.high);
  if (point != MeterPoint::it) formula += fmt::format(" x PUE {}", shown_range(factor));
  return {watts, std::move(formula)};
}

std::optional<PowerPerGpu> power_per_gpu(const Hardware& gpu, MeterPoint point, const std::optional<PueClaim>& pue,
                                         const Evidence& evidence) {
  if (point == MeterPoint::gpu) {
    const auto tdp = gpu.power.find("tdp_w");
    if (tdp == gpu.power.end()) return std::nullopt;
    return PowerPerGpu{{tdp->second.value, tdp->second.highest()}, "TDP"};
  }
  auto nodes = published_nodes(gpu);
  if (!nodes) return std::nullopt;
  // a few metered nodes do not speak for a site: they may widen what is published, and so never refute by themselves
  const auto own = metered(gpu, evidence);
  // nameplates of other makers differ by less than a quarter; what draws more is no such node
  constexpr double other_makers = 1.25;
  const bool is_such = own && own->watts.low <= other_makers * nodes->watts.high;
  if (is_such)
    nodes = NodePower{{std::min(nodes->watts.low, own->watts.low), std::max(nodes->watts.high, own->watts.high)},
                      "published, and " + own->basis};
  return at_point(nodes->watts, nodes->basis, point, pue);
}

std::string shown_power(double watts) {
  if (watts >= 1e9) return fmt::format("{} GW", shown(watts * 1e-9));
  if (watts >= 1e6) return fmt::format("{} MW", shown(watts * 1e-6));
  if (watts >= 1e3) return fmt::format("{} kW", shown(watts * 1e-3));
  return fmt::format("{} W", shown(watts));
}

std::string_view at_text(MeterPoint point) {
  switch (point) {
    case MeterPoint::grid: return "at the grid connection";
    case MeterPoint::facility: return "at the facility";
    case MeterPoint::it: return "at the IT load";
    case MeterPoint::gpu: return "at the GPUs";
  }
  return "at a point unknown";
}

std::string shown_power(const Interval& watts) {
  if (watts.low == watts.high) return shown_power(watts.low);
  return fmt::format("{} to {}", shown_power(watts.low), shown_power(watts.high));
}

std::string shown_range(const Interval& interval) {
  return interval.low == interval.high
             ? shown_exactly(interval.low)
             : fmt::format("{} to {}", shown_exactly(interval.low), shown_exactly(interval.high));
}

}  // namespace petaproof::judge
